"""A bulk operation over a hundred thousand waiting jobs, while others submit at a steady rate."""

import asyncio
import time

import msgspec

from ops.bench.client import NOOP, operator, submit_bulk
from ops.bench.rows import Figure
from ops.bench.stack import Stack
from ops.bench.wire import Wire, quantiles

JOBS = 100_000
PER_SECOND = 100
"""Single submits, whether the answer to the one before has come or not."""
CONNECTIONS = 32
CALM_SECONDS = 5.0
STORM = b'{"type":"noop","tags":["storm"]}'
ORDER = msgspec.json.encode({"action": "cancel", "filter": {"tag": "storm", "status": ["queued"]}})


async def bulk(stack: Stack) -> list[Figure]:
    """Cancel them all by one filter; how long it takes, and what submits feel of it."""
    api = await stack.start_api()
    headers = await operator(stack)
    await submit_bulk(stack, headers, JOBS, STORM)
    await stack.query("ANALYZE jobs, job_details, job_tags, job_events")
    stack.start("scheduler")
    calm = await _steadily(stack, headers, asyncio.create_task(asyncio.sleep(CALM_SECONDS)))
    cancelling = asyncio.create_task(_cancel(stack, headers))
    under_way = await _steadily(stack, headers, cancelling)
    seconds = await cancelling
    left = (await stack.query("SELECT count(*) FROM jobs WHERE status = 'queued'"))[0][0]
    submitted = len(calm) + len(under_way)
    stack.stop(api)
    (_, before), (_, during) = quantiles(calm), quantiles(under_way)
    return [
        Figure(f"{JOBS:,} waiting jobs cancelled by a filter",
               f"{seconds:.1f} s, {JOBS / seconds:,.0f} jobs/s, {left - submitted} of others' lost",
               "≤ 20 s, 0", seconds <= 20 and left == submitted),
        Figure(f"POST /jobs at {PER_SECOND}/s meanwhile",
               f"p99 {during:.0f} ms, {before:.0f} ms before", "p99 ≤ 100 ms", during <= 100),
    ]  # fmt: skip


async def _cancel(stack: Stack, headers: dict[str, str]) -> float:
    """From the call to the end of the operation, in seconds."""
    started = time.perf_counter()
    async with Wire(stack.url, headers) as wire:
        made = await wire.send(wire.request("POST", "/api/v1/operations", ORDER))
        assert made.status == 201, made.body[:500]
        look = wire.request("GET", f"/api/v1/operations/{msgspec.json.decode(made.body)['id']}")
        while True:
            shown = msgspec.json.decode((await wire.send(look)).body)
            if shown["status"] not in ("pending", "running"):
                assert (shown["status"], shown["done"]) == ("done", JOBS), shown
                return time.perf_counter() - started
            await asyncio.sleep(0.1)


async def _steadily(
    stack: Stack, headers: dict[str, str], until: asyncio.Task[float] | asyncio.Task[None]
) -> list[float]:
    """Submit until the task is done; seconds from when each call was due to its answer."""
    took: list[float] = []
    began = time.perf_counter()

    async def work(first: int) -> None:
        async with Wire(stack.url, headers) as wire:
            request = wire.request("POST", "/api/v1/jobs", NOOP)
            due = began + first / PER_SECOND
            while not until.done():
                await asyncio.sleep(max(due - time.perf_counter(), 0))
                answer = await wire.send(request)
                assert answer.status == 201, answer.body[:500]
                took.append(time.perf_counter() - due)
                due += CONNECTIONS / PER_SECOND

    await asyncio.gather(*(work(number) for number in range(CONNECTIONS)))
    return took
