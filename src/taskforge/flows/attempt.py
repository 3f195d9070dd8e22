"""One attempt at one job: claimed → decoded → run → decided → recorded → announced.

The claim is `take`. Everything after it happens in `run`, inside one task, and ends in one
statement that quotes the attempt's number: a worker that lost its lease writes nothing (DESIGN
§2.4, §2.5). Nothing that a handler raises leaves `run` (R-D6).
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from taskforge.core.failures import ErrorRecord, InvalidInput, JobTimeout
from taskforge.core.fingerprint import marked
from taskforge.core.job import JobRow
from taskforge.core.plain import has_nul
from taskforge.core.priority import Priority
from taskforge.core.retry import (
    RELEASED,
    SUCCEEDED,
    Budget,
    RetryPolicy,
    Verdict,
    after_failure,
    pass_on,
)
from taskforge.core.states import JobStatus, Move
from taskforge.db.claims import NO_LIMITS, NOTHING_OWED, Claimed, adopt, claim, claim_suspect
from taskforge.db.moves import Ending, Settled
from taskforge.flows.context import JobContext
from taskforge.flows.fitting import NoHandler, fit
from taskforge.flows.frames import moved
from taskforge.flows.telling import tell_end
from taskforge.flows.unit import Unit
from taskforge.log import bind, get_logger
from taskforge.metrics import attempts

RESULT_LIMIT = 262_144
"""Bytes of JSON that a result may have (R-51)."""

STUBBORN_SECONDS = 10.0
"""A handler that ignores its cancellation for so long can only be ended with its process."""

log = get_logger(__name__)
_errors = msgspec.json.Decoder(ErrorRecord)


class Interruption(StrEnum):
    """Why the unit stops an attempt that still works."""

    CANCELLED = "cancelled"
    """Somebody asked for it."""
    DRAINED = "drained"
    """The worker is leaving."""
    LOST = "lost"
    """The lease has passed to another, or may have (R-15)."""


class Hold:
    """The unit's grip on one running attempt.

    Args:
        claimed: the job.
        lease_until: monotonic seconds until which the lease is certainly ours (R-15).
        freed: called once, when the handler no longer works.
    """

    def __init__(
        self, claimed: Claimed, *, lease_until: float, freed: Callable[["Hold"], None]
    ) -> None:
        self.claimed = claimed
        self.lease_until = lease_until
        self.interruption: Interruption | None = None
        self.task: asyncio.Task[Any] | None = None
        """Set when the attempt begins: a task that is cancelled before would never run at all."""
        self.working = True
        """Whether the handler runs or will; what follows it is never interrupted."""
        self.stop_by = time.monotonic() + claimed.row.timeout_seconds + STUBBORN_SECONDS
        """Monotonic seconds; a handler that works on after that cannot be stopped (R-19)."""
        self._freed = freed

    def interrupt(self, why: Interruption) -> None:
        """Stop the handler; the first reason counts, except that a lost lease overrules."""
        if not self.working:
            return
        if self.interruption is None:
            self.stop_by = min(self.stop_by, time.monotonic() + STUBBORN_SECONDS)
        elif why is not Interruption.LOST or self.interruption is why:
            return
        self.interruption = why
        if self.task:
            self.task.cancel()

    def free(self) -> None:
        """The handler has ended; its slot is free while the outcome is being recorded."""
        self.working = False
        self._freed(self)


class Ended(NamedTuple):
    """How an attempt ended, for those who waited for it."""

    row: JobRow
    settled: Settled | None
    """None: the lease was lost, and nothing was written."""


async def take(
    unit: Unit,
    ids: Sequence[UUID],
    *,
    free: int,
    rooms: Mapping[str, int] = NO_LIMITS,
    owed: Mapping[Priority, int] = NOTHING_OWED,
) -> list[Claimed]:
    """Claim up to `free` jobs, those owed and named first, and announce that they run.

    Args:
        unit: who claims.
        ids: what hints name.
        free: most jobs.
        rooms: most jobs of each type that this unit limits.
        owed: jobs of a queue that come before all others.

    Raises:
        Exception: the claim failed, or only its answer was lost: `take_strays` before the next.
    """
    async with unit.deps.db.connect() as connection:
        claimed = await claim(connection, unit.claimer, ids, free=free, rooms=rooms, owed=owed)
    _announce_start(unit, claimed)
    return claimed


async def take_suspect(unit: Unit) -> Claimed | None:
    """Claim a job that crashed twice, for a unit that runs nothing else (R-30); like `take`."""
    async with unit.deps.db.connect() as connection:
        claimed = await claim_suspect(connection, unit.claimer)
    if claimed:
        _announce_start(unit, [claimed])
    return claimed


async def take_strays(unit: Unit, held: Sequence[tuple[UUID, int]]) -> list[Claimed]:
    """Jobs that a claim took whose answer was lost on its way, as if it came now.

    Args:
        unit: no claim of its own is under way.
        held: the attempts it knows of.
    """
    async with unit.deps.db.connect() as connection:
        claimed = await adopt(connection, unit.claimer, held)
    _announce_start(unit, claimed)
    return claimed


async def run(unit: Unit, hold: Hold) -> Ended:
    """Run the handler, decide, record and announce; never raises what the handler raised."""
    row = hold.claimed.row
    bind(job_id=str(row.id), job_type=row.type, attempt=row.attempt, queue=row.priority.queue)
    previous = hold.claimed.previous_error
    context = JobContext(unit, row, _errors.decode(previous) if previous else None)
    began = time.monotonic()
    verdict, result = await _work(unit, hold, context)
    seconds = time.monotonic() - began
    hold.free()
    await context.close()
    settled = await unit.outcomes.put((row, _ending(unit, hold, context, verdict, result)))
    if settled is None:
        log.warning("attempt.fenced_out", move=verdict.move)
        return Ended(row, None)
    ended = _after(row, settled, context)
    unit.deps.stream.announce_soon([moved(ended, settled.at)])
    if settled.status is JobStatus.QUEUED:
        await unit.deps.hinter.hint([(row.priority, row.id)])
    tell_end(settled, verdict, seconds=seconds)
    return Ended(ended, settled)


async def _work(unit: Unit, hold: Hold, context: JobContext) -> tuple[Verdict, msgspec.Raw | None]:
    """Run the handler to its end or interruption; the verdict, and the result as JSON."""
    row = hold.claimed.row
    budget = Budget(row.failures, row.max_retries, hold.claimed.crashes)
    policy = _policy(unit, row.type)
    limit = asyncio.timeout(row.timeout_seconds)
    hold.task = asyncio.current_task()
    if hold.interruption:
        return _interrupted(hold.interruption), None
    try:
        job_type, ask = fit(unit.deps.registry, hold.claimed)
    except NoHandler as error:
        log.warning("attempt.passed_on", reason=str(error))
        at = row.started_at or row.run_at
        return pass_on(str(error), at=at, before=context.previous_error), None
    try:
        async with limit:
            value = await job_type.run(ask, context)
        return SUCCEEDED, _encode(value)
    except BaseException as raised:  # noqa: BLE001 - SystemExit here would end the loop (R-D6)
        if hold.interruption:
            # Whatever the handler made of its cancellation: it is we who stopped it.
            _uncancel()
            return _interrupted(hold.interruption), None
        late = JobTimeout(f"the attempt took longer than {row.timeout_seconds} seconds")
        return after_failure(late if limit.expired() else raised, budget, policy), None


def _encode(value: Any) -> msgspec.Raw | None:
    if value is None:
        return None
    try:
        body = msgspec.json.encode(value)
    except (msgspec.MsgspecError, TypeError, ValueError, RecursionError) as error:
        raise InvalidInput(f"the handler's result cannot be written as JSON: {error}") from error
    if len(body) > RESULT_LIMIT:
        raise InvalidInput(
            f"result_too_large: {len(body):,} bytes of JSON, at most {RESULT_LIMIT:,} are kept"
        )
    if has_nul(body):
        raise InvalidInput("the handler's result contains a NUL character")
    return msgspec.Raw(body)


def _interrupted(why: Interruption) -> Verdict:
    match why:
        case Interruption.CANCELLED:
            return Verdict(Move.STOP)
        case Interruption.DRAINED | Interruption.LOST:
            # The fence decides: what has passed to another is not touched, and what has only lost
            # its lease, because the database was away for so long, need not wait for the rescue.
            return RELEASED


def _uncancel() -> None:
    task = asyncio.current_task()
    while task and task.cancelling():
        task.uncancel()


def _policy(unit: Unit, name: str) -> RetryPolicy:
    job_type = unit.deps.registry.types.get(name)
    if job_type and job_type.retry:
        return job_type.retry
    settings = unit.deps.settings
    return RetryPolicy(settings.retry_base_seconds, settings.retry_max_seconds)


def _ending(
    unit: Unit, hold: Hold, context: JobContext, verdict: Verdict, result: msgspec.Raw | None
) -> Ending:
    row = hold.claimed.row
    return Ending(
        id=row.id,
        attempt=row.attempt,
        worker_id=unit.claimer.worker_id,
        move=verdict.move,
        failed=verdict.failed,
        delay=verdict.delay,
        error=verdict.error and marked(row.type, verdict.error),
        result=result,
        progress=context.latest,
        actor=f"worker:{unit.claimer.worker_id}",
        type=row.type,
    )


def _after(row: JobRow, settled: Settled, context: JobContext) -> JobRow:
    return msgspec.structs.replace(
        row,
        status=settled.status,
        version=settled.version,
        failures=settled.failures,
        run_at=settled.run_at,
        queued_at=settled.queued_at,
        finished_at=settled.finished_at,
        duration_seconds=settled.duration_seconds,
        error_class=settled.error_class,
        cancel_requested_at=settled.cancel_requested_at,
        progress=context.latest,
    )


def _announce_start(unit: Unit, claimed: Sequence[Claimed]) -> None:
    attempts.started(it.row for it in claimed)
    unit.deps.stream.announce_soon(
        [moved(it.row, it.row.started_at) for it in claimed if it.row.started_at]
    )
