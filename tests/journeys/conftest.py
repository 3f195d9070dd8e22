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

from taskforge.core.people import Role
from taskforge.flows.accounts import create_user
from taskforge.flows.deps import open_deps
from taskforge.handlers.registry import load

PASSWORD = "a long enough password"
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
def doors():
    """How many API processes there are; each takes seconds to start."""
    return 1


@pytest.fixture
async def stack(process_environment, tmp_path, interpreter, further_settings, doors):
    """API processes, a scheduler and a worker; all of them must end cleanly."""
    environment = {**process_environment, "DRAIN_SECONDS": "1", "RATE_LIMIT_REQUESTS": "100000"}
    environment |= further_settings
    ports = [free_port() for _ in range(doors)]
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


@pytest.fixture
async def credentials(settings):
    """User name and password of an operator."""
    async with open_deps(settings, load([])) as deps:
        await create_user(
            deps, username="olga", email="olga@example.com", password=PASSWORD, role=Role.OPERATOR
        )
    return "olga", PASSWORD


@pytest.fixture
async def operator(stack, credentials):
    """The operator's client."""
    async with httpx.AsyncClient(
        base_url=f"{stack.urls[0]}/api/v1", trust_env=False, timeout=60
    ) as client:
        order = dict(zip(("username", "password"), credentials, strict=True))
        token = (await client.post("/auth/login", json=order)).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


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
