"""Everything as real processes, on this worker's servers."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack
from typing import NamedTuple

import httpx
import pytest

START_SECONDS = 60
STOP_SECONDS = 30
TASKFORGE = ("-m", "taskforge")


class Stack(NamedTuple):
    """The running service."""

    urls: list[str]
    """Of its API processes."""
    command: object
    """`await command("job", "list")`: a client command's exit code, stdout and stderr."""


class Done(NamedTuple):
    """How a command ended."""

    code: int
    stdout: str
    stderr: str


@pytest.fixture
def interpreter():
    """The Python that runs the stack; a module may have another one."""
    return sys.executable


@pytest.fixture
def further_settings():
    """What a module adds to the environment of the stack."""
    return {}


@pytest.fixture
async def stack(process_environment, tmp_path, interpreter, further_settings):
    """Two API processes, a scheduler and a worker; all of them must end cleanly."""
    environment = {**process_environment, "DRAIN_SECONDS": "1", "RATE_LIMIT_REQUESTS": "100000"}
    environment |= further_settings
    ports = [free_port(), free_port()]
    roles = [*(("api", "--port", str(port)) for port in ports), ("scheduler",), ("worker",)]
    urls = [f"http://127.0.0.1:{port}" for port in ports]
    with ExitStack() as exits:
        output = exits.enter_context((tmp_path / "output").open("w"))
        processes = [
            start(exits, (interpreter, *TASKFORGE, *role), environment, output) for role in roles
        ]
        async with httpx.AsyncClient(trust_env=False) as client:
            for url in urls:
                await ready(client, url)

        async def command(*words, given="", **more):
            line = (interpreter, *TASKFORGE, *words)
            return await asyncio.to_thread(run, line, {**environment, **more}, given)

        yield Stack(urls, command)
        for process in processes:
            process.send_signal(signal.SIGTERM)
        codes = [await asyncio.to_thread(process.wait, STOP_SECONDS) for process in processes]
        assert codes == [0] * len(roles), (tmp_path / "output").read_text()[-2_000:]


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def start(exits, line, environment, output):
    process = subprocess.Popen(  # noqa: S603 - ours
        line, env=environment, stdout=output, stderr=output
    )
    exits.callback(process.wait)
    exits.callback(process.kill)
    return process


async def ready(client, url):
    async with asyncio.timeout(START_SECONDS):
        while True:
            try:
                if (await client.get(f"{url}/health/ready")).is_success:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.05)


def run(line, environment, given):
    done = subprocess.run(  # noqa: S603 - ours
        line,
        env={"PATH": os.environ["PATH"], **environment},
        input=given,
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)
