"""Migrations beside a service that works: they wait for nobody long, and nobody for them (R-93)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import asyncpg
import msgspec
import pytest

from support.waiting import eventually
from taskforge.config import Settings
from taskforge.core.errors import Unavailable
from taskforge.db.migrate import current, migrate
from taskforge.db.revisions import head
from taskforge.local.schema import bring_up_to_date

BEFORE = "0019"
"""The revision after it makes an index on `job_results`, which every outcome writes to."""
WRITES = "LOCK TABLE job_results IN ROW EXCLUSIVE MODE"
WAITS = """
SELECT count(*) FROM pg_locks
WHERE relation = 'job_results'::regclass AND mode = 'ShareLock' AND NOT granted
"""


@pytest.fixture
async def behind(settings: Settings, make_database: Callable[..., Awaitable[str]]) -> Settings:
    """Settings for a database of the release before."""
    it = msgspec.structs.replace(settings, database_url=await make_database(empty=True))
    await migrate(it, BEFORE)
    return it


@asynccontextmanager
async def writing(settings: Settings) -> AsyncIterator[asyncpg.Connection]:
    """A transaction that has written what the migration wants to change, and does not end."""
    connection = await asyncpg.connect(settings.database_url)
    try:
        async with connection.transaction():
            await connection.execute(WRITES)
            yield connection
    finally:
        await connection.close()


async def test_who_comes_while_a_migration_waits_for_a_lock_gets_through(behind: Settings):
    async with writing(behind) as rival:
        migration = asyncio.create_task(migrate(behind))
        await eventually(lambda: rival.fetchval(WAITS))

        async with writing(
            behind
        ):  # PostgreSQL queues it behind the migration, until that gives up
            assert not migration.done()

    await migration
    assert await current(behind) == head()


async def test_a_lock_that_is_never_free_is_told_and_leaves_everything_as_it_was(behind: Settings):
    async with writing(behind):
        with pytest.raises(Unavailable, match="pg_stat_activity tells which"):
            await bring_up_to_date(behind, patience=0.1)

    assert await current(behind) == BEFORE
