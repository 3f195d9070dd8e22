"""Counters: maintained, never counted (R-84).

Every move appends rows to `job_deltas` in its own statement: `n` jobs left one status and entered
another, after the time they had spent in it (`bucket` of each, `seconds` of all together).
Appending makes no row hot. `roll_up` folds deltas into `job_counts` (how many jobs there are),
`job_minutes` (what happened when) and `job_spans` (the same, coarser). Readers add what is folded
and what is not in one statement, that is in one snapshot, so they see every delta exactly once,
whatever a roll-up does meanwhile.

A job that changes its priority leaves under the old one, and leaves a negative number of times
under the new one: so it is in the counts, and neither a birth nor an entry that rates would show.

In `job_minutes`, status `running` carries waits and every other status run times. The pseudo-status
`submitted` counts births, which are also counted under the status they entered.
"""

from collections import Counter
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.priority import BY_RANK, Priority
from taskforge.core.spans import NO_TIME, quantile
from taskforge.core.states import FINAL, JobStatus
from taskforge.core.statistics import JobCounts, LastHour, Spread

ROLL_UP_LOCK: Final = 7_436_229_351
"""Advisory lock of the one roll-up at a time."""

RATE_MINUTES: Final = 5
"""Full minutes that rates are averaged over."""

_ROLL_UP = text("""
WITH picked AS MATERIALIZED (
    -- One at a time is for thrift; the row locks alone would keep it exact.
    SELECT ctid FROM job_deltas WHERE (SELECT pg_try_advisory_xact_lock(:lock))
    LIMIT :limit FOR UPDATE SKIP LOCKED
),
gone AS (
    DELETE FROM job_deltas WHERE ctid = ANY(ARRAY(SELECT ctid FROM picked)) RETURNING *
),
counted AS (
    INSERT INTO job_counts AS c (type, priority, status, n)
    SELECT type, priority, status, sum(n) FROM (
        SELECT type, priority, left_status AS status, -n AS n FROM gone
        UNION ALL SELECT type, priority, entered_status, n FROM gone) AS sides
    WHERE status IS NOT NULL
    GROUP BY type, priority, status HAVING sum(n) <> 0
    ORDER BY type, priority, status
    ON CONFLICT (type, priority, status) DO UPDATE SET n = c.n + EXCLUDED.n
),
entries AS MATERIALIZED (
    SELECT minute, type, priority, status, bucket, sum(n) AS n, sum(seconds) AS seconds FROM (
        SELECT minute, type, priority, entered_status AS status, bucket, n, seconds FROM gone
        UNION ALL SELECT minute, type, priority, 'submitted', -1, n, 0 FROM gone
        WHERE left_status IS NULL) AS entries
    WHERE status IS NOT NULL
    GROUP BY minute, type, priority, status, bucket
),
dated AS (
    INSERT INTO job_minutes AS m (minute, type, priority, status, bucket, n, seconds)
    SELECT minute, type, priority, status, bucket, n, seconds FROM entries
    ORDER BY minute, type, priority, status, bucket
    ON CONFLICT (minute, type, priority, status, bucket)
        DO UPDATE SET n = m.n + EXCLUDED.n, seconds = m.seconds + EXCLUDED.seconds
),
spanned AS (
    INSERT INTO job_spans AS s (minutes, at, type, priority, status, bucket, n)
    SELECT w.minutes, date_bin(w.minutes * interval '1 minute', minute, 'epoch') AS at, type,
           priority, status, bucket, sum(n)
    FROM entries CROSS JOIN (VALUES (10), (60)) AS w (minutes)
    GROUP BY w.minutes, 2, type, priority, status, bucket
    ORDER BY w.minutes, 2, type, priority, status, bucket
    ON CONFLICT (minutes, at, type, priority, status, bucket) DO UPDATE SET n = s.n + EXCLUDED.n
)
SELECT count(*) FROM gone
""")

STANDING: Final = """
standing AS MATERIALIZED (
    SELECT type, priority, status, sum(n)::bigint AS n FROM (
        SELECT type, priority, status, n FROM job_counts
        UNION ALL SELECT type, priority, left_status, -n FROM job_deltas
        UNION ALL SELECT type, priority, entered_status, n FROM job_deltas) AS sides
    WHERE status IS NOT NULL GROUP BY type, priority, status HAVING sum(n) <> 0
)"""
"""A step of a statement: how many jobs there are, exactly."""

_UNFOLDED = """
    UNION ALL SELECT minute, type, priority, entered_status, bucket, n, seconds FROM job_deltas
    WHERE entered_status IS NOT NULL
    UNION ALL SELECT minute, type, priority, 'submitted', -1, n, 0 FROM job_deltas
    WHERE left_status IS NULL"""
MINUTES: Final = f"""(
    SELECT minute, type, priority, status, bucket, n, seconds FROM job_minutes{_UNFOLDED})"""
