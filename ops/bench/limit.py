"""The rate limit over eight API processes, and what is left of it while Redis is away (T-69)."""

import asyncio
import time
from bisect import bisect_left, bisect_right
from typing import NamedTuple

from ops.bench.client import operator
from ops.bench.rows import Figure
from ops.bench.stack import Stack, free_port
from ops.bench.wire import Wire
from taskforge.bus.limit import SLICES

PROCESSES, EACH = 8, 50
"""Requests of one burst to each process."""
LIMIT, WINDOW = 1_000, 10
EDGES = (-0.3, -0.1, 0.0, 0.12, 0.3, 5.0)
BURSTS = [edge + n * WINDOW for n in range(5) for edge in EDGES][2:-3]
"""Seconds from the start: most just before and after a window's edge; 25, so 10,000 requests."""
PATH = "/api/v1/job-types"


class Said(NamedTuple):
    """An answer, and the moments between which the request was judged."""

    status: int
    asked: float
    answered: float


async def limit(stack: Stack) -> list[Figure]:
    """Bursts about the edges of the window, known and unknown clients, with and without Redis."""
    stack.environment |= {"RATE_LIMIT_REQUESTS": str(LIMIT), "RATE_LIMIT_WINDOW": str(WINDOW)}
    ports = [stack.port, *(free_port() for _ in range(PROCESSES - 1))]
    for port in ports:
        await stack.start_api(port)
    urls = [f"http://127.0.0.1:{port}" for port in ports]
    known = await operator(stack)
    calm = await _flood(urls, known, BURSTS)
    most, least = _most(calm), _least(calm)
    spoofed = {"X-Forwarded-For": "203.0.113.9", "Authorization": "Bearer nonsense"}
    unknown = await _flood(urls, spoofed, [0.0, 0.2, 0.4, 0.6])
    passed = sum(it.status == 401 for it in unknown) / LIMIT
    return [
        Figure(f"{len(calm):,} requests to {PROCESSES} API processes, admitted in any window",
               f"at most {most:.3f} x the limit, {least:.3f} x at each refusal",
               "≤ 1.01, ≥ 0.98",
               least >= 0.98 and most <= 1.01),
        Figure("wrong credentials with a made-up X-Forwarded-For, admitted",
               f"{passed:.3f} x the limit", "0.98 to 1.01", 0.98 <= passed <= 1.01),
        *await _without_redis(stack, urls, known),
    ]  # fmt: skip


async def _without_redis(stack: Stack, urls: list[str], known: dict[str, str]) -> list[Figure]:
    """Kill Redis before the limit is used up, and bring it back."""
    valkey = stack.servers.valkey
    assert valkey
    await asyncio.sleep(1.1 * WINDOW)
    flood = asyncio.create_task(_flood(urls, known, [n * 0.5 for n in range(40)], each=20))
    await asyncio.sleep(3)
    await valkey.stop()
    gone_at = time.monotonic()
    await asyncio.sleep(5)
    back_at = time.monotonic()
    await valkey.start()
    serving_at = time.monotonic()
    await asyncio.gather(*(_until_known(url) for url in urls))
    counted_at = time.monotonic()
    said = await flood
    away = [it.status for it in said if gone_at < it.asked < it.answered < back_at]
    most = _most([it for it in said if it.asked > counted_at])
    failed = sum(it.status not in (200, 429) for it in said)
    return [
        Figure("let pass while Redis is away", f"{away.count(200)} of {len(away)},"
               f" {failed} failed", "all, 0", not failed and set(away) == {200}),
        Figure("all processes limit again after its return", f"{counted_at - serving_at:.1f} s,"
               f" then ≤ {most:.3f} x the limit", "≤ 5 s, ≤ 1.01",
               counted_at - serving_at <= 5 and most <= 1.01),
    ]  # fmt: skip


async def _until_known(url: str) -> None:
    async with Wire(url) as wire:
        request = wire.request("GET", "/metrics")
        while b"\ntaskforge_limiter_away 0" not in (await wire.send(request)).body:
            await asyncio.sleep(0.05)


async def _flood(
    urls: list[str], headers: dict[str, str], bursts: list[float], *, each: int = EACH
) -> list[Said]:
    """Send every burst to all processes at the same moment, on five connections each."""
    start = time.monotonic() + 0.5
    connections = [
        _connection(url, headers, start, bursts, each // 5) for url in urls for _ in range(5)
    ]
    return [it for said in await asyncio.gather(*connections) for it in said]


async def _connection(
    url: str, headers: dict[str, str], start: float, bursts: list[float], requests: int
) -> list[Said]:
    said: list[Said] = []
    async with Wire(url, headers) as wire:
        request = wire.request("GET", PATH)
        for burst in bursts:
            await asyncio.sleep(start + burst - time.monotonic())
            for _ in range(requests):
                asked = time.monotonic()
                status = (await wire.send(request)).status
                said.append(Said(status, asked, time.monotonic()))
    return said


def _most(said: list[Said]) -> float:
    """The most that surely passed in one window, wherever it begins, as a share of the limit."""
    passed = [it for it in said if it.status == 200]
    asked = sorted(it.asked for it in passed)
    answered = sorted(it.answered for it in passed)
    inside = (bisect_left(answered, since + WINDOW) - bisect_left(asked, since) for since in asked)
    return max(inside, default=0) / LIMIT


def _least(said: list[Said]) -> float:
    """The least that had passed when a request was refused, in the window and one slice."""
    passed = [it for it in said if it.status == 200]
    asked = sorted(it.asked for it in passed)
    answered = sorted(it.answered for it in passed)
    width = WINDOW + WINDOW / SLICES + 0.002
    found = (
        bisect_right(asked, it.answered) - bisect_left(answered, it.asked - width)
        for it in said
        if it.status == 429
    )
    return min(found) / LIMIT
