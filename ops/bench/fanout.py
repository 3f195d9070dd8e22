"""Live events: a steady stream to many sockets; who gets what, and how late.

    python -m ops.bench fanout
    python -m ops.bench.fanout 'ws://127.0.0.1:8000/ws?token=…&batch=250' --pid 1234

Announces straight into the event stream, so it measures announcing, Redis, the API process and the
sockets, not the engine. Several addresses share the sockets among them: one for each API process.
The lag of an event is the time from the call that announces it until a client has read the message
that brings it. Each event is of a job of its own, so that batches leave none out.
"""

import argparse
import asyncio
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import cycle, islice
from multiprocessing.connection import Connection
from typing import Any

import msgspec
import psutil
import uvloop
from websockets.asyncio.client import connect

from ops.bench.client import operator
from ops.bench.rows import Figure
from ops.bench.stack import Stack
from taskforge.bus.client import open_client
from taskforge.bus.stream import EventStream
from taskforge.config import Settings, load
from taskforge.core.events import Event, JobFrame
from taskforge.core.ids import new_id
from taskforge.core.job import JobRow
from taskforge.core.priority import Priority
from taskforge.core.states import JobStatus

BATCH_MS = 200
TICK = 0.01
"""Seconds between announcements."""
PATIENCE = 10.0
"""Seconds to wait for the last events."""


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What to do."""

    urls: list[str]
    sockets: int = 200
    rate: int = 1_000
    """Events per second."""
    seconds: float = 20.0
    pids: list[int] = []
    """API processes whose CPU time is counted."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it; lags in milliseconds."""

    sockets: int
    events: int
    delivered: int
    expected: int
    lag_p50: int
    lag_p99: int
    lag_max: int
    cores: float
    """CPU seconds of the API processes for each second of load."""


class _Message(msgspec.Struct):
    event: str
    version: int = 0
    at: datetime | None = None
    events: list["_Message"] = []


async def fanout(stack: Stack) -> list[Figure]:
    """Two hundred sockets on one API process."""
    api = await stack.start_api()
    token = (await operator(stack))["Authorization"].removeprefix("Bearer ")
    url = f"ws://127.0.0.1:{stack.port}/ws?token={token}&batch={BATCH_MS}"
    outcome = await asyncio.to_thread(run, Load(urls=[url], pids=[api.pid]), stack.settings)
    everything = f"{outcome.delivered / outcome.expected:.2%} delivered"
    return [
        Figure(
            "1,000 events/s to 200 sockets for 20 s",
            f"{everything}, lag p50 {outcome.lag_p50} ms, p99 {outcome.lag_p99} ms,"
            f" {outcome.cores} cores",
            "all, p99 ≤ 300 ms, ≤ 1 core",
            outcome.delivered == outcome.expected and outcome.lag_p99 <= 300 and outcome.cores <= 1,
        )
    ]


_decoder = msgspec.json.Decoder(_Message)


def run(load_: Load, settings: Settings) -> Outcome:
    """Carry out a load; the clients run in a process of their own."""
    ours, theirs = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    total = int(load_.rate * load_.seconds)
    clients = context.Process(target=_listen, args=(load_, total, theirs))
    clients.start()
    theirs.close()  # so that clients who fail end the wait
    ours.recv()
    before, began = _cpu_seconds(load_.pids), time.monotonic()
    uvloop.run(_announce(load_, total, settings))
    spent = (_cpu_seconds(load_.pids) - before) / (time.monotonic() - began)
    delivered, lags = ours.recv()
    clients.join()
    return Outcome(
        sockets=load_.sockets,
        events=total,
        delivered=delivered,
        expected=total * load_.sockets,
        lag_p50=_percentile(lags, 0.5),
        lag_p99=_percentile(lags, 0.99),
        lag_max=max(lags, default=0),
        cores=round(spent, 2),
    )


async def _announce(load_: Load, total: int, settings: Settings) -> None:
    client = open_client(settings)
    stream = EventStream(client)
    began, sent = time.monotonic(), 0
    while sent < total:
        due = min(int((time.monotonic() - began) * load_.rate), total)
        stream.announce_soon([_frame(number) for number in range(sent + 1, due + 1)])
        sent = due
        await asyncio.sleep(TICK)
    await stream.close()
    await client.aclose()


def _frame(number: int) -> JobFrame:
    job_id, now = new_id(), datetime.now(UTC)
    facts: dict[str, Any] = {
        "type": "data_processing",
        "priority": Priority.NORMAL,
        "status": JobStatus.RUNNING,
        "version": number,
    }
    row = JobRow(
        id=job_id,
        attempt=1,
        failures=0,
        max_retries=3,
        created_at=now,
        run_at=now,
        queued_at=now,
        started_at=now,
        timeout_seconds=300,
        tags=["bench"],
        **facts,
    )
    return JobFrame(event=Event.JOB_RUNNING, job_id=job_id, at=now, job=row, **facts)


def _listen(load_: Load, total: int, pipe: Connection) -> None:
    pipe.send(uvloop.run(_all_clients(load_, total, pipe)))


async def _all_clients(load_: Load, total: int, pipe: Connection) -> tuple[int, Counter[int]]:
    lags: Counter[int] = Counter()
    opened = asyncio.Semaphore(0)
    try:
        async with asyncio.timeout(load_.seconds + 2 * PATIENCE), asyncio.TaskGroup() as group:
            for url in islice(cycle(load_.urls), load_.sockets):
                group.create_task(_client(url, total, lags, opened))
            for _ in range(load_.sockets):
                await opened.acquire()
            pipe.send("ready")
    except TimeoutError:
        sys.stderr.write("not everything was delivered in time\n")
    return sum(lags.values()), lags


@lru_cache(maxsize=64)
def _events(message: bytes) -> list[tuple[int, float]]:
    """Number and time of the events in a message. All sockets get the same bytes: read once."""
    read = _decoder.decode(message)
    return [
        (event.version, event.at.timestamp())
        for event in read.events or [read]
        if event.version and event.at is not None
    ]


async def _client(url: str, total: int, lags: Counter[int], opened: asyncio.Semaphore) -> None:
    seen = bytearray(total + 1)
    async with connect(url, max_size=None, compression=None, ping_interval=None) as socket:
        await socket.recv()
        opened.release()
        left = total
        while left:
            message = await socket.recv(decode=False)
            now = time.time()
            for number, announced_at in _events(message):
                if not seen[number]:
                    seen[number] = 1
                    left -= 1
                    lags[int((now - announced_at) * 1000)] += 1


def _cpu_seconds(pids: Sequence[int]) -> float:
    times = [psutil.Process(pid).cpu_times() for pid in pids]
    return sum(one.user + one.system for one in times)


def _percentile(lags: Counter[int], share: float) -> int:
    left = sum(lags.values()) * share
    for lag, count in sorted(lags.items()):
        left -= count
        if left <= 0:
            return lag
    return 0


def main() -> None:
    """Read the arguments, run, print JSON; exit code 1 when an event was not delivered."""
    parser = argparse.ArgumentParser(description="Live events to many sockets.")
    parser.add_argument("urls", nargs="+")
    parser.add_argument("--sockets", type=int, default=200)
    parser.add_argument("--rate", type=int, default=1_000)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--pid", dest="pids", type=int, action="append", default=[])
    outcome = run(Load(**vars(parser.parse_args())), load())
    sys.stdout.write(msgspec.json.encode(outcome).decode() + "\n")
    raise SystemExit(outcome.delivered != outcome.expected)


if __name__ == "__main__":
    main()