"""A table expression: what happened in which minute, folded or not."""
SPANS: Final = f"""(
    SELECT at AS minute, type, priority, status, bucket, n, NULL::float8 AS seconds FROM job_spans
    WHERE minutes = :minutes{_UNFOLDED})"""
"""The same by spans of so many minutes, 10 or 60; what is not folded yet, by the minute."""

THIS_MINUTE: Final = "date_trunc('minute', statement_timestamp())"

_COUNTS = text(f"""
WITH {STANDING}
SELECT at, type, priority, status, n
FROM (SELECT statement_timestamp() AS at) AS clock LEFT JOIN standing ON true
""")

_HOUR = text(f"""
SELECT CASE status WHEN 'running' THEN 'wait' ELSE 'run' END AS kind, bucket,
       sum(n)::bigint AS n, sum(seconds) AS seconds
FROM {MINUTES} AS m
WHERE minute >= {THIS_MINUTE} - interval '60 minutes' AND status = ANY(:timed) AND bucket >= 0
GROUP BY 1, 2
UNION ALL
SELECT 'ended', {NO_TIME}, coalesce(sum(n), 0)::bigint, 0
FROM {MINUTES} AS m
WHERE minute >= {THIS_MINUTE} - {RATE_MINUTES} * interval '1 minute' AND minute < {THIS_MINUTE}
  AND status = ANY(:final)
""")

_RECOUNT = (
    text("SELECT pg_advisory_xact_lock(:lock)").bindparams(lock=ROLL_UP_LOCK),
    # No move is under way once this is granted, and none starts before the transaction ends.
    text("LOCK TABLE jobs IN SHARE MODE"),
    _ROLL_UP.bindparams(lock=ROLL_UP_LOCK, limit=None),
    text("DELETE FROM job_counts"),
    text("""
        INSERT INTO job_counts (type, priority, status, n)
        SELECT type, priority, status, count(*) FROM jobs GROUP BY type, priority, status
    """),
)


async def roll_up(connection: AsyncConnection, *, limit: int = 10_000) -> int:
    """Fold up to `limit` deltas into the totals and the minutes, in one statement.

    Any number may call it at once: one works, the others find nothing to do.

    Returns:
        How many deltas were folded; below `limit` there is nothing left for now.
    """
    values = {"limit": limit, "lock": ROLL_UP_LOCK}
    return (await connection.execute(_ROLL_UP, values)).scalar_one()


async def job_counts(connection: AsyncConnection) -> JobCounts:
    """Exact counts of the jobs there are, at a cost that no table's size changes.

    A type appears once it has had jobs; statuses and priorities all do.
    """
    rows = (await connection.execute(_COUNTS)).all()
    by_status = dict.fromkeys(JobStatus, 0)
    by_priority = dict.fromkeys(BY_RANK, 0)
    by_type: Counter[str] = Counter()
    for row in rows:
        if row.type is not None:
            by_status[JobStatus(row.status)] += row.n
            by_priority[BY_RANK[row.priority]] += row.n
            by_type[row.type] += row.n
    return JobCounts(
        total=by_type.total(),
        by_status=by_status,
        by_type=dict(sorted(by_type.items())),
        by_priority=by_priority,
        at=rows[0].at,
    )


async def standing(connection: AsyncConnection) -> dict[tuple[str, Priority, JobStatus], int]:
    """Exact counts by type, priority and status, at the same cost; what is not there is absent."""
    rows = (await connection.execute(_COUNTS)).all()
    return {
        (row.type, BY_RANK[row.priority], JobStatus(row.status)): row.n
        for row in rows
        if row.type is not None
    }


async def last_hour(connection: AsyncConnection) -> LastHour:
    """How the last 60 minutes went, the current one included; throughput is of full minutes."""
    values = {"timed": [JobStatus.RUNNING, *sorted(FINAL)], "final": sorted(FINAL)}
    rows = (await connection.execute(_HOUR, values)).all()
    waits = Counter({row.bucket: row.n for row in rows if row.kind == "wait"})
    runs = Counter({row.bucket: row.n for row in rows if row.kind == "run"})
    seconds = sum(row.seconds for row in rows if row.kind == "run")
    ended = sum(row.n for row in rows if row.kind == "ended")
    return LastHour(
        avg_duration_seconds=seconds / runs.total() if runs else None,
        duration_seconds=spread(runs),
        wait_seconds=spread(waits),
        throughput_per_minute=ended / RATE_MINUTES,
    )


async def recount(connection: AsyncConnection) -> None:
    """Count the jobs anew, while no job can move: for an operator who doubts the counters.

    Args:
        connection: in a transaction, which holds the moves up until it ends.
    """
    for statement in _RECOUNT:
        await connection.execute(statement)


def spread(histogram: Counter[int]) -> Spread:
    """Median and 95th percentile of a histogram of `core.spans` buckets."""
    return Spread(p50=quantile(histogram, 0.5), p95=quantile(histogram, 0.95))
