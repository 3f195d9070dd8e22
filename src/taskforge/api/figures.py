"""What the dashboard counts and draws, read for all who ask at once."""

from collections import OrderedDict
from typing import Final

from taskforge.api.schemas import Summary
from taskforge.core.keep import Kept
from taskforge.core.statistics import LastHour, Timeseries
from taskforge.db import counts
from taskforge.db.charts import Chart, timeseries
from taskforge.flows.deps import Deps

KEPT_SECONDS: Final = 5.0
"""Figures of past minutes are read once in so long, however many ask."""
KEPT_CHARTS: Final = 64
"""Different charts that are kept; of more, those that nobody has asked for the longest go."""


class Figures:
    """The figures of this process; those of past minutes are kept for a moment.

    Args:
        deps: what they are read from.
    """

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._hour = Kept(self._last_hour, seconds=KEPT_SECONDS)
        self._charts: OrderedDict[Chart, Kept[Timeseries]] = OrderedDict()

    async def summary(self) -> Summary:
        """Counts as they are now, and how the last hour went."""
        async with self._deps.db.connect() as connection:
            now = await counts.job_counts(connection)
        hour = await self._hour.get()
        known = dict.fromkeys(self._deps.registry.names(), 0)
        return Summary(
            total=now.total,
            by_status=now.by_status,
            by_type=known | now.by_type,
            by_priority=now.by_priority,
            **hour._asdict(),
            at=now.at,
        )

    async def chart(self, chart: Chart) -> Timeseries:
        """What happened, span by span."""

        async def read() -> Timeseries:
            async with self._deps.db.connect() as connection:
                return await timeseries(connection, chart)

        kept = self._charts.setdefault(chart, Kept(read, seconds=KEPT_SECONDS))
        self._charts.move_to_end(chart)
        if len(self._charts) > KEPT_CHARTS:
            self._charts.popitem(last=False)
        return await kept.get()

    async def _last_hour(self) -> LastHour:
        async with self._deps.db.connect() as connection:
            return await counts.last_hour(connection)
