"""The charts: what happened in each minute, in each ten, or in each hour."""

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.priority import Priority
from taskforge.core.spans import NO_TIME
from taskforge.core.states import FINAL, JobStatus
from taskforge.core.statistics import Slice, Timeseries
from taskforge.db.counts import MINUTES, SPANS, spread

MAX_MINUTES: Final = 7 * 24 * 60
_STEPS: Final = {4 * 60: 1, 24 * 60: 10, MAX_MINUTES: 60}
"""Minutes of a span, by the longest chart that has it: no chart has more than 240 of them."""

_FIELDS: Final = {
    "submitted": "submitted",
    JobStatus.RUNNING: "started",
    JobStatus.SUCCESS: "succeeded",
    JobStatus.FAILED: "failed",
    JobStatus.DEAD_LETTER: "dead_letter",
    JobStatus.CANCELLED: "cancelled",
    JobStatus.RETRYING: "retried",
}


class Chart(NamedTuple):
    """What to draw."""

    minutes: int
    """How much, 1 to MAX_MINUTES; rounded up to whole spans."""
    minutes_ago: int = 0
    """When it ends; the span of that moment is the last."""
    type: str | None = None
    """None: of all types."""
    priority: Priority | None = None
    """None: of all priorities."""


def _chart_of(source: str) -> TextClause:
    return text(f"""
WITH chart AS MATERIALIZED (
    SELECT s.step, s.length, date_bin(s.step, statement_timestamp() - s.ago, 'epoch') AS last
    FROM (SELECT :minutes * interval '1 minute' AS step, :length * interval '1 minute' AS length,
                 :ago * interval '1 minute' AS ago) AS s
)
SELECT date_bin((SELECT step FROM chart), m.minute, 'epoch') AS at, m.status,
       CASE WHEN m.status = ANY(:timed) THEN m.bucket ELSE {NO_TIME} END AS bucket,
       sum(m.n)::bigint AS n
FROM {source} AS m
WHERE m.minute >= (SELECT last + step - length FROM chart)
  AND m.minute < (SELECT last + step FROM chart) AND m.status = ANY(:statuses)
  AND (CAST(:type AS text) IS NULL OR m.type = :type)
  AND (CAST(:rank AS smallint) IS NULL OR m.priority = :rank)
GROUP BY 1, 2, 3
UNION ALL
SELECT last, 'now', {NO_TIME}, 0 FROM chart
""")


_BY_MINUTE, _BY_SPAN = _chart_of(MINUTES), _chart_of(SPANS)


async def timeseries(connection: AsyncConnection, chart: Chart) -> Timeseries:
    """What happened, the span of the end included."""
    minutes = next(step for longest, step in _STEPS.items() if chart.minutes <= longest)
    length = minutes * -(chart.minutes // -minutes)
    values = {
        "minutes": minutes,
        "length": length,
        "ago": chart.minutes_ago,
        "type": chart.type,
        "rank": None if chart.priority is None else chart.priority.rank,
        "statuses": list(_FIELDS),
        "timed": [JobStatus.RUNNING, *FINAL],
    }
    last: datetime | None = None
    tallies: defaultdict[datetime, _Tally] = defaultdict(_Tally)
    for row in await connection.execute(_BY_MINUTE if minutes == 1 else _BY_SPAN, values):
        if row.status == "now":
            last = row.at
        else:
            tallies[row.at].add(row.status, row.bucket, row.n)
    if last is None:  # the statement always says
        raise RuntimeError("the time series has no end")
    step = timedelta(minutes=minutes)
    starts = [last - step * back for back in reversed(range(length // minutes))]
    return Timeseries(step_seconds=minutes * 60, items=[tallies[at].slice(at) for at in starts])


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
