"""What the dashboard counts and draws; at constant cost (R-84)."""

from typing import Annotated, Final

from litestar import Router, get
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter

from taskforge.api.auth import needs
from taskforge.api.schemas import Summary
from taskforge.core.keep import Kept
from taskforge.core.people import Permission
from taskforge.core.statistics import LastHour, Timeseries
from taskforge.db import charts, counts
from taskforge.flows.deps import Deps

KEPT_SECONDS: Final = 5.0
"""Figures of past minutes are read once in so long, however many ask."""

READ = [needs(Permission.READ)]


class Figures:
    """The figures of past minutes, kept for a moment.

    Args:
        deps: what they are read from.
    """

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self.last_hour = Kept(self._last_hour, seconds=KEPT_SECONDS)
        self._charts: dict[int, Kept[Timeseries]] = {}

    def chart(self, minutes: int) -> Kept[Timeseries]:
        """The chart of so many minutes."""

        async def read() -> Timeseries:
            async with self._deps.db.connect() as connection:
                return await charts.timeseries(connection, minutes=minutes)

        return self._charts.setdefault(minutes, Kept(read, seconds=KEPT_SECONDS))

    async def _last_hour(self) -> LastHour:
        async with self._deps.db.connect() as connection:
            return await counts.last_hour(connection)


def provide_figures(state: State, deps: NamedDependency[Deps]) -> Figures:
    """The process's `Figures`, for handlers that name a parameter `figures`."""
    if "figures" not in state:
        state["figures"] = Figures(deps)
    return state["figures"]


@get("/jobs/metrics/summary", operation_id="getSummary", summary="Count jobs", guards=READ)
async def summary(deps: NamedDependency[Deps], figures: NamedDependency[Figures]) -> Summary:
    """Exact counts, with every status, type and priority; mean and quantiles of the last hour."""
    async with deps.db.connect() as connection:
        now = await counts.job_counts(connection)
    hour = await figures.last_hour.get()
    known = dict.fromkeys(deps.registry.names(), 0)
    return Summary(
        total=now.total,
        by_status=now.by_status,
        by_type=known | now.by_type,
        by_priority=now.by_priority,
        **hour._asdict(),
        at=now.at,
    )


@get("/jobs/metrics/timeseries", operation_id="getTimeseries", summary="Draw what happened",
     guards=READ)  # fmt: skip
async def timeseries(
    figures: NamedDependency[Figures],
    minutes: Annotated[
        int,
        QueryParameter(
            ge=1, le=charts.MAX_MINUTES, description="How far back; up to 6 hours by the minute."
        ),
    ] = 60,
) -> Timeseries:
    """Spans without a gap, oldest first; at most 5 seconds old."""
    return await figures.chart(minutes).get()


router = Router(
    "/",
    route_handlers=[summary, timeseries],
    dependencies={"figures": Provide(provide_figures, sync_to_thread=False)},
    tags=["jobs"],
)
