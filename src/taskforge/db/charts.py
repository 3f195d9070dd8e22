"""The charts: what happened in each minute, or in each five."""

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.spans import NO_TIME
from taskforge.core.states import FINAL, JobStatus
from taskforge.core.statistics import Slice, Timeseries
from taskforge.db.counts import MINUTES, spread

MAX_MINUTES: Final = 24 * 60
FINE_MINUTES: Final = 6 * 60
"""Up to here a chart has a point per minute, above one per five."""

_FIELDS: Final = {
    "submitted": "submitted",
    JobStatus.RUNNING: "started",
    JobStatus.SUCCESS: "succeeded",
    JobStatus.FAILED: "failed",
    JobStatus.DEAD_LETTER: "failed",
    JobStatus.CANCELLED: "cancelled",
    JobStatus.RETRYING: "retried",
}

_TIMESERIES = text(f"""
WITH chart AS MATERIALIZED (
    SELECT s.step, date_bin(s.step, statement_timestamp(), 'epoch') AS last, s.length
    FROM (SELECT CAST(:step AS interval) AS step, CAST(:length AS interval) AS length) AS s
)
SELECT date_bin((SELECT step FROM chart), m.minute, 'epoch') AS at, m.status,
       CASE WHEN m.status = ANY(:timed) THEN m.bucket ELSE {NO_TIME} END AS bucket,
       sum(m.n)::bigint AS n
FROM {MINUTES} AS m
WHERE m.minute >= (SELECT last + step - length FROM chart) AND m.status = ANY(:statuses)
GROUP BY 1, 2, 3
UNION ALL
SELECT last, 'now', {NO_TIME}, 0 FROM chart
""")


async def timeseries(connection: AsyncConnection, *, minutes: int) -> Timeseries:
    """What happened in the last `minutes`, the current one included.

    Args:
        connection: any.
        minutes: 1 to MAX_MINUTES; rounded up to whole steps.
    """
    step = timedelta(minutes=1 if minutes <= FINE_MINUTES else 5)
    length = step * -(timedelta(minutes=-minutes) // step)
    values = {
        "step": step,
        "length": length,
        "statuses": list(_FIELDS),
        "timed": [JobStatus.RUNNING, *FINAL],
    }
    last: datetime | None = None
    tallies: defaultdict[datetime, _Tally] = defaultdict(_Tally)
    for row in await connection.execute(_TIMESERIES, values):
        if row.status == "now":
            last = row.at
        else:
            tallies[row.at].add(row.status, row.bucket, row.n)
    if last is None:  # the statement always says
        raise RuntimeError("the time series has no end")
    starts = [last - step * back for back in reversed(range(length // step))]
    return Timeseries(
        step_seconds=int(step.total_seconds()), items=[tallies[at].slice(at) for at in starts]
    )


class _Tally:
    """Counts of one span while they come in."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._waits: Counter[int] = Counter()
        self._runs: Counter[int] = Counter()

    def add(self, status: str, bucket: int, n: int) -> None:
        self._counts[_FIELDS[status]] += n
        if bucket == NO_TIME:
            return
        if status == JobStatus.RUNNING:
            self._waits[bucket] += n
        elif status in FINAL:
            self._runs[bucket] += n

    def slice(self, at: datetime) -> Slice:
        return Slice(
            at=at,
            **self._counts,
            wait_seconds=spread(self._waits),
            duration_seconds=spread(self._runs),
        )
