"""Failures that are alike, as one thing to look at and to act on."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

import msgspec
from msgspec import Meta

from taskforge.core.failures import ErrorClass
from taskforge.core.fingerprint import FINGERPRINT_PATTERN

HOURS: Final = 24
"""Hours that are told one by one."""
NEW_HOURS: Final = 24
"""How long a group is new after its first failure."""
NOTE_LIMIT: Final = 2_000
"""Characters."""

Fingerprint = Annotated[str, Meta(pattern=FINGERPRINT_PATTERN, examples=["9f2c41d0a7b35e68"])]


class FailureState(StrEnum):
    """Where a group stands; it follows from its times, so nothing has to keep it up to date."""

    NEW = "new"
    """First seen in the last 24 hours."""
    KNOWN = "known"
    RESOLVED = "resolved"
    """Somebody said that it is over, and it has not come since."""
    REGRESSED = "regressed"
    """It was resolved, and came again."""


class FailureOrder(StrEnum):
    """What comes first in a list of groups."""

    LAST_SEEN = "last_seen"
    TOTAL = "total"


class FailureGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Failures that are alike. What it counts may be a few seconds old."""

    fingerprint: Fingerprint
    """Of `error.fingerprint`; the search `failure:<fingerprint>` finds the jobs."""
    type: str
    """The type of the jobs."""
    error_class: ErrorClass
    kind: str
    """Name of the exception's class, or of the event (`worker_lost`)."""
    title: str
    """The message, with what varies from job to job replaced by what it is."""
    message: str
    """The newest message in full, at most 1,000 characters."""
    job_id: UUID
    """Whose message that is. The job may be deleted by now."""
    total: int
    """Attempts that failed so, ever, those included that were retried."""
    still_failed: int
    """Jobs that are `failed` or `dead_letter` with this failure: exact, and none that was retried
    or deleted since."""
    last_24_hours: int
    """The sum of `hourly`."""
    hourly: Annotated[Sequence[int], Meta(min_length=HOURS, max_length=HOURS)]
    """Attempts that failed so in each of 24 hours, the oldest first, the current one last."""
    first_seen: datetime
    last_seen: datetime
    queues: Sequence[str]
    """Queues of its jobs, the most urgent first."""
    state: FailureState
    resolved_at: datetime | None
    """When somebody said that it is over; null when it is open."""
    resolved_by: str | None
    """Who, by the user name as it is now."""
    note: str | None
    """What people know of it."""
