"""Schedules: jobs that come again, by a timetable.

A schedule fires at the moments of its timetable between `starts_at` and `ends_at`. Each moment has
at most one fire, and each fire is remembered with its job or with the reason why it has none.
"""

import hashlib
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from taskforge.core.job import JobTemplate
from taskforge.core.timetable import Timetable, fires

MAX_JITTER_SECONDS = 3_600.0
GRACE_SECONDS = 60.0
"""A fire that comes no later than this is not a missed one (R-63)."""
MAX_CAUGHT_UP = 100
"""Most missed fires that `run_all` makes up for at once (R-63)."""

ScheduleName = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^\S(.*\S)?$")]


class Overlap(StrEnum):
    """What a fire does while a job of its schedule has not ended (R-64)."""

    ALLOW = "allow"
    """It runs beside it."""
    SKIP = "skip"
    """It is left out."""
    QUEUE_ONE = "queue_one"
    """One waits for its end; further ones are left out."""
    CANCEL_PREVIOUS = "cancel_previous"
    """The earlier one is cancelled."""


class Missed(StrEnum):
    """What becomes of moments that passed while no scheduler ran (R-63)."""

    SKIP = "skip"
    RUN_ONCE = "run_once"
    """The last of them is made up for."""
    RUN_ALL = "run_all"
    """Each of the last 100."""


class Plan(Timetable, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When, what and how a schedule fires: what its owner decides."""

    name: ScheduleName
    template: JobTemplate
    overlap: Overlap = Overlap.SKIP
    missed: Missed = Missed.RUN_ONCE
    jitter_seconds: Annotated[float, Meta(ge=0, le=MAX_JITTER_SECONDS)] = 0.0
    """Each fire is late by a part of this, always the same for one moment of one schedule."""
    starts_at: Annotated[datetime, Meta(tz=True)] | None = None
    ends_at: Annotated[datetime, Meta(tz=True)] | None = None
    """No fire at or after it."""


def next_fire(plan: Plan, after: datetime, *, created_at: datetime) -> datetime | None:
    """The first moment later than `after`, in UTC; None when there is none before `ends_at`.

    Args:
        plan: with a timetable that `timetable.check` has passed.
        after: aware.
        created_at: intervals are counted from `starts_at`, or else from here.
    """
    anchor = plan.starts_at or created_at
    if plan.starts_at and plan.starts_at > after:
        after = plan.starts_at - timedelta(microseconds=1)
    at = next(fires(plan, after, anchor=anchor), None)
    return None if at and plan.ends_at and at >= plan.ends_at else at


def due_at(schedule_id: UUID, fire_at: datetime, jitter_seconds: float) -> datetime:
    """When a moment's fire is made: the same on every scheduler, and spread over the jitter."""
    digest = hashlib.blake2b(
        schedule_id.bytes + fire_at.isoformat().encode(), digest_size=8
    ).digest()
    return fire_at + timedelta(seconds=jitter_seconds * int.from_bytes(digest) / 2**64)
