"""What a million jobs cost: processor time, bytes in the database and in Redis, connections.

Prints the tables of ops/sizing.md in that page's own form, beside the figures.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import psutil
from redis.asyncio import Redis
from rich.console import Console

from ops.bench.client import NOOP, operator, submit_bulk, submit_singly
from ops.bench.costs import Look, Meter, spent, tree
from ops.bench.rows import THREADS, Figure
from ops.bench.sizing_page import Cost, Held, Seat, page
from ops.bench.stack import Stack
from ops.bench.wire import Wire
from taskforge.bus.cursor import STREAM_KEY
from taskforge.bus.hint import NAMESPACE
from taskforge.bus.stream import KEPT_FRAMES
from taskforge.core.priority import Priority
from taskforge.db.sketches import CHUNK, DRAWN_SQL, SETTLED
from taskforge.flows.deps import Deps, open_deps
from taskforge.flows.tend import PRUNE_BATCH, prune, sketch
from taskforge.handlers.registry import load

MANY, SOME, FEW, ALONE = 40_000, 20_000, 4_000, 1_000
UNITS = 2
CONNECTIONS = 32
PER_SECOND = 200
IDLE_SECONDS = 15.0
LOOK_SECONDS = 0.5
KIB = b'{"type":"echo","payload":{"text":"' + b"x" * 1_000 + b'"}}'
FAILING = b'{"type":"fail"}'
_ENDED = "SELECT count(*) FROM jobs WHERE finished_at IS NOT NULL"
_UNTOLD = "SELECT (SELECT count(*) FROM job_deltas) + (SELECT count(*) FROM failure_deltas)"
_TOOK = "SELECT extract(epoch FROM max(finished_at) - min(created_at))::float8 FROM jobs"
_UNDRAWN = f"SELECT count(*) FROM jobs WHERE id > {DRAWN_SQL}"  # noqa: S608 - a constant of ours
_AGED = "UPDATE jobs SET finished_at = finished_at - interval '10 years'"

Submit = Callable[["_Bench", int, bytes], Awaitable[None]]


class _Work(NamedTuple):
    """A way to use it."""

    name: str
    submit: Submit
    jobs: int
    order: bytes = NOOP


class _Bench(NamedTuple):
    stack: Stack
    headers: dict[str, str]
    redis: Redis
    roles: dict[str, list[psutil.Process]]
    meter: Meter


async def sizing(stack: Stack) -> list[Figure]:
    """Each kind of work by itself, on one API process, one scheduler and two units."""
    redis: Redis = Redis.from_url(stack.redis_url)  # pyright: ignore[reportUnknownMemberType] - its **kwargs carry no types
    stack.environment |= {"LOG_LEVEL": "info", "LOG_FORMAT": "json"}
    with (stack.folder / "lines").open("wb") as lines:
        stack.stderr = lines
        held = Held(base=await _used(redis))
        bench, held = await _begin(stack, redis, held)
        idle = await _idle(bench)
        costs = [await _cost(bench, work) for work in _WORKS]
        held = held._replace(stream=await _size_of(redis, STREAM_KEY), frames=KEPT_FRAMES)
        seats = await _leave(bench, idle)
        later = await _tended(bench)
    await redis.aclose()
    tables = page(costs, later, held, seats)
    Console().print(tables, markup=False, highlight=False, soft_wrap=True)
    return [
        Figure(
            f"{cost.work}, {cost.jobs:,} jobs",
            f"{sum(cost.cpu.values()):,.0f} CPU s, {cost.wal / 1e3:,.1f} GB of WAL",
            "a million",
            True,
        )
        for cost in (*costs, *later)
    ]


async def _begin(stack: Stack, redis: Redis, held: Held) -> tuple[_Bench, Held]:
    """Start everything, the units last: before them, what a waiting job takes can be seen."""
    roles = {"API": [await stack.start_api()], "scheduler": [], "units": []}
    meter = Meter(stack, roles, stack.folder / "lines")
    bench = _Bench(stack, await operator(stack), redis, roles, meter)
    hints = (f"{NAMESPACE}:{Priority.NORMAL.queue}", f"{NAMESPACE}:{Priority.NORMAL.queue}.msgs")
    sizes: list[float] = []
    for submit in (submit_singly, submit_bulk):
        await submit(stack, bench.headers, ALONE)
        sizes.append(sum([await _size_of(redis, key) for key in hints]) / ALONE)
        await stack.empty()
        await redis.delete(*hints)
    roles["scheduler"].append(stack.start("scheduler"))
    roles["units"] += [stack.start("worker", "--threads", THREADS) for _ in range(UNITS)]
    await stack.until("SELECT count(*) FROM workers WHERE status = 'online'", UNITS)
    return bench, held._replace(single=sizes[0], bulk=sizes[1])


async def _cost(bench: _Bench, work: _Work) -> Cost:
    await bench.stack.empty()
    before = await bench.meter.look()
    await work.submit(bench, work.jobs, work.order)
    await _until(bench.stack, _ENDED, work.jobs)
    took = (await bench.stack.query(_TOOK))[0][0]
    await _until(bench.stack, _UNTOLD, 0)
    after = await bench.meter.look(vacuum=True)
    return _a_million(work.name, work.jobs, took, after.since(before))


async def _tended(bench: _Bench) -> list[Cost]:
    """What schedulers do for ended jobs later, done here, so that nothing else is counted."""
    stack = bench.stack
    jobs = (await stack.query("SELECT count(*) FROM jobs"))[0][0]
    await stack.query("TRUNCATE job_sketches")  # of some, a scheduler has drawn them meanwhile
    await asyncio.sleep(SETTLED.total_seconds())  # younger jobs have no sketches drawn
    meter = Meter(stack, {}, stack.folder / "lines")
    async with open_deps(stack.settings, load([]), by_key=True) as deps:

        async def measured(name: str, duty: Callable[[Deps], Awaitable[int]], full: int) -> Cost:
            before, began, own = await meter.look(), time.perf_counter(), time.process_time()
            while await duty(deps) >= full:
                pass
            took, own = time.perf_counter() - began, time.process_time() - own
            change = (await meter.look(vacuum=True)).since(before)
            change = change._replace(cpu={**change.cpu, "scheduler": own})
            return _a_million(name, jobs, took, change)

        drawn = await measured("a sketch drawn for searches", sketch, 1)
        assert (await stack.query(_UNDRAWN))[0][0] <= CHUNK  # a sketch is drawn of so many
        await stack.query(_AGED)
        deleted = await measured("deleted in the end", prune, PRUNE_BATCH)
        assert not (await stack.query("SELECT count(*) FROM jobs"))[0][0]
    return [drawn, deleted._replace(database=0, indexes=0)]


async def _idle(bench: _Bench) -> dict[str, float]:
    """Percent of a processor that a process of each role takes without work."""
    before = {name: sum(map(spent, found)) for name, found in bench.roles.items()}
    await asyncio.sleep(IDLE_SECONDS)
    return {
        name: (sum(map(spent, found)) - before[name]) / IDLE_SECONDS / len(found) * 100
        for name, found in bench.roles.items()
    }


async def _leave(bench: _Bench, idle: dict[str, float]) -> list[Seat]:
    """What each role takes: seen by what is left behind as one after another ends."""
    seats: list[Seat] = []
    for name in ("units", "scheduler", "API"):
        found = bench.roles[name]
        memory = sum(it.memory_full_info().pss for process in found for it in tree(process))
        database, redis = await _connections(bench)
        for process in found:
            bench.stack.stop(process)
        left_database, left_redis = await _connections(bench)
        seats.append(
            Seat(
                name,
                percent=idle[name],
                memory=memory / len(found),
                database=(database - left_database) / len(found),
                redis=(redis - left_redis) / len(found),
            )
        )
    return seats


async def _connections(bench: _Bench) -> tuple[int, int]:
    """To PostgreSQL and to Redis."""
    rows = await bench.stack.query(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'taskforge'"
    )
    told: dict[str, int] = await bench.redis.info("clients")  # pyright: ignore[reportUnknownMemberType] - its **kwargs carry no types
    return rows[0][0], told["connected_clients"]


def _a_million(work: str, jobs: int, took: float, change: Look) -> Cost:
    return Cost(
        work,
        jobs,
        jobs / took,
        {name: seconds / jobs * 1e6 for name, seconds in change.cpu.items()},
        database=change.database / jobs,
        indexes=change.indexes / jobs,
        wal=change.wal / jobs,
        log=change.log / jobs,
    )


async def _in_bulk(bench: _Bench, jobs: int, order: bytes) -> None:
    await submit_bulk(bench.stack, bench.headers, jobs, order)


async def _one_by_one(bench: _Bench, jobs: int, order: bytes) -> None:
    await _submit(bench, jobs, order, per_second=1e9)


async def _steadily(bench: _Bench, jobs: int, order: bytes) -> None:
    await _submit(bench, jobs, order, per_second=PER_SECOND)


async def _submit(bench: _Bench, jobs: int, order: bytes, *, per_second: float) -> None:
    began = time.perf_counter()

    async def work(first: int) -> None:
        async with Wire(bench.stack.url, bench.headers) as wire:
            request = wire.request("POST", "/api/v1/jobs", order)
            for number in range(first, jobs, CONNECTIONS):
                await asyncio.sleep(max(began + number / per_second - time.perf_counter(), 0))
                answer = await wire.send(request)
                assert answer.status == 201, answer.body[:500]

    await asyncio.gather(*(work(number) for number in range(CONNECTIONS)))


async def _until(stack: Stack, statement: str, wanted: int) -> None:
    """Wait for a number; seldom enough not to count among what is measured."""
    async with asyncio.timeout(300):
        while (await stack.query(statement))[0][0] != wanted:
            await asyncio.sleep(LOOK_SECONDS)


async def _size_of(redis: Redis, key: str) -> int:
    return int(await redis.memory_usage(key, samples=0) or 0)


async def _used(redis: Redis) -> int:
    told: dict[str, int] = await redis.info("memory")  # pyright: ignore[reportUnknownMemberType] - its **kwargs carry no types
    return told["used_memory"]


_WORKS = (
    _Work("1,000 a call", _in_bulk, MANY),
    _Work("1,000 a call, 1 kB in and out", _in_bulk, SOME, KIB),
    _Work("1,000 a call, failing", _in_bulk, SOME, FAILING),
    _Work(f"one a call, {PER_SECOND} a second", _steadily, FEW),
    _Work("one a call, as many as go", _one_by_one, SOME),
)
