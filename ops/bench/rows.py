"""The rows of the table: each measures one thing on a stack and says it in numbers."""

import asyncio
import struct
import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import msgspec
import psutil
from websockets.asyncio.client import connect

from ops.bench import bare
from ops.bench.client import NOOP, operator, submit_bulk, submit_singly
from ops.bench.stack import Stack
from ops.bench.wire import Wire, load, quantiles

THREADS = "64"
BACKLOG = 20_000


class Figure(NamedTuple):
    """One line of the report."""

    what: str
    value: str
    goal: str
    met: bool


Row = Callable[[Stack], Awaitable[list[Figure]]]


async def drain(stack: Stack) -> list[Figure]:
    """A backlog drained by two units, beside bare Dramatiq, both ways of submitting."""
    yard = await bare.drain(stack.redis_url, stack.folder, BACKLOG)
    api = await stack.start_api()
    headers = await operator(stack)
    figures = [Figure("bare Dramatiq, stock settings", f"{yard:,.0f} jobs/s", "yardstick", True)]
    for name, goal in (("bulk", 1.5), ("one by one", 1.2)):
        await stack.empty()
        submit = submit_bulk if name == "bulk" else submit_singly
        await submit(stack, headers, BACKLOG)
        rate = await drained(stack)
        figures.append(
            Figure(
                f"drain of {BACKLOG:,} no-ops submitted {name}",
                f"{rate:,.0f} jobs/s = {rate / yard:.2f} x",
                f"≥ {goal} x",
                rate / yard >= goal,
            )
        )
    stack.stop(api)
    return figures


async def drained(stack: Stack) -> float:
    """Start a scheduler and two units, and stop them when the backlog is done; jobs a second."""
    roles = [stack.start("scheduler")]
    roles += [stack.start("worker", "--threads", THREADS) for _ in range(2)]
    await stack.until("SELECT count(*) FROM jobs WHERE status = 'success'", BACKLOG)
    took = "SELECT extract(epoch FROM max(finished_at) - min(started_at))::float8 FROM jobs"
    rate = BACKLOG / (await stack.query(took))[0][0]
    for role in roles:
        stack.stop(role)
    return rate


async def submit(stack: Stack) -> list[Figure]:
    """Single and bulk submits over HTTP, one API process, authenticated, limiter on."""
    api = await stack.start_api()
    headers = await operator(stack)

    def single(wire: Wire) -> bytes:
        return wire.request("POST", "/api/v1/jobs", NOOP)

    await load(stack.url, headers, single, connections=32, seconds=1, expect=201)
    one = await load(stack.url, headers, single, connections=32, seconds=6, expect=201)
    started = time.perf_counter()
    await asyncio.gather(*(submit_bulk(stack, headers, 40_000) for _ in range(2)))
    bulk = 80_000 / (time.perf_counter() - started)
    stack.stop(api)
    return [
        Figure("POST /jobs, 32 connections", f"{one.per_second:,.0f}/s, p99 {one.p99_ms:.0f} ms",
               "≥ 2,000/s, p99 ≤ 60 ms", one.per_second >= 2000 and one.p99_ms <= 60),
        Figure("POST /jobs/bulk, 1,000 a call, two at a time", f"{bulk:,.0f} jobs/s", "≥ 20,000/s",
               bulk >= 20_000),
    ]  # fmt: skip


async def latency(stack: Stack) -> list[Figure]:
    """Idle: from the submit call to the handler's start, and to the frame on a socket."""
    await stack.empty()
    await stack.start_api()
    stack.start("scheduler")
    unit = stack.start("worker", "--threads", "16")
    headers = await operator(stack)
    await stack.until("SELECT count(*) FROM workers WHERE status = 'online'", 1)
    out = stack.folder / "stamps"
    out.touch()
    order = msgspec.json.encode({"type": "stamp", "payload": {"path": str(out)}})
    calls: list[int] = []
    seen: list[float] = []
    token = headers["Authorization"].removeprefix("Bearer ")
    async with (
        Wire(stack.url, headers) as wire,
        connect(f"ws://127.0.0.1:{stack.port}/ws?token={token}") as socket,
    ):
        await socket.recv()
        request = wire.request("POST", "/api/v1/jobs", order)
        for _ in range(210):
            await asyncio.sleep(0.05)
            calls.append(time.monotonic_ns())
            await wire.send(request)
            while True:
                frame = msgspec.json.decode(await socket.recv())
                if frame["event"] == "job_success":
                    break
            seen.append((time.monotonic_ns() - calls[-1]) / 1e9)
    stamps = struct.unpack(f"<{len(calls)}q", out.read_bytes())
    starts = [(stamp - call) / 1e9 for stamp, call in zip(stamps, calls, strict=True)]
    stack.stop(unit)
    (start50, start99), (seen50, seen99) = quantiles(starts[10:]), quantiles(seen[10:])
    return [
        Figure("idle pick-up: submit call to handler start",
               f"p50 {start50:.1f}, p99 {start99:.1f} ms", "p50 ≤ 6, p99 ≤ 15 ms",
               start50 <= 6 and start99 <= 15),
        Figure("submit call to job_success on a socket, idle",
               f"p50 {seen50:.1f}, p99 {seen99:.1f} ms", "p50 ≤ 12, p99 ≤ 25 ms",
               seen50 <= 12 and seen99 <= 25),
    ]  # fmt: skip


