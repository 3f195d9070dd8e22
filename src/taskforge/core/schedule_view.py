"""What is told of schedules and of the duties of the system."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from taskforge.core.job import JobTemplate
from taskforge.core.schedule import Missed, Overlap
from taskforge.core.states import JobStatus
from taskforge.core.timetable import Fire

LAST_FIRES = 20
COUNTED_FIRES = 1_000
"""As far as what became of fires is counted: it costs the same for every schedule."""


class FireRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A moment of a schedule, and what became of it."""

    fire_at: datetime
    """The moment that the timetable names, or when somebody asked for it."""
    at: datetime
    """When it was dealt with."""
    job_id: UUID | None = None
    """Null when there is none: left out, or held."""
    job_status: JobStatus | None = None
    """Null when there is no job, or it has been deleted since."""
    duration_seconds: float | None = None
    """Run time of the job's last finished attempt; null before it, and when there is no job."""
    skipped: str | None = None
    """Why it was left out."""
    held: bool = False
    """Whether its job waits for the end of the one before it (`queue_one`)."""
    actor: str | None = None
    """Who asked for it; null when the time did."""


class FireCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the last 1,000 moments."""

    jobs: int
    skipped: int
    held: int


class ScheduleItem(msgspec.Struct, frozen=True, kw_only=True):
    """A schedule in a list."""

    id: UUID
    name: str
    type: str
    """Of its jobs."""
    words: str
    """When it fires, in plain English."""
    cron: str | None
    interval_seconds: float | None
    timezone: str
    overlap: Overlap
    missed: Missed
    jitter_seconds: float
    starts_at: datetime | None
    ends_at: datetime | None
    next_fire_at: datetime | None
    """The moment that comes next, were it not paused; null: none any more."""
    due_at: datetime | None
    """The same with its jitter."""
    paused: bool
    paused_at: datetime | None
    paused_by: str | None
    pause_reason: str | None
    last_fire: FireRecord | None
    last_fires: Sequence[FireRecord]
    """The last 20, newest first."""
    created_by: UUID | None
    """Whose its jobs are."""
    created_at: datetime
    updated_at: datetime
    version: int
    """Rises with every change that somebody makes."""


class ScheduleDetail(ScheduleItem, frozen=True, kw_only=True):
    """A schedule with what it makes, what comes and what was."""

    template: JobTemplate
    next_fires: Sequence[Fire]
    """The next ten, were it not paused; days on which clocks are changed are marked."""
    counts: FireCounts
