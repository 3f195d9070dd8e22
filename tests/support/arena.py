"""A database and a Redis of one's own, with roles running on them as real processes.

Tests that start workers cannot share the suite's database: a worker takes whatever is queued.
"""

import json
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from support.make import order, person
from support.processes import FAST_CLOCK, JOBS, Process, Supervisor
from support.waiting import eventually
from taskforge.config import Settings, load
from taskforge.flows import submit, tend
from taskforge.flows.deps import Deps, open_deps
from taskforge.handlers.registry import load as load_types

ENDED = ("success", "failed", "dead_letter", "cancelled")
KEPT = ("PATH", "HOME", "LANG")
NO_STAND_IN = """
INSERT INTO duties (name, every_seconds, ran_at, seconds, did, ok, passes, total, scheduler)
VALUES ('arena', 1, now() + interval '1 day', 0, 0, true, 0, 0, 'arena:0')
ON CONFLICT (name) DO UPDATE SET ran_at = EXCLUDED.ran_at
"""
"""A scheduler's tick that is never old: a test says itself who tends, and no unit stands in."""


class Arena:
    """What a test on real processes works with."""

    def __init__(
        self, settings: Settings, environ: dict[str, str], deps: Deps, db: asyncpg.Pool
    ) -> None:
        self.settings = settings
        self.environ = environ
        self.deps = deps
        self.db = db
        self.by = person()
        self.supervisor = Supervisor(environ, settings.data_dir)

    async def start(self, role: str = "worker", *options: str) -> Process:
        """Start a role; a worker is registered when this returns."""
        process = self.supervisor.start(role, *options)
        if role == "worker":
            await eventually(lambda: self.registered(process), within=30)
        return process

    async def registered(self, process: Process) -> UUID | None:
        assert process.code is None, process.log.read_text()[-2_000:]
        return await self.db.fetchval(
            "SELECT id FROM workers WHERE pid = $1 AND status = 'online'", process.pid
        )

    async def submit(self, type: str, payload: dict[str, Any] | None = None, **fields: Any) -> UUID:
        done = await submit.submit(self.deps, order(type, payload, **fields), self.by)
        return done.job.id

    async def row(self, job_id: UUID) -> Any:
        return await self.db.fetchrow("SELECT * FROM jobs WHERE id = $1", job_id)

    async def until(
        self, job_id: UUID, *statuses: str, within: float = 15.0, tending: bool = False
    ) -> Any:
        """The row, once it has one of these statuses (any end by default).

        With `tending`, what has become due meanwhile is promoted, as a scheduler would.
        """
        wanted = statuses or ENDED

        async def look() -> Any:
            if tending:
                await tend.promote(self.deps)
            row = await self.row(job_id)
            assert row["status"] in wanted, f"{row['type']} is {row['status']}"
            return row

        return await eventually(look, within=within)

    async def error(self, job_id: UUID) -> Any:
        return await self.db.fetchval("SELECT error FROM job_results WHERE job_id = $1", job_id)


@asynccontextmanager
async def open_arena(
    database_url: str, redis_url: str, folder: Path, **chosen: str
) -> AsyncGenerator[Arena]:
    """An arena on these servers; its processes end with it."""
    environ = {name: os.environ[name] for name in KEPT if name in os.environ}
    environ |= {
        "ENVIRONMENT": "test",
        "SECRET_KEY": "s" * 40,
        "JWT_SECRET_KEY": "j" * 40,
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "DATA_DIR": str(folder),
        **JOBS,
        **FAST_CLOCK,
        **chosen,
    }
    settings = load(environ)
    types = load_types(settings.job_modules())
    async with (
        open_deps(settings, types) as deps,
        asyncpg.create_pool(database_url, min_size=1, max_size=4, init=_decode_json) as db,
    ):
        arena = Arena(settings, environ, deps, db)
        try:
            await deps.redis.flushdb()
            await db.execute(NO_STAND_IN)
            yield arena
        finally:
            await arena.supervisor.stop()
            await deps.redis.flushdb()


async def _decode_json(connection: asyncpg.Connection) -> None:
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=json.dumps, decoder=json.loads
    )
