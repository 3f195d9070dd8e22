"""Leases that ran out: which jobs they leave behind, and whether to believe it (R-30 to R-32)."""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.retry import Budget


class Expired(NamedTuple):
    """A running job whose worker has fallen silent."""

    id: UUID
    attempt: int
    worker_id: UUID
    type: str
    budget: Budget


class Health(NamedTuple):
    """What decides whether an expired lease means a dead worker."""

    up_seconds: float
    """How long PostgreSQL has been up."""
    in_recovery: bool
    owners: int
    """Workers that hold leases."""
    silent_owners: int
    """Of these, workers with a lease that ran out."""


_HEALTH = text("""
SELECT EXTRACT(EPOCH FROM clock_timestamp() - pg_postmaster_start_time()), pg_is_in_recovery(),
       count(DISTINCT worker_id),
       count(DISTINCT worker_id) FILTER (WHERE lease_expires_at < clock_timestamp())
FROM jobs WHERE status = 'running'
""")

_EXPIRED = text("""
SELECT id, attempt, worker_id, type, failures, max_retries, crashes, cancel_requested_at IS NOT NULL
FROM jobs
WHERE status = 'running' AND lease_expires_at < clock_timestamp()
  AND (CAST(:only AS uuid) IS NULL OR worker_id = :only)
ORDER BY id LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED
""")

_ONE_SILENT = text("""
SELECT worker_id FROM jobs WHERE status = 'running' AND lease_expires_at < clock_timestamp()
ORDER BY lease_expires_at LIMIT 1
""")


async def health(connection: AsyncConnection) -> Health:
    """How PostgreSQL and the fleet are doing."""
    row = (await connection.execute(_HEALTH)).one()
    return Health(float(row[0]), *row[1:])


async def one_silent_owner(connection: AsyncConnection) -> UUID | None:
    """The worker whose lease ran out first."""
    return await connection.scalar(_ONE_SILENT)


async def lock_expired(
    connection: AsyncConnection, *, limit: int, only: UUID | None = None
) -> list[Expired]:
    """Lock jobs whose lease has run out, in the caller's transaction.

    Args:
        connection: in a transaction that goes on to settle them.
        limit: most jobs.
        only: of this worker alone.
    """
    rows = await connection.execute(_EXPIRED, {"limit": limit, "only": only})
    return [Expired(r[0], r[1], r[2], r[3], Budget(*r[4:])) for r in rows]
