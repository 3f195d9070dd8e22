"""What metrics cost: a drain that counts in every other turn. How long a scrape takes."""

import asyncio
import time
from contextlib import suppress
from statistics import median

import psutil

from ops.bench.compared import JOBS, cost_of
from ops.bench.rows import Figure
from ops.bench.stack import Stack, free_port
from ops.bench.turns import TURN_SECONDS, is_on, number_at
from ops.bench.wire import Wire

GOAL = 0.95
SCRAPE_TURNS = 10
"""From one scrape to the next. All fall into turns that count, and those are half of the time: it
is as if there were one every five seconds, three times as often as Prometheus asks by default."""
SCRAPE_GOAL_MS = 50


async def telling(stack: Stack) -> list[Figure]:
    """Counting nothing in a turn leaves out what is counted, not the endpoint that tells of it."""
    scrapes: list[float] = []
    scraping: list[asyncio.Task[None]] = []

    def start(role: str, *options: str) -> psutil.Process:
        port = free_port()
        stack.environment["METRICS_PORT"] = str(port)
        scraping.append(asyncio.create_task(_scrape(port, scrapes)))
        return stack.start(role, *options)

    cost = await cost_of("metrics", stack, start)
    for task in scraping:
        task.cancel()
    scrapes.sort()
    return [
        Figure(f"drain of {JOBS:,} no-ops with metrics, of one without, in turns",
               f"{cost}", f"≥ {GOAL} x", cost.rate >= GOAL),
        Figure("scrape of a unit or a scheduler under that load",
               f"median {median(scrapes):.0f}, most {scrapes[-1]:.0f} ms of {len(scrapes)}",
               f"≤ {SCRAPE_GOAL_MS} ms", median(scrapes) <= SCRAPE_GOAL_MS),
    ]  # fmt: skip


async def _scrape(port: int, took: list[float]) -> None:
    while True:
        number = number_at(time.time())
        next_on = number + 1 if is_on(number + 1) else number + 2
        await asyncio.sleep((next_on + 0.3) * TURN_SECONDS - time.time())
        with suppress(OSError):  # it is about to start
            async with Wire(f"http://127.0.0.1:{port}") as wire:
                started = time.perf_counter()
                answer = await wire.send(wire.request("GET", "/metrics"))
                assert answer.status == 200
                took.append((time.perf_counter() - started) * 1_000)
            await asyncio.sleep((SCRAPE_TURNS - 2) * TURN_SECONDS)
