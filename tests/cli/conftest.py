"""Running commands as a user would."""

import json
import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import contextmanager
from typing import NamedTuple

import httpx
import pytest
import structlog
from typer.testing import CliRunner

from taskforge.cli.main import app
from taskforge.core.people import Role
from taskforge.db import people
from taskforge.flows import keys
from taskforge.flows.deps import open_deps
from taskforge.handlers.registry import load

START_SECONDS = 30


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a command in an empty folder, with the environment given and nothing else."""
    monkeypatch.chdir(tmp_path)
    runner = CliRunner()

    def run(*words, given=None, **environment):
        with pytest.MonkeyPatch.context() as patch, own_logging():
            patch.setattr("os.environ", {"COLUMNS": "200", **environment})
            return runner.invoke(app, list(words), input=given)

    return run


@contextmanager
def own_logging():
    """Undo what a command does to logging: its stderr is gone afterwards."""
    root, config = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.configure(**config)


class Api(NamedTuple):
    """An API process that can be killed and started again at the same address."""

    url: str
    start: Callable
    kill: Callable


@pytest.fixture(scope="session")
async def api(process_environment, tmp_path_factory, until):
    """An API process on this worker's servers."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    words = [sys.executable, "-m", "taskforge", "api", "--port", str(port)]
    environment = {**process_environment, "RATE_LIMIT_REQUESTS": "100000"}
    output = (tmp_path_factory.mktemp("api") / "output").open("w")
    running = []

    def alive():
        try:
            return httpx.get(f"{url}/health/live", trust_env=False).is_success
        except httpx.TransportError:
            return False

    async def start():
        process = subprocess.Popen(  # noqa: S603, ASYNC220 - ours, and returns at once
            words, env=environment, stdout=output, stderr=output
        )
        running.append(process)
        await until(alive, seconds=START_SECONDS)

    def kill(number=signal.SIGKILL):
        running[-1].send_signal(number)
        running.pop().wait(START_SECONDS)

    await start()
    yield Api(url, start, kill)
    kill()
    output.close()


@pytest.fixture
async def deps(settings):
    async with open_deps(settings, load()) as deps:
        yield deps


@pytest.fixture
async def operator_key(deps):
    return await key_of(deps, "olga", Role.OPERATOR)


@pytest.fixture
async def admin_key(deps):
    return await key_of(deps, "ada", Role.ADMIN)


async def key_of(deps, name, role):
    """The key of somebody who has no password, for hashing one takes long."""
    async with deps.db.connect() as connection:
        await people.insert_user(
            connection,
            username=name,
            email=f"{name}@example.com",
            password_hash="none",
            role=role,
        )
    return (await keys.make_default_key_of(deps, name)).key


@pytest.fixture
def client(run, api, operator_key, tmp_path):
    """Run a client command as an operator."""

    def client(*words, **options):
        environment = {
            "TASKFORGE_URL": api.url,
            "TASKFORGE_API_KEY": operator_key,
            "XDG_CONFIG_HOME": str(tmp_path / "config"),
        }
        return run(*words, **{**environment, **options})

    return client


@pytest.fixture
def submitted(client):
    """Submit a job that no worker will take, there being none; its id."""

    def submitted(*words):
        payload = json.dumps({"dataset": "sales_q1", "operation": "profile", "rows": 10})
        answer = client("job", "submit", "data_processing", "-p", payload, *words, "--json")
        assert answer.exit_code == 0, answer.stderr
        return json.loads(answer.stdout)["id"]

    return submitted


@pytest.fixture
def command():
    """The command as a process of its own, for what a test runs beside itself."""

    def start(*words, **environment):
        return subprocess.Popen(  # noqa: S603 - ours
            [sys.executable, "-m", "taskforge", *words],
            env={"PATH": os.environ["PATH"], **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start
