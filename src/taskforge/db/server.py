"""PostgreSQL itself: what it is, how large, how busy, and at which revision its tables are."""

import time
from datetime import datetime

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.pool import QueuePool

_TABLE = text("SELECT to_regclass('alembic_version')::text")
_REVISION = text("SELECT version_num FROM alembic_version")
_FACTS = text("""
SELECT current_setting('server_version') AS version,
    pg_database_size(current_database()) AS size_bytes,
    current_setting('max_connections')::integer AS max_connections,
    (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS connections
""")

_CARE = text("""
SELECT current_setting('server_version') AS version,
    current_setting('server_version_num')::integer AS version_number,
    clock_timestamp() AS now,
    array(SELECT name FROM pg_settings WHERE setting = 'off'
        AND name IN ('fsync', 'full_page_writes', 'synchronous_commit')
        ORDER BY name)::text[] AS careless
""")


class DatabaseFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What PostgreSQL tells of itself."""

    seconds: float
    """How long it took to answer."""
    version: str
    revision: str | None
    """That the tables are at."""
    size_bytes: int
    """Of this database, with its indexes."""
    connections: int
    """Open on the whole server."""
    max_connections: int


class DatabaseCare(msgspec.Struct, frozen=True, kw_only=True):
    """How well PostgreSQL keeps what it is given."""

    version: str
    version_number: int
    """Such as 180001 for 18.1."""
    revision: str | None
    """That the tables are at."""
    now: datetime
    careless: list[str]
    """Settings that are off and should not be: without them a crash loses what was committed."""


class PoolUse(msgspec.Struct, frozen=True, kw_only=True):
    """Connections of one API process."""

    in_use: int
    size: int
    """Most that it opens."""


async def revision(connection: AsyncConnection) -> str | None:
    """The revision that the tables are at; None when there are none."""
    table = await connection.scalar(_TABLE)
    return await connection.scalar(_REVISION) if table else None


async def database_facts(connection: AsyncConnection) -> DatabaseFacts:
    """What PostgreSQL tells of itself; at a cost that no number of rows changes."""
    started = time.perf_counter()
    told = (await connection.execute(_FACTS)).mappings().one()
    seconds = round(time.perf_counter() - started, 4)
    return DatabaseFacts(**told, seconds=seconds, revision=await revision(connection))


async def database_care(connection: AsyncConnection) -> DatabaseCare:
    """How well PostgreSQL keeps what it is given."""
    told = (await connection.execute(_CARE)).mappings().one()
    return DatabaseCare(**told, revision=await revision(connection))


def pool_use(db: AsyncEngine) -> PoolUse:
    """How busy the connections of this process are; asks nobody."""
    pool = db.pool
    if not isinstance(pool, QueuePool):
        return PoolUse(in_use=0, size=0)
    return PoolUse(in_use=pool.checkedout(), size=pool.size())
