"""What metrics cost: the same backlog drained with and without them. How long a scrape takes."""

import asyncio
import time
from contextlib import suppress
from statistics import median

import psutil

from ops.bench.client import operator, submit_bulk
from ops.bench.rows import BACKLOG, THREADS, Figure
from ops.bench.stack import Stack, free_port
from ops.bench.wire import Wire

ROUNDS = 3
GOAL = 0.95
SCRAPE_SECONDS = 5.0
"""Three times as often as Prometheus by default."""
SCRAPE_GOAL_MS = 50
MUTE = ",ops.bench.mute"
NONE, ALL = "counting nothing", f"with metrics, scraped every {SCRAPE_SECONDS:g} s"
_TOOK = "SELECT extract(epoch FROM max(finished_at) - min(started_at))::float8 FROM jobs"


async def telling(stack: Stack) -> list[Figure]:
    """In turns, so that a machine that others use too spoils all alike; medians."""
    await stack.start_api()
    headers = await operator(stack)
    modules = stack.environment["TASKFORGE_JOB_MODULES"]
    rates: dict[str, list[float]] = {NONE: [], ALL: []}
    work: dict[str, list[float]] = {NONE: [], ALL: []}
    scrapes: list[float] = []
    for name in [*rates] * ROUNDS:
        await stack.empty()
        await submit_bulk(stack, headers, BACKLOG)
        stack.environment["TASKFORGE_JOB_MODULES"] = modules + (MUTE if name is NONE else "")
        rate, seconds = await _drained(stack, scrapes if name is ALL else None)
        rates[name].append(rate)
        work[name].append(seconds)
    free, busy = median(rates[NONE]), median(work[NONE])
    ratio = median(rates[ALL]) / free
    scrapes.sort()
    return [
        Figure(f"drain of {BACKLOG:,} no-ops, {ALL}",
               f"{median(rates[ALL]):,.0f} jobs/s = {ratio:.3f} x of {free:,.0f} {NONE};"
               f" CPU of the units {median(work[ALL]) / busy:.3f} x", f"≥ {GOAL} x", ratio >= GOAL),
        Figure("scrape of a unit or a scheduler under that load",
               f"median {median(scrapes):.0f}, most {scrapes[-1]:.0f} ms of {len(scrapes)}",
               f"≤ {SCRAPE_GOAL_MS} ms", median(scrapes) <= SCRAPE_GOAL_MS),
    ]  # fmt: skip


async def _drained(stack: Stack, scrapes: list[float] | None) -> tuple[float, float]:
    """Jobs a second of two units, and their CPU seconds from the first line on."""
    ports: list[int] = []

    def start(role: str, *options: str) -> psutil.Process:
        ports.append(free_port() if scrapes is not None else 0)
        stack.environment["METRICS_PORT"] = str(ports[-1])
        return stack.start(role, *options)

    roles = [start("scheduler"), *(start("worker", "--threads", THREADS) for _ in range(2))]
    scraping = [
        asyncio.create_task(_scrape(port, scrapes)) for port in ports if scrapes is not None
    ]
    await stack.until("SELECT count(*) FROM jobs WHERE status = 'success'", BACKLOG)
    for task in scraping:
        task.cancel()
    times = [role.cpu_times() for role in roles[1:]]
    rate = BACKLOG / (await stack.query(_TOOK))[0][0]
    for role in roles:
        stack.stop(role)
    return rate, sum(it.user + it.system for it in times)


async def _scrape(port: int, took: list[float]) -> None:
    while True:
        with suppress(OSError):  # it is about to start
            async with Wire(f"http://127.0.0.1:{port}") as wire:
                started = time.perf_counter()
                answer = await wire.send(wire.request("GET", "/metrics"))
                assert answer.status == 200
                took.append((time.perf_counter() - started) * 1_000)
        await asyncio.sleep(SCRAPE_SECONDS)
