"""Servers and processes to break on purpose, a record of what was done, and the checks after it.

Every scenario has the same shape: load, faults, an end to all faults, a drain, and then the
checks: what was accepted has ended, and no invariant is broken.
"""

import asyncio
import os
import random
import signal
import time
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil

from jobs.effects import TABLE
from support.arena import Arena, open_arena
from support.invariants import broken
from support.make import order
from support.processes import Process
from support.waiting import eventually
from taskforge.config import load
from taskforge.db.migrate import migrate
from taskforge.flows import submit
from taskforge.flows.submit import Submitted
from taskforge.local.servers import Servers

DRAIN_SECONDS = 60.0
UNFINISHED = "status NOT IN ('success', 'failed', 'dead_letter', 'cancelled')"
AFTER: dict[str, str] = {
    "I5 a run without a claim": """
        SELECT f.job_id FROM effects f WHERE phase = 'start' AND NOT EXISTS (
            SELECT FROM job_events e WHERE e.job_id = f.job_id AND e.attempt = f.attempt
            AND e.event = 'job_running')""",
    "I5 an attempt that ran twice": """
        SELECT job_id FROM effects WHERE phase = 'start'
        GROUP BY job_id, attempt HAVING count(*) > 1""",
    "I5 a success without its effect": """
        SELECT j.id FROM jobs j WHERE type = 'effect' AND status = 'success' AND NOT EXISTS (
            SELECT FROM effects f
            WHERE f.job_id = j.id AND f.attempt = j.attempt AND phase = 'end')""",
    "I1 a job that has not ended": f"SELECT id FROM jobs WHERE {UNFINISHED}",
}


class Ground:
    """PostgreSQL and Valkey.

    Args:
        databases: have the one.
        brokers: have the other; the same where none is to be stopped without the other.
    """

    def __init__(self, databases: Servers, brokers: Servers) -> None:
        self._databases = databases
        self._brokers = brokers
        assert databases.postgres
        assert brokers.valkey
        self.postgres = databases.postgres
        self.valkey = brokers.valkey

    async def start(self) -> None:
        await asyncio.gather(*(it.start() for it in {self._databases, self._brokers}))
        await migrate(load({"DATABASE_URL": self.database_url}))

    async def stop(self) -> None:
        await asyncio.gather(*(it.stop() for it in {self._databases, self._brokers}))

    @property
    def database_url(self) -> str:
        return self._databases.addresses()["DATABASE_URL"]

    @property
    def redis_url(self) -> str:
        return self._brokers.addresses()["REDIS_URL"]


