"""What the counters say: the summary, and the buckets of the charts."""

from datetime import datetime
from typing import NamedTuple

import msgspec

from taskforge.core.priority import Priority
from taskforge.core.states import JobStatus


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """Two quantiles in seconds, within 7.5 %; null where nothing happened."""

    p50: float | None
    p95: float | None


class JobCounts(NamedTuple):
    """How many jobs there are."""

    total: int
    by_status: dict[JobStatus, int]
    by_type: dict[str, int]
    by_priority: dict[Priority, int]
    at: datetime


class LastHour(NamedTuple):
    """How things went lately."""

    avg_duration_seconds: float | None
    """Mean run time of the attempts that ended a job in the last 60 minutes."""
    duration_seconds: Spread
    """Of the same attempts."""
    wait_seconds: Spread
    """From due to started, of the attempts that started in the last 60 minutes."""
    throughput_per_minute: float
    """Jobs that ended, averaged over the last 5 full minutes."""


class Slice(msgspec.Struct, frozen=True, kw_only=True):
    """What happened in one span of a chart."""

    at: datetime
    """Where the span begins."""
    submitted: int = 0
    started: int = 0
    succeeded: int = 0
    failed: int = 0
    dead_letter: int = 0
    cancelled: int = 0
    retried: int = 0
    wait_seconds: Spread = Spread(p50=None, p95=None)
    duration_seconds: Spread = Spread(p50=None, p95=None)


class Timeseries(msgspec.Struct, frozen=True, kw_only=True):
    """Spans without a gap, oldest first; the last one is still under way."""

    step_seconds: int
    items: list[Slice]
