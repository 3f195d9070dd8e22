"""Deleting ended jobs with all that belongs to them, and other rows whose time is over."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.people import Principal
from taskforge.core.priority import BY_RANK, Priority
from taskforge.core.states import FINAL, JobStatus
from taskforge.db.credentials import ENDED_DAYS
from taskforge.db.failure_deltas import eased_by
from taskforge.db.reach import REACHED, reach_of
from taskforge.db.story import listed

OWNED = (
    "job_details", "job_tags", "job_results", "job_events", "job_attempts", "job_logs",
    "job_artifacts", "job_checkpoints",
)  # fmt: skip
"""Tables whose rows go with their job; they have no foreign keys (see `tables.py`)."""

_DELETE = (
    """
WITH picked AS MATERIALIZED ({picked}),
gone AS (
    DELETE FROM jobs USING picked p WHERE jobs.id = p.id
    RETURNING jobs.id, type, priority, status, version + 1 AS version, clock_timestamp() AS at
),
"""
    + ",\n".join(
        f"d{n} AS (DELETE FROM {table} USING gone g WHERE {table}.job_id = g.id)"
        for n, table in enumerate(OWNED)
        if table != "job_results"
    )
    + """,
unsaid AS (
    DELETE FROM job_results r USING gone g WHERE r.job_id = g.id
    RETURNING g.status, r.error ->> 'fingerprint' AS fingerprint
),
"""
    + eased_by("unsaid")
    + """,
tallied AS (
    INSERT INTO job_deltas (minute, n, seconds, priority, bucket, type, left_status)
    SELECT date_trunc('minute', min(at)), count(*), 0, priority, -1, type, status
    FROM gone GROUP BY priority, type, status
)
SELECT id, type, priority, status, version, at FROM gone
"""
)

_DELETE_IDS = text(
    _DELETE.format(
        picked=f"""
    SELECT id FROM jobs
    WHERE id = ANY(CAST(:ids AS uuid[])) AND status IN {listed(FINAL)} AND {REACHED}
    ORDER BY id FOR UPDATE SKIP LOCKED
"""
    )
)
# Of each status the oldest, by an index of both: what is kept for longer is never looked at. The
# time is the statement's, for an index serves no comparison with a clock that moves on.
_DELETE_OLD = text(
    _DELETE.format(
        picked="""
    SELECT j.id FROM unnest(CAST(:statuses AS text[]), CAST(:days AS float8[])) AS k(status, days)
    CROSS JOIN LATERAL (
        SELECT id FROM jobs
        WHERE status = k.status AND finished_at < statement_timestamp() - k.days * interval '1 day'
        ORDER BY finished_at LIMIT :limit FOR UPDATE SKIP LOCKED) AS j
    LIMIT :limit
"""
    )
)
_PRUNE_KEYS = text("""
DELETE FROM idempotency_keys WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM idempotency_keys WHERE expires_at < statement_timestamp()
    LIMIT :limit FOR UPDATE SKIP LOCKED))
""")
_PRUNE_MINUTES = text("""
DELETE FROM job_minutes WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM job_minutes WHERE minute < statement_timestamp() - :days * interval '1 day'
    LIMIT :limit FOR UPDATE SKIP LOCKED))
""")
_PRUNE_SPANS = text("""
DELETE FROM job_spans WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM job_spans
    WHERE minutes IN (10, 60) AND at < statement_timestamp() - :days * interval '1 day'
    LIMIT :limit FOR UPDATE SKIP LOCKED))
""")
_PRUNE_SESSIONS = text("""
DELETE FROM sessions WHERE id = ANY(ARRAY(
    SELECT id FROM sessions
    WHERE expires_at < statement_timestamp()
      AND (revoked_at IS NULL OR revoked_at < clock_timestamp() - make_interval(days => :days))
    LIMIT :limit FOR UPDATE SKIP LOCKED))
""")


class Deleted(NamedTuple):
    """What was known of a job that is gone."""

    id: UUID
    type: str
    priority: Priority
    status: JobStatus
    version: int
    at: datetime


async def delete_finished(
    connection: AsyncConnection, ids: Sequence[UUID], by: Principal
) -> list[Deleted]:
    """Delete these jobs where they have ended and `by` reaches them; others are not answered."""
    rows = await connection.execute(_DELETE_IDS, {"ids": list(ids), **reach_of(by)})
    return [Deleted(r[0], r[1], BY_RANK[r[2]], JobStatus(r[3]), r[4], r[5]) for r in rows]


async def prune_jobs(
    connection: AsyncConnection, *, days: Mapping[JobStatus, float], limit: int
) -> list[UUID]:
    """Delete up to `limit` jobs that have outlived their time; which.

    What a rival holds, such as one who queues the job again, is left to it.

    Args:
        connection: in autocommit.
        days: how long jobs of a status are kept after their end; those that are absent stay.
        limit: most jobs.
    """
    values = {"statuses": list(days), "days": list(days.values()), "limit": limit}
    return [row[0] for row in await connection.execute(_DELETE_OLD, values)]


async def prune_keys(connection: AsyncConnection, *, limit: int) -> int:
    """Delete up to `limit` idempotency keys that have expired; how many."""
    return (await connection.execute(_PRUNE_KEYS, {"limit": limit})).rowcount


async def prune_minutes(connection: AsyncConnection, *, days: float, limit: int) -> int:
    """Delete up to `limit` rows of statistics older than `days`; how many."""
    return (await connection.execute(_PRUNE_MINUTES, {"days": days, "limit": limit})).rowcount


async def prune_spans(connection: AsyncConnection, *, days: float, limit: int) -> int:
    """Delete up to `limit` rows of coarser statistics older than `days`; how many."""
    return (await connection.execute(_PRUNE_SPANS, {"days": days, "limit": limit})).rowcount


async def prune_sessions(connection: AsyncConnection, *, limit: int) -> int:
    """Delete up to `limit` sessions that have expired, with their refresh tokens; how many.

    Those that were ended stay as long as their owners are told of them.
    """
    values = {"limit": limit, "days": ENDED_DAYS}
    return (await connection.execute(_PRUNE_SESSIONS, values)).rowcount
