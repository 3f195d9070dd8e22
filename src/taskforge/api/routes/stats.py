"""What the dashboard counts and draws; at constant cost (R-84)."""

from typing import Annotated

from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from taskforge.api.auth import needs
from taskforge.api.figures import Figures
from taskforge.api.schemas import Summary
from taskforge.core.people import Permission
from taskforge.core.priority import Priority
from taskforge.core.statistics import Timeseries
from taskforge.db.charts import MAX_MINUTES, Chart
from taskforge.db.job_filters import WORD_PATTERN

READ = [needs(Permission.READ)]


@get("/jobs/metrics/summary", operation_id="getSummary", summary="Count jobs", guards=READ)
async def summary(figures: NamedDependency[Figures]) -> Summary:
    """Exact counts, with every status, type and priority; mean and quantiles of the last hour."""
    return await figures.summary()


@get("/jobs/metrics/timeseries", operation_id="getTimeseries", summary="Draw what happened",
     guards=READ)  # fmt: skip
async def timeseries(
    figures: NamedDependency[Figures],
    minutes: Annotated[
        int,
        QueryParameter(
            ge=1,
            le=MAX_MINUTES,
            description="How far back: up to 4 hours by the minute, up to 24 by ten minutes, up to"
            " 7 days by the hour.",
        ),
    ] = 60,
    minutes_ago: Annotated[
        int,
        QueryParameter(
            ge=0,
            le=MAX_MINUTES,
            description="When it ends, for a look at an earlier day: 1440 is yesterday.",
        ),
    ] = 0,
    type: Annotated[
        str | None,
        QueryParameter(
            min_length=1, max_length=64, pattern=WORD_PATTERN, description="Jobs of this type."
        ),
    ] = None,
    priority: Annotated[
        Priority | None, QueryParameter(description="Jobs of this priority.")
    ] = None,
) -> Timeseries:
    """Spans without a gap, oldest first; at most 5 seconds old.

    The cost does not depend on how far back it reaches.
    """
    return await figures.chart(Chart(minutes, minutes_ago, type, priority))


router = Router("/", route_handlers=[summary, timeseries], tags=["jobs"])
