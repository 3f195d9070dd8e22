"""A pause under full load: how long after its answer the last job of the queue starts."""

import asyncio
import time

from ops.bench.client import operator, submit_bulk
from ops.bench.rows import THREADS, Figure
from ops.bench.stack import Stack
from ops.bench.wire import Wire
from taskforge.core.people import Role

ROUNDS = 10
BACKLOG = 5_000
"""Jobs submitted for each round; it is paused when a fifth of them has started."""
_STARTED = "SELECT count(*) FROM jobs WHERE started_at IS NOT NULL"
_LAST = """
SELECT count(*), extract(epoch FROM max(started_at))::float8,
    (SELECT extract(epoch FROM paused_at)::float8 FROM queues WHERE name = 'default')
FROM jobs WHERE started_at IS NOT NULL
"""
_ENDED = "SELECT count(*) FROM jobs WHERE finished_at IS NOT NULL"


async def pause(stack: Stack) -> list[Figure]:
    """No-ops on two units; claims that began before the pause may still start jobs after it."""
    await stack.start_api()
    stack.start("scheduler")
    for _ in range(2):
        stack.start("worker", "--threads", THREADS)
    headers = await operator(stack, Role.ADMIN)
    await stack.until("SELECT count(*) FROM workers WHERE status = 'online'", 2)
    late: list[float] = []
    after_commit: list[float] = []
    async with Wire(stack.url, headers) as wire:
        stop = wire.request("POST", "/api/v1/queues/default/pause", b'{"reason": "bench"}')
        go_on = wire.request("POST", "/api/v1/queues/default/resume")
        for done in range(0, ROUNDS * BACKLOG, BACKLOG):
            await submit_bulk(stack, headers, BACKLOG)
            while (await stack.query(_STARTED))[0][0] < done + BACKLOG // 5:
                await asyncio.sleep(0.01)
            assert (await wire.send(stop)).status == 200
            answered = time.time()
            await stack.until("SELECT count(*) FROM jobs WHERE status = 'running'", 0)
            await asyncio.sleep(0.5)  # a start that comes too late should be seen
            ((started, last, paused),) = await stack.query(_LAST)
            assert started < done + BACKLOG, "all jobs had started before the pause"
            late.append(max(last - answered, 0.0) * 1000)
            after_commit.append(max(last - paused, 0.0) * 1000)
            assert (await wire.send(go_on)).status == 200
            await stack.until(_ENDED, done + BACKLOG)
    late.sort()
    after_commit.sort()
    return [
        Figure(f"from the answer of a pause to the last start, {ROUNDS} pauses under full load",
               f"median {late[ROUNDS // 2]:.0f}, most {late[-1]:.0f} ms; from the pause in the"
               f" database: {after_commit[ROUNDS // 2]:.0f}, {after_commit[-1]:.0f} ms", "≤ 200 ms",
               late[-1] <= 200)
    ]  # fmt: skip
