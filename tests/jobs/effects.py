"""A job type whose every run leaves a trace that nothing rolls back."""

import asyncio
import os
from uuid import UUID, uuid4

import asyncpg

from taskforge.handlers.base import Context, Payload, job_type

TABLE = """
CREATE TABLE IF NOT EXISTS effects (
    job_id uuid, attempt integer, pid integer, run uuid, phase text,
    at timestamptz DEFAULT clock_timestamp(), UNIQUE (run, phase)
)
"""
_pools: dict[int, asyncpg.Pool] = {}
_opening = asyncio.Lock()


class Effect(Payload, frozen=True):
    """How long the work takes."""

    ms: float = 1.0


async def _pool() -> asyncpg.Pool:
    async with _opening:
        if os.getpid() not in _pools:
            _pools[os.getpid()] = await asyncpg.create_pool(
                os.environ["DATABASE_URL"], min_size=1, max_size=3, command_timeout=5
            )
    return _pools[os.getpid()]


async def _leave(ctx: Context, run: UUID, phase: str) -> None:
    """Write the trace once, as long as it takes: the outside world is only ever away."""
    while True:
        try:
            await (await _pool()).execute(
                "INSERT INTO effects (job_id, attempt, pid, run, phase)"
                " VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
                ctx.job_id, ctx.attempt, os.getpid(), run, phase,
            )  # fmt: skip
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
            await asyncio.sleep(0.1)
        else:
            return


@job_type("effect", Effect, title="Effect")
async def effect(ask: Effect, ctx: Context) -> dict[str, int]:
    """Leaves a trace when it starts and when it ends."""
    run = uuid4()
    await _leave(ctx, run, "start")
    await asyncio.sleep(ask.ms / 1000)
    await _leave(ctx, run, "end")
    return {"attempt": ctx.attempt}
