"""Schedules: jobs that come again, by a timetable.

A schedule fires at the moments of its timetable between `starts_at` and `ends_at`. Each moment has
at most one fire, and each fire is remembered with its job or with the reason why it has none.
"""

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from taskforge.core import timetable
from taskforge.core.errors import Fault, Invalid
from taskforge.core.job import JobRow, JobTemplate
from taskforge.core.timetable import Cron, IntervalSeconds, Timetable, ZoneName

MAX_JITTER_SECONDS = 3_600.0
GRACE_SECONDS = 60.0
"""A fire that comes no later than this is not a missed one (R-63)."""
MAX_CAUGHT_UP = 100
"""Most missed fires that `run_all` makes up for at once (R-63)."""

YEARS = range(1970, 2200)
"""In which a schedule may start and end."""

# After `$` alone a line break could follow.
_NAME = r"^[^\s\x00-\x1f\x7f]([^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f])?$(?!\n)"
ScheduleName = Annotated[str, Meta(min_length=1, max_length=100, pattern=_NAME)]
JitterSeconds = Annotated[float, Meta(ge=0, le=MAX_JITTER_SECONDS)]
Moment = Annotated[datetime, Meta(tz=True)]


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


class Span(Timetable, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A timetable between two moments."""

    starts_at: Moment | None = None
    """No fire before it (RFC 3339); intervals are counted from here, or else from the creation."""
    ends_at: Moment | None = None
    """No fire at or after it."""


class Plan(Span, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When, what and how a schedule fires: what its owner decides."""

    name: ScheduleName
    template: JobTemplate
    overlap: Overlap = Overlap.SKIP
    missed: Missed = Missed.RUN_ONCE
    jitter_seconds: JitterSeconds = 0.0
    """Each fire is late by a part of this, always the same for one moment of one schedule."""


class PlanChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change of a plan: an absent part stays, null takes away.

    A cron expression takes the place of an interval, and the other way round. The template is
    replaced as a whole.
    """

    name: ScheduleName | UnsetType = UNSET
    template: JobTemplate | UnsetType = UNSET
    cron: Cron | UnsetType | None = UNSET
    interval_seconds: IntervalSeconds | UnsetType | None = UNSET
    timezone: ZoneName | UnsetType = UNSET
    starts_at: Moment | UnsetType | None = UNSET
    ends_at: Moment | UnsetType | None = UNSET
    overlap: Overlap | UnsetType = UNSET
    missed: Missed | UnsetType = UNSET
    jitter_seconds: JitterSeconds | UnsetType = UNSET
    version: Annotated[int, Meta(ge=1)] | UnsetType = UNSET
    """The version that was looked at: when there is a newer one, nothing is changed."""


def changed(plan: Plan, change: PlanChange) -> Plan:
    """The plan with the change made; not checked."""
    parts = {name: getattr(change, name) for name in plan.__struct_fields__}
    given = {name: part for name, part in parts.items() if part is not UNSET}
    for one, other in (("cron", "interval_seconds"), ("interval_seconds", "cron")):
        if given.get(one) is not None:
            given.setdefault(other, None)
    return msgspec.structs.replace(plan, **given)


def check(span: Span) -> None:
    """Refuse what cannot be scheduled; bounded work whatever is given.

    Raises:
        Invalid: with pointers to `cron`, `interval_seconds`, `timezone`, `starts_at` or `ends_at`.
    """
    timetable.check(span)
    for name, at in (("starts_at", span.starts_at), ("ends_at", span.ends_at)):
        if at is not None and at.year not in YEARS:
            raise _invalid(f"/{name}", f"must be of the years {YEARS[0]} to {YEARS[-1]}")
    if span.starts_at and span.ends_at and span.ends_at <= span.starts_at:
        raise _invalid("/ends_at", "has to be later than starts_at")


def upcoming(span: Span, after: datetime, *, created_at: datetime) -> Iterator[datetime]:
    """The moments later than `after`, in order, in UTC; without end where it has none.

    Args:
        span: one that `check` has passed.
        after: aware.
        created_at: intervals are counted from `starts_at`, or else from here.
    """
    anchor = span.starts_at or created_at
    if span.starts_at and span.starts_at > after:
        after = span.starts_at - timedelta(microseconds=1)
    for at in timetable.fires(span, after, anchor=anchor):
        if span.ends_at and at >= span.ends_at:
            return
        yield at


def next_fire(span: Span, after: datetime, *, created_at: datetime) -> datetime | None:
    """The first of `upcoming`; None when there is none before `ends_at`."""
    return next(upcoming(span, after, created_at=created_at), None)


def due_at(schedule_id: UUID, fire_at: datetime, jitter_seconds: float) -> datetime:
    """When a moment's fire is made: the same on every scheduler, and spread over the jitter."""
    digest = hashlib.blake2b(
        schedule_id.bytes + fire_at.isoformat().encode(), digest_size=8
    ).digest()
    return fire_at + timedelta(seconds=jitter_seconds * int.from_bytes(digest) / 2**64)


def _invalid(pointer: str, message: str) -> Invalid:
    return Invalid(f"{pointer[1:]} {message}", faults=[Fault(pointer, message)])


class Fired(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a fire that somebody asked for: a job, a place in line, or a reason."""

    fire_at: datetime
    job: JobRow | None = None
    skipped: str | None = None
    """Why there is no job, and what helps."""
    held: bool = False
    """Whether the job comes when the one before it has ended."""
