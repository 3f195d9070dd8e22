"""Bulk operations: one deed done to many jobs, and what becomes of it at each.

    pending ──counted──▶ running ──all looked at──▶ done
       └────────┬───────────┘
                ├── somebody stops it, or its creator may not do that any more ──▶ stopped
                └── the same batch fails again and again ──▶ failed

What is done stays done, however it ends.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from taskforge.core.people import Permission
from taskforge.core.priority import Priority
from taskforge.core.states import FINAL, MOVES, WAITING, JobStatus, Move

MAX_IDS = 1_000
"""Jobs that one operation may name one by one."""


class OperationAction(StrEnum):
    """What is done to each job; the values are the wire names."""

    CANCEL = "cancel"
    RETRY = "retry"
    DELETE = "delete"
    REPRIORITISE = "reprioritise"


class OperationStatus(StrEnum):
    """Where an operation stands."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


LIVE = frozenset({OperationStatus.PENDING, OperationStatus.RUNNING})
"""Those that still do something."""


class Outcome(StrEnum):
    """What became of one job."""

    DONE = "done"
    SKIPPED = "skipped"
    """Nothing was to be done, or the job had moved on."""
    FAILED = "failed"
    """It could not be done."""


class Reason(StrEnum):
    """Why nothing was done to a job."""

    ENDED = "ended"
    NOT_ENDED = "not_ended"
    NOT_WAITING = "not_waiting"
    SUCCEEDED = "succeeded"
    """A success is never run again."""
    STOP_ASKED = "stop_asked"
    """Its worker has been asked to stop it already."""
    SAME_PRIORITY = "same_priority"
    CHANGED = "changed"
    """It was not as the filter wants it any more."""
    BUSY = "busy"
    """Somebody else was at it."""
    NOT_FOUND = "not_found"
    OUT_OF_REACH = "out_of_reach"
    """The API key is narrowed to other types or queues."""

    @property
    def outcome(self) -> Outcome:
        """Whether the job needs no such deed, or could not have it."""
        return Outcome.FAILED if self in _FAILURES else Outcome.SKIPPED


_FAILURES = frozenset({Reason.BUSY, Reason.NOT_FOUND, Reason.OUT_OF_REACH})


class StopReason(StrEnum):
    """Why an operation ended before it was through."""

    ASKED = "asked"
    ACCOUNT_DISABLED = "account_disabled"
    ROLE_TOO_LOW = "role_too_low"
    """Its creator has another role now."""
    KEY_REVOKED = "key_revoked"
    """The API key that it was asked for with."""
    REPEATED_FAILURE = "repeated_failure"
    """Even single jobs could not be done; the scheduler's log has the error."""


class Standing(NamedTuple):
    """What decides whether a deed can be done to a job."""

    status: JobStatus
    stop_asked: bool
    priority: Priority


SOURCES: Mapping[OperationAction, frozenset[JobStatus]] = MappingProxyType(
    {
        OperationAction.CANCEL: WAITING | {JobStatus.RUNNING},
        OperationAction.RETRY: MOVES[Move.REVIVE].sources,
        OperationAction.DELETE: FINAL,
        OperationAction.REPRIORITISE: WAITING,
    }
)
"""Statuses that each action is for; from the others it does nothing."""


def obstacle(
    action: OperationAction, job: Standing, *, priority: Priority | None = None
) -> Reason | None:
    """Why the action would do nothing to the job as it stands; None: it would.

    Args:
        action: what is to be done.
        job: as it is.
        priority: the new one, for `reprioritise`.
    """
    if job.status not in SOURCES[action]:
        return _misplaced(action, job.status)
    if action is OperationAction.CANCEL and job.status is JobStatus.RUNNING and job.stop_asked:
        return Reason.STOP_ASKED
    if action is OperationAction.REPRIORITISE and job.priority is priority:
        return Reason.SAME_PRIORITY
    return None


def permission_for(action: OperationAction, *, by_filter: bool, narrows: bool = True) -> Permission:
    """What somebody needs to ask for it: purging and replaying everything are for admins (S-13).

    Args:
        action: what is to be done.
        by_filter: to whatever fits, and not to jobs that were named.
        narrows: whether the filter chooses among the jobs that the action is for.
    """
    purge = action is OperationAction.DELETE and by_filter
    replay = action is OperationAction.RETRY and by_filter and not narrows
    return Permission.CONTROL if purge or replay else Permission.ACT


def _misplaced(action: OperationAction, status: JobStatus) -> Reason:
    if action is OperationAction.RETRY:
        return Reason.SUCCEEDED if status is JobStatus.SUCCESS else Reason.NOT_ENDED
    if action is OperationAction.DELETE:
        return Reason.NOT_ENDED
    return Reason.ENDED if status in FINAL else Reason.NOT_WAITING
