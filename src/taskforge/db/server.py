"""PostgreSQL itself: what it is, how large, how busy, and at which revision its tables are."""

import time

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


def pool_use(db: AsyncEngine) -> PoolUse:
    """How busy the connections of this process are; asks nobody."""
    pool = db.pool
    if not isinstance(pool, QueuePool):
        return PoolUse(in_use=0, size=0)
    return PoolUse(in_use=pool.checkedout(), size=pool.size())
