"""What follows an attempt: the whole retry policy, as one pure function of what happened."""

import random
import traceback
from datetime import datetime
from typing import NamedTuple

from taskforge.core.failures import PERMANENT, ErrorClass, ErrorRecord, JobError, RateLimited
from taskforge.core.plain import plain_text
from taskforge.core.states import Move

MAX_CRASHES = 3
"""A job that took its worker down this often is dead-lettered (SPEC §2, R-30)."""

SECOND_CRASH_DELAY = 30.0
"""Seconds before a job that has crashed twice is tried again (R-30)."""

NO_HANDLER = "no_handler"
"""Kind of the error of a job that a worker of another release cannot run (R-92)."""
FIRST_PASS_DELAY, LAST_PASS_DELAY = 10.0, 60.0
"""Seconds before such a job is handed out again: as long as it has been passed on, within these."""
PASS_ON_SECONDS = 600.0
"""After so long it fails: by then an upgrade has reached every worker."""
_HANDED_ON = "Workers of another release may take it: it is handed out again."
_GIVEN_UP = "No worker took it for ten minutes: upgrade the workers, then retry it."

MESSAGE_LIMIT = 4_000
TRACE_LIMIT = 12_000


class RetryPolicy(NamedTuple):
    """Delays between attempts (SPEC §2); a job type may have its own."""

    base_seconds: float = 60.0
    max_seconds: float = 86_400.0
    jitter: float = 0.1
    """Most that is added at random, as a fraction of the delay."""


class Budget(NamedTuple):
    """What a job has used up before this attempt ended."""

    failures: int
    max_retries: int
    crashes: int = 0
    cancel_requested: bool = False


class Verdict(NamedTuple):
    """The move that ends an attempt, and what goes with it."""

    move: Move
    error: ErrorRecord | None = None
    delay: float = 0.0
    """Seconds until the job is due again (RETRY)."""
    failed: bool = False
    """Whether `failures` rises."""
    crashed: bool = False
    """Whether `crashes` rises."""


SUCCEEDED = Verdict(Move.SUCCEED)
RELEASED = Verdict(Move.RELEASE)
"""The worker is leaving: back to the queue, no failure counted."""


def backoff(failures: int, policy: RetryPolicy, chance: float) -> float:
    """Seconds before the next attempt: base x 2^(failures - 1), spread upward, capped.

    Args:
        failures: failures so far, this one included; at least 1.
        policy: base, cap and jitter.
        chance: a number in [0, 1] that places the delay within the jitter.
    """
    # The exponent is capped apart from the delay: 2.0 ** 1100 is an OverflowError.
    delay = policy.base_seconds * 2.0 ** min(failures - 1, 64)
    return min(delay * (1 + policy.jitter * chance), policy.max_seconds)


def describe(error: BaseException) -> ErrorRecord:
    """An exception as a record, with the end of its trace unless the handler meant it."""
    error_class = error.error_class if isinstance(error, JobError) else ErrorClass.INTERNAL
    trace = None
    if error_class is ErrorClass.INTERNAL:
        trace = "".join(traceback.format_exception(error))[-TRACE_LIMIT:]
    return ErrorRecord(
        class_=error_class,
        kind=type(error).__name__,
        message=plain_text(_words(error) or type(error).__name__, MESSAGE_LIMIT),
        traceback=trace and plain_text(trace, TRACE_LIMIT),
    )


def _words(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as worse:  # noqa: BLE001 - the exception is a handler's, and so is its __str__
        return f"{type(error).__name__} (its message could not be read: {type(worse).__name__})"


def after_failure(
    error: BaseException, budget: Budget, policy: RetryPolicy, chance: float | None = None
) -> Verdict:
    """Decide what follows a handler's exception.

    Args:
        error: what the handler raised.
        budget: failures before this one, and whether somebody asked for a stop.
        policy: the type's delays.
        chance: see `backoff`; drawn here when left out.
    """
    record = describe(error)
    if budget.cancel_requested:
        return Verdict(Move.STOP)
    if record.class_ in PERMANENT:
        return Verdict(Move.FAIL, record, failed=True)
    failures = budget.failures + 1
    if failures > budget.max_retries:
        return Verdict(Move.BURY, record, failed=True)
    if isinstance(error, RateLimited):
        delay = min(max(error.retry_after, 0.0), policy.max_seconds)
    else:
        drawn = random.random() if chance is None else chance  # noqa: S311 - spreads load only
        delay = backoff(failures, policy, drawn)
    return Verdict(Move.RETRY, record, delay=delay, failed=True)


def pass_on(reason: str, *, at: datetime, before: ErrorRecord | None) -> Verdict:
    """Decide what follows where a worker knows no handler for what was accepted (R-92).

    While an upgrade goes through the fleet, another worker may know it, or will in a minute: the
    job is handed out again, and no failure is counted. Nobody's clock is compared with another's.

    Args:
        reason: what does not fit, as a sentence without its full stop.
        at: when this attempt began, by the database's clock.
        before: how the attempt before ended; tells since when the job is passed on.
    """
    since = at
    if before and before.kind == NO_HANDLER and "since" in before.details:
        since = datetime.fromisoformat(before.details["since"])
    waited = (at - since).total_seconds()
    is_over = waited >= PASS_ON_SECONDS
    record = ErrorRecord(
        class_=ErrorClass.NOT_CONFIGURED,
        kind=NO_HANDLER,
        message=plain_text(f"{reason}. {_GIVEN_UP if is_over else _HANDED_ON}", MESSAGE_LIMIT),
        # Absent at the end: whoever is told to try again begins with a new span.
        details={} if is_over else {"since": since.isoformat()},
    )
    if is_over:
        return Verdict(Move.FAIL, record, failed=True)
    return Verdict(Move.RETRY, record, delay=min(max(waited, FIRST_PASS_DELAY), LAST_PASS_DELAY))


def after_crash(budget: Budget) -> Verdict:
    """Decide what follows the loss of the worker (R-30): a crash also counts as a failure."""
    record = ErrorRecord(
        class_=ErrorClass.INTERNAL,
        kind="worker_lost",
        message="The worker that ran this job stopped renewing its lease.",
    )
    if budget.cancel_requested:
        return Verdict(Move.STOP, record, crashed=True)
    if budget.crashes + 1 >= MAX_CRASHES or budget.failures + 1 > budget.max_retries:
        return Verdict(Move.BURY, record, failed=True, crashed=True)
    if budget.crashes + 1 == 1:
        return Verdict(Move.RELEASE, record, failed=True, crashed=True)
    return Verdict(Move.RETRY, record, delay=SECOND_CRASH_DELAY, failed=True, crashed=True)