class Chaos:
    """One scenario at work.

    Args:
        ground: the servers.
        arena: the system on them.
    """

    def __init__(self, ground: Ground, arena: Arena) -> None:
        self.ground = ground
        self.arena = arena
        self.random = random.Random(os.environ.get("CHAOS_SEED", "1"))
        self.accepted: set[UUID] = set()
        self._began = time.monotonic()

    def note(self, what: str) -> None:
        """Record an action; pytest shows the record when the scenario fails."""
        print(f"{time.monotonic() - self._began:7.2f} s  {what}")  # noqa: T201 - the record

    async def start(self, units: int = 2, *, schedulers: int = 1, threads: int = 8) -> None:
        """Start units and schedulers under the supervisor."""
        for _ in range(schedulers):
            await self.arena.start("scheduler")
        options = ("--threads", str(threads))
        await asyncio.gather(*(self.arena.start("worker", *options) for _ in range(units)))
        self.note(f"{units} units, {schedulers} schedulers")

    # --- load

    async def submit(
        self, n: int, type: str = "effect", payload: Any = None, **fields: Any
    ) -> None:
        """Submit `n` jobs in bulk and remember what was accepted."""
        asked = [order(type, payload, **fields) for _ in range(n)]
        done = await submit.submit_many(self.arena.deps, asked, self.arena.by, atomic=False)
        self.accepted |= {it.job.id for it in done if isinstance(it, Submitted)}

    async def submit_one(self, type: str = "effect", payload: Any = None, **fields: Any) -> UUID:
        job_id = await self.arena.submit(type, payload, **fields)
        self.accepted.add(job_id)
        return job_id

    # --- faults

    async def kill_a_unit(self) -> None:
        unit = self.random.choice(self.arena.supervisor.of("worker"))
        self.note(f"kill -9 unit {unit.pid}")
        unit.send(signal.SIGKILL)

    @asynccontextmanager
    async def frozen(self, unit: Process) -> AsyncGenerator[None]:
        self.note(f"freeze unit {unit.pid}")
        unit.send(signal.SIGSTOP)
        try:
            yield
        finally:
            self.note(f"thaw unit {unit.pid}")
            unit.send(signal.SIGCONT)

    async def flush_redis(self) -> None:
        self.note("FLUSHALL")
        await self.arena.deps.redis.flushall()

    async def restart_redis_without_data(self, away: float) -> None:
        self.note("Redis ends")
        await self.ground.valkey.stop()
        await asyncio.sleep(away)
        await self.ground.valkey.start()
        self.note("Redis is back, empty")

    async def stall_redis(self, seconds: float) -> None:
        server = self.ground.valkey.residents()[0]
        self.note(f"Redis stalls for {seconds} s")
        server.suspend()
        try:
            await asyncio.sleep(seconds)
        finally:
            server.resume()
            self.note("Redis goes on")

    async def crash_postgres(self, away: float) -> None:
        self.note("PostgreSQL: immediate stop")
        server = self.ground.postgres.residents()[0]
        server.send_signal(signal.SIGQUIT)
        await asyncio.to_thread(psutil.wait_procs, [server], 20)
        await asyncio.sleep(away)
        await self.ground.postgres.start()
        self.note("PostgreSQL is back")

    # --- the end

    async def drained(self, within: float = DRAIN_SECONDS) -> None:
        """Wait until every accepted job has ended, without further faults."""
        began = time.monotonic()

        async def look() -> bool:
            left = await self.arena.db.fetch(
                f"SELECT status, count(*) FROM jobs WHERE {UNFINISHED} GROUP BY status"
            )
            assert not left, [tuple(row) for row in left]
            return True

        await eventually(look, within=within, every=0.1)
        self.note(f"drained in {time.monotonic() - began:.1f} s")

    async def check(self, *, but: tuple[str, ...] = ()) -> None:
        """I1 to I9, I11 and the house's own; `but` names checks that a scenario may break."""
        db = self.arena.db
        known = {row["id"] for row in await db.fetch("SELECT id FROM jobs")}
        assert known == self.accepted  # I1: none is missing; I2: none is unexpected
        async with self.arena.deps.db.connect() as connection:
            assert await broken(connection) == {}
        for name, query in AFTER.items():
            if name not in but:
                assert await db.fetch(query) == [], name

    async def check_rest(self, dead: int = 0) -> None:
        """I14: nothing is left behind once the processes have ended."""
        await self.arena.supervisor.stop()
        redis = self.arena.deps.redis
        async for key in redis.scan_iter("taskforge:__acks__*"):
            raise AssertionError(f"{key} still has {await redis.smembers(key)}")
        buried = 0
        async for key in redis.scan_iter("taskforge:*.XQ"):
            buried += await redis.zcard(key)
        assert buried == dead

        async def left() -> bool:
            return not await self.arena.db.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'taskforge'"
                " AND pid <> pg_backend_pid() AND state <> 'idle'"
            )

        await eventually(left)

    async def tally(self) -> Counter[str]:
        rows = await self.arena.db.fetch("SELECT status, count(*) AS n FROM jobs GROUP BY status")
        return Counter({row["status"]: row["n"] for row in rows})

    async def tell_stories(self) -> None:
        """Print the story of every job that took more than one attempt."""
        rows = await self.arena.db.fetch(
            "SELECT e.* FROM job_events e JOIN jobs j ON j.id = e.job_id WHERE j.attempt > 1"
            " ORDER BY e.job_id, e.version"
        )
        for row in rows:
            self.note(
                f"{row['job_id']} {row['version']} {row['at']:%H:%M:%S.%f} {row['event']}"
                f" attempt {row['attempt']} by {row['actor']} {row['data'] or ''}"
            )

    async def runs(self) -> int:
        """How often a handler with an effect began."""
        return await self.arena.db.fetchval("SELECT count(*) FROM effects WHERE phase = 'start'")


@asynccontextmanager
async def open_chaos(ground: Ground, folder: Path, **chosen: str) -> AsyncGenerator[Chaos]:
    """An empty system on the ground; `chosen` are settings as in the environment."""
    async with open_arena(ground.database_url, ground.redis_url, folder, **chosen) as arena:
        await arena.db.execute(TABLE)
        tables = "jobs, job_details, job_tags, job_results, job_events, job_attempts, job_logs"
        counters = "job_deltas, job_counts, job_minutes, idempotency_keys, workers, effects, facts"
        await arena.db.execute(f"TRUNCATE {tables}, {counters}, schedules, schedule_fires")
        yield Chaos(ground, arena)
