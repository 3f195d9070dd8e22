"""Frames, clients inside this process, and API processes of their own."""

import asyncio
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec
import pytest
import redis.asyncio
from sqlalchemy.ext.asyncio import AsyncConnection

from support.people import sign_up
from taskforge.api.live.frames import Wanted
from taskforge.api.live.hub import Hub
from taskforge.api.live.lookout import Lookout
from taskforge.api.live.subscriber import Subscriber
from taskforge.bus.client import open_client
from taskforge.bus.cursor import Cursor
from taskforge.bus.follow import StreamReader
from taskforge.bus.stream import EventStream
from taskforge.config import Settings
from taskforge.core.events import Event, JobFrame, LogLine, WorkerFrame
from taskforge.core.fleet import WorkerStatus
from taskforge.core.ids import new_id
from taskforge.core.job import JobRow
from taskforge.core.priority import Priority
from taskforge.core.states import JobStatus
from taskforge.db.engine import open_engine
from taskforge.flows.deps import Deps

NOW = datetime(2026, 1, 2, tzinfo=UTC)
JOB, OTHER = new_id(), new_id()


@pytest.fixture
async def valkey(redis_url: str) -> AsyncIterator[redis.asyncio.Redis]:
    client = open_client(Settings(redis_url=redis_url))
    yield client
    await client.aclose()


@pytest.fixture
def stream(valkey: redis.asyncio.Redis) -> EventStream:
    return EventStream(valkey)


@pytest.fixture
async def hub(valkey: redis.asyncio.Redis) -> AsyncIterator[Hub]:
    hub = Hub(StreamReader(valkey))
    yield hub
    await hub.close(patience=1)


@pytest.fixture
async def connection(deps: Deps) -> AsyncIterator[AsyncConnection]:
    """What is changed with it reaches no stream."""
    async with deps.db.connect() as connection:
        yield connection


@pytest.fixture
def watch(hub: Hub, deps: Deps) -> Lookout:
    return Lookout(hub, deps.db)


def job_frame(job_id=JOB, version=1, event=Event.JOB_RUNNING, **changes):
    facts = {"type": "email", "priority": Priority.NORMAL, "status": JobStatus.RUNNING, **changes}
    log = facts.pop("log", None)
    row = JobRow(
        id=job_id, attempt=1, failures=0, max_retries=3, version=version, created_at=NOW,
        run_at=NOW, timeout_seconds=60, **facts,
    )  # fmt: skip
    return JobFrame(event=event, job_id=job_id, version=version, at=NOW, job=row, log=log, **facts)


def log_frame(seq, job_id=JOB):
    line = LogLine(seq=seq, at=NOW, attempt=1, level="info", message=f"line {seq}")
    return job_frame(job_id, event=Event.JOB_LOG, log=line)


def bulky():
    """A frame of 60 kB."""
    return WorkerFrame(
        event=Event.WORKER_OFFLINE,
        worker_id=new_id(),
        host="h",
        pid=1,
        status=WorkerStatus.OFFLINE,
        at=NOW,
        reason="x" * 60_000,
    )


class Follower:
    """A client inside this process: what it gets, message by message."""

    def __init__(self, messages, subscriber):
        self._messages = messages
        self.subscriber = subscriber
        self.hello: dict[str, Any] = {}

    async def next(self):
        async with asyncio.timeout(5):
            return msgspec.json.decode((await anext(self._messages)).text)

    async def frames(self, count):
        found = []
        while len(found) < count:
            message = await self.next()
            found += message["events"] if message["event"] == "batch" else [message]
        return found

    async def end(self):
        async with asyncio.timeout(5):
            async for _ in self._messages:
                pass
        return self.subscriber.closing


@asynccontextmanager
async def following(hub, since=None, wanted=None, interval=0.0, topics=frozenset()):
    subscriber = Subscriber(wanted or Wanted(), interval, topics)
    with hub.guest(subscriber):
        async with aclosing(hub.follow(subscriber, since)) as messages:
            follower = Follower(messages, subscriber)
            follower.hello = await follower.next()
            yield follower


async def warm_up(stream, *followers):
    """Past what comes from history, and past the first batch, which does not wait."""
    for _ in range(2):
        await stream.announce([job_frame(version=0)])
        await asyncio.gather(*(follower.frames(1) for follower in followers))


def versions(frames):
    return [frame["version"] for frame in frames]


def cursor_of(message):
    cursor = Cursor.parse(message["id"])
    assert cursor is not None
    return cursor


class LiveServer:
    """An API process of its own."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.process = process
        self.port = port
        self.log: list[bytes] = []
        """What it has written since it serves."""
        self.url = f"http://127.0.0.1:{port}"
        self.socket_url = f"ws://127.0.0.1:{port}/ws"

    async def stop(self) -> int:
        """Ask it to end; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(15):
            return await self.process.wait()


RUN = """
from taskforge.api.main import run
from taskforge.config import load
raise SystemExit(run(load(), host="127.0.0.1", port=0, workers={workers}))
"""
ROOMY = {
    "LIVE_CONNECTIONS_PER_USER": "1000",
    "LIVE_CONNECTIONS_PER_ADDRESS": "1000",
    "RATE_LIMIT_REQUESTS": "100000",
    "LOG_FORMAT": "json",
}


@asynccontextmanager
async def api_process(environment: dict[str, str], *, workers: int = 1, first: str = ""):
    """A process that serves on a free port, until the end of the block or before.

    `first` is what it runs before that: tests have not the patience of production.
    """
    code = (
        first
        + "\nif __name__ == '__main__':\n"
        + RUN.format(workers=workers).replace("\n", "\n    ")
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, env=ROOMY | environment, stderr=asyncio.subprocess.PIPE
    )
    assert process.stderr is not None
    reading: asyncio.Task[None] | None = None
    server: LiveServer | None = None
    try:
        port = None
        async with asyncio.timeout(30):
            while port is None:
                found = re.search(rb'"port":(\d+)', line := await process.stderr.readline())
                port = int(found[1]) if found else None
                assert line, "the process ended without serving"
        server = LiveServer(process, port)
        reading = asyncio.create_task(_keep(process.stderr, server.log))
        await answers(server)
        yield server
    finally:
        if process.returncode is None:
            process.terminate()
            async with asyncio.timeout(15):
                await process.wait()
        if server is not None and reading is not None:
            await reading
            sys.stderr.write(b"".join(server.log).decode())  # shown with a test that fails


async def _keep(stderr: asyncio.StreamReader, log: list[bytes]) -> None:
    """Read on, for a process blocks on a full pipe."""
    while line := await stderr.readline():
        log.append(line)


async def answers(server: LiveServer) -> None:
    """Wait until the process serves; connections wait in its backlog until then."""
    async with httpx.AsyncClient(timeout=30) as client:
        assert (await client.get(f"{server.url}/health/live")).status_code == 200


@pytest.fixture(scope="module")
async def server(process_environment: dict[str, str]) -> AsyncIterator[LiveServer]:
    async with api_process(process_environment) as server:
        yield server


@pytest.fixture
async def token(settings: Settings) -> str:
    """An access token of a fresh account."""
    engine = open_engine(settings, statement_seconds=5)
    made = await sign_up(engine, settings, "ann")
    await engine.dispose()
    return made.token