async def sleepers(stack: Stack) -> list[Figure]:
    """Jobs that wait a second, on one unit with 500 threads."""
    await stack.empty()
    await stack.start_api()
    stack.start("scheduler")
    headers = await operator(stack)
    unit = stack.start("worker", "--threads", "500")
    await stack.until("SELECT count(*) FROM workers WHERE status = 'online'", 1)
    order = msgspec.json.encode({"type": "pause", "payload": {"seconds": 1.0}})
    await submit_bulk(stack, headers, 5_000, order)
    peak = 0.0
    while (await stack.query("SELECT count(*) FROM jobs WHERE status = 'success'"))[0][0] < 5_000:
        peak = max(peak, unit.memory_full_info().pss / 1e6)
        await asyncio.sleep(0.1)
    took = (
        await stack.query(
            "SELECT extract(epoch FROM max(finished_at) - min(started_at))::float8 FROM jobs"
        )
    )[0][0]
    stack.stop(unit)
    rate = 5_000 / took
    return [
        Figure("5,000 jobs of 1 s, one unit with 500 threads",
               f"{rate:.0f} jobs/s, {peak:.0f} MB PSS", "≥ 400 jobs/s, ≤ 150 MB",
               rate >= 400 and peak <= 150),
    ]  # fmt: skip


async def memory(stack: Stack) -> list[Figure]:
    """Growth of a unit over many jobs, after a warm-up."""
    await stack.empty()
    await stack.start_api()
    stack.start("scheduler")
    headers = await operator(stack)
    unit = stack.start("worker", "--threads", THREADS)
    sizes: list[float] = []
    total = 0
    for batch in range(11):
        order = b'{"type":"fail"}' if batch == 5 else NOOP
        jobs = 20_000
        await submit_bulk(stack, headers, jobs, order)
        total += jobs
        await stack.until("SELECT count(*) FROM jobs WHERE finished_at IS NOT NULL", total)
        sizes.append(unit.memory_full_info().pss / 1e6)
    stack.stop(unit)
    slope = (sizes[-1] - sizes[2]) / (8 * 20_000) * 100_000
    return [
        Figure("memory of a unit over 200,000 no-op and 20,000 failing jobs",
               f"{slope:+.2f} MB per 100,000", "≤ 1 MB", slope <= 1),
    ]  # fmt: skip


async def idle(stack: Stack) -> list[Figure]:
    """What each role takes when nothing happens."""
    roles = {
        "API": await stack.start_api(),
        "worker": stack.start("worker", "--threads", "16"),
        "scheduler": stack.start("scheduler"),
    }
    await stack.until("SELECT count(*) FROM workers WHERE status = 'online'", 1)
    await asyncio.sleep(5)
    before = {name: _cpu(process) for name, process in roles.items()}
    await asyncio.sleep(20)
    figures: list[Figure] = []
    for name, process in roles.items():
        pss = sum(p.memory_full_info().pss for p in _tree(process)) / 1e6
        cpu = (_cpu(process) - before[name]) / 20 * 100
        most = 110 if name == "API" else 90
        figures.append(
            Figure(f"idle {name}", f"{pss:.0f} MB PSS, {cpu:.1f} % CPU", f"≤ {most} MB, ≤ 2 %",
                   pss <= most and cpu <= 2)
        )  # fmt: skip
    return figures


def _tree(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]


def _cpu(process: psutil.Process) -> float:
    return sum(sum(p.cpu_times()[:2]) for p in _tree(process))
