"""How failures get into their groups: appended with each outcome, added up by a duty.

The statements that end attempts, queue jobs again and delete them append to `failure_deltas`, one
row for all of a batch that are alike: thousands of jobs that fail together wait for nothing but
their own rows. `gather` adds the deltas up in the order in which they were appended: what a job
takes back comes after what it added.
"""

from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.failure_group import HOURS
from taskforge.core.fingerprint import LOOKED_AT

GATHER_LOCK: Final = 7_436_229_352
"""Advisory lock of the one that gathers at a time."""

_STAYS: Final = "('failed', 'dead_letter')"

BLAME: Final = f""",
blamed AS (
    INSERT INTO failure_deltas
        (at, n, still, queues, fingerprint, type, error_class, kind, message, job_id)
    SELECT max(at), count(*), count(*) FILTER (WHERE status IN {_STAYS}),
           bit_or((1 << priority)::smallint), fingerprint, min(type), min(error ->> 'class'),
           min(error ->> 'kind'),
           (array_agg(left(error ->> 'message', {LOOKED_AT}) ORDER BY id DESC))[1],
           (array_agg(id ORDER BY id DESC))[1]
    FROM (SELECT *, error ->> 'fingerprint' AS fingerprint FROM moved) AS m
    WHERE fingerprint IS NOT NULL
    GROUP BY fingerprint
)
"""
"""A step after `moved`, which has the `error` of each attempt: these failed."""

_EASED: Final = """
    INSERT INTO failure_deltas (at, n, still, queues, fingerprint)
    SELECT clock_timestamp(), 0, -count(*), 0, fingerprint FROM ({left}) AS l
    WHERE fingerprint IS NOT NULL GROUP BY fingerprint
"""
EASE: Final = (
    ",\neased AS ("
    + _EASED.format(
        left=f"""
    SELECT r.error ->> 'fingerprint' AS fingerprint
    FROM moved m CROSS JOIN LATERAL (
        SELECT error FROM job_results WHERE job_id = m.id OFFSET 0) AS r
    WHERE m.left_status IN {_STAYS}"""
    )
    + ")\n"
)
"""A step after `moved`: those that had failed have not any more."""


def eased_by(gone: str) -> str:
    """The same for jobs that are deleted.

    Args:
        gone: a step that has their last `status`, and the `fingerprint` of their error.
    """
    left = f"SELECT fingerprint FROM {gone} WHERE status IN {_STAYS}"
    return f"eased AS ({_EASED.format(left=left)})"


_GATHER = text("""
WITH picked AS MATERIALIZED (
    SELECT id FROM failure_deltas WHERE (SELECT pg_try_advisory_xact_lock(:lock))
    ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED
),
gone AS (
    DELETE FROM failure_deltas WHERE id = ANY(ARRAY(SELECT id FROM picked)) RETURNING *
),
sums AS MATERIALIZED (
    SELECT fingerprint, sum(n) AS n, sum(still) AS still, bit_or(queues) AS queues,
           min(at) FILTER (WHERE n > 0) AS first_seen, max(at) FILTER (WHERE n > 0) AS last_seen
    FROM gone GROUP BY fingerprint
),
newest AS (
    SELECT DISTINCT ON (fingerprint) fingerprint, type, error_class, kind, message, job_id
    FROM gone WHERE n > 0 ORDER BY fingerprint, at DESC, id DESC
),
grouped AS (
    INSERT INTO failure_groups AS g (fingerprint, type, error_class, kind, message, job_id, total,
                                     still_failed, queues, first_seen, last_seen)
    SELECT fingerprint, type, error_class, kind, message, job_id, n, still, queues, first_seen,
           last_seen
    FROM sums JOIN newest USING (fingerprint) ORDER BY fingerprint
    ON CONFLICT (fingerprint) DO UPDATE SET
        message = EXCLUDED.message, job_id = EXCLUDED.job_id, total = g.total + EXCLUDED.total,
        still_failed = g.still_failed + EXCLUDED.still_failed, queues = g.queues | EXCLUDED.queues,
        first_seen = LEAST(g.first_seen, EXCLUDED.first_seen),
        last_seen = GREATEST(g.last_seen, EXCLUDED.last_seen)
),
lessened AS (
    UPDATE failure_groups g SET still_failed = g.still_failed + s.still
    FROM sums s WHERE g.fingerprint = s.fingerprint AND s.n = 0
),
dated AS (
    INSERT INTO failure_hours AS h (fingerprint, hour, n)
    SELECT fingerprint, date_trunc('hour', at, 'UTC'), sum(n) FROM gone WHERE n > 0
    GROUP BY 1, 2 ORDER BY 1, 2
    ON CONFLICT (fingerprint, hour) DO UPDATE SET n = h.n + EXCLUDED.n
)
SELECT count(*) FROM gone
""")
_PRUNE_HOURS = text(f"""
DELETE FROM failure_hours WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM failure_hours
    WHERE hour < statement_timestamp() - interval '{HOURS} hours'
    LIMIT :limit FOR UPDATE SKIP LOCKED))
""")
# A group whose jobs still stand as failed stays, for their sake. What is gathered at this moment is
# locked, and left alone.
_PRUNE = text("""
DELETE FROM failure_groups WHERE fingerprint = ANY(ARRAY(
    SELECT fingerprint FROM failure_groups
    WHERE last_seen < statement_timestamp() - :days * interval '1 day' AND still_failed = 0
    LIMIT :limit FOR UPDATE SKIP LOCKED))
""")


async def gather(connection: AsyncConnection, *, limit: int) -> int:
    """Add up to `limit` deltas up to groups and hours, in one statement.

    Any number may call it at once: one works, the others find nothing to do.

    Returns:
        How many deltas there were; below `limit` there is nothing left for now.
    """
    return (await connection.execute(_GATHER, {"limit": limit, "lock": GATHER_LOCK})).scalar_one()


async def prune_failure_hours(connection: AsyncConnection, *, limit: int) -> int:
    """Delete up to `limit` hours that no list tells any more; how many."""
    return (await connection.execute(_PRUNE_HOURS, {"limit": limit})).rowcount


async def prune_failures(connection: AsyncConnection, *, days: float, limit: int) -> int:
    """Delete up to `limit` groups last seen before so many days, whose jobs are gone; how many."""
    return (await connection.execute(_PRUNE, {"days": days, "limit": limit})).rowcount
