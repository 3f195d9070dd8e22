"""How an attempt may fail: the error classes of SPEC §2, and the exceptions that handlers raise.

    JobError
    ├── InvalidInput       → failed          the payload asks for something impossible
    ├── BlockedByPolicy    → failed          a rule of this installation forbids it
    ├── NotConfigured      → failed          something has to be installed or set first
    ├── TargetError        → retry           the outside world answered badly
    ├── RateLimited        → retry when told the outside world asked for patience
    ├── JobTimeout         → retry           the work took too long
    └── SandboxDied        → retry           its child process was killed or crashed

Any other exception is `internal`, which is retried too.
"""

from enum import StrEnum
from typing import Any

import msgspec


class ErrorClass(StrEnum):
    """Why an attempt failed, as clients see it in `error.class`."""

    INVALID_INPUT = "invalid_input"
    BLOCKED_BY_POLICY = "blocked_by_policy"
    NOT_CONFIGURED = "not_configured"
    TARGET_ERROR = "target_error"
    RATE_LIMITED = "rate_limited"
    TIMEOUT = "timeout"
    INTERNAL = "internal"
    CANCELLED = "cancelled"


PERMANENT: frozenset[ErrorClass] = frozenset(
    {ErrorClass.INVALID_INPUT, ErrorClass.BLOCKED_BY_POLICY, ErrorClass.NOT_CONFIGURED}
)
"""Classes that a retry cannot help: the job ends as `failed` (SPEC §2)."""


class JobError(Exception):
    """Raised by a handler to say how it failed; the message is shown to the job's owner."""

    error_class = ErrorClass.INTERNAL


class InvalidInput(JobError):
    """The payload asks for something that cannot be done; never retried."""

    error_class = ErrorClass.INVALID_INPUT


class BlockedByPolicy(JobError):
    """A rule of this installation forbids it; never retried."""

    error_class = ErrorClass.BLOCKED_BY_POLICY


class NotConfigured(JobError):
    """Something must be installed or set first; the message names the command. Never retried."""

    error_class = ErrorClass.NOT_CONFIGURED


class TargetError(JobError):
    """Something outside answered badly; retried with back-off."""

    error_class = ErrorClass.TARGET_ERROR


class RateLimited(JobError):
    """Something outside asked for patience; retried when it said.

    Args:
        message: what was refused.
        retry_after: seconds to wait, 0 or more.
    """

    error_class = ErrorClass.RATE_LIMITED

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class JobTimeout(JobError):
    """The attempt passed its time limit; retried with back-off."""

    error_class = ErrorClass.TIMEOUT


class SandboxDied(JobError):
    """The child process ended without an answer, or ran out of memory; retried with back-off."""


class ErrorRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An error as stored and shown (SPEC §2)."""

    class_: ErrorClass = msgspec.field(name="class")
    kind: str
    """Name of the exception's class, or of the event (`worker_lost`)."""
    message: str
    """At most 4,000 characters."""
    traceback: str | None = None
    """The end of the trace, at most 12,000 characters (R-51)."""
    details: dict[str, Any] = {}
    fingerprint: str | None = None
    """What it has in common with failures that are alike (`GET /failures/{fingerprint}`)."""
