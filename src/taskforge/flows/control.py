"""What people do to jobs: cancel, retry, delete, give another priority.

Each statement asks by itself whether the job is in a state for it and within the caller's reach;
only when nothing came of it the job is looked at, to say why (S-14).
"""

from uuid import UUID

from taskforge.core.errors import Conflict, NotFound
from taskforge.core.job import JobRow
from taskforge.core.people import Principal
from taskforge.core.priority import Priority
from taskforge.core.states import WAITING, is_final
from taskforge.db import moves, priorities
from taskforge.db.audit import note
from taskforge.db.engine import transaction
from taskforge.db.job_rows import get_row
from taskforge.db.prune import delete_finished
from taskforge.flows.aftermath import after_cancelling, after_deleting, after_queuing
from taskforge.flows.deps import Deps
from taskforge.flows.reach import check_reach, check_reaches_priority
from taskforge.log import get_logger

log = get_logger(__name__)


async def cancel(deps: Deps, job_id: UUID, by: Principal) -> JobRow:
    """Cancel a waiting job at once; ask the worker of a running one to stop it.

    Asking twice is not an error: the second call answers with the job as it is.

    Raises:
        NotFound: no such job.
        Denied: an API key that is narrowed to other jobs.
        Conflict: the job has ended.
    """
    async with deps.db.connect() as connection:
        done = await moves.cancel(connection, [job_id], by)
        current = None if done else await get_row(connection, job_id)
    if not done:
        return _asked_already(job_id, current, by)
    await after_cancelling(deps, done)
    return done[0].row


async def retry(deps: Deps, job_id: UUID, by: Principal) -> JobRow:
    """Queue an ended job again, with failures from zero.

    Raises:
        NotFound: no such job.
        Denied: an API key that is narrowed to other jobs.
        Conflict: the job succeeded, waits or runs.
    """
    async with deps.db.connect() as connection:
        done = await moves.revive(connection, [job_id], by)
        current = None if done else await get_row(connection, job_id)
    if not done:
        known = _known(job_id, current, by)
        raise _refusal(known, "retry", "only what failed or was cancelled can be")
    await after_queuing(deps, done)
    return done[0].row


async def reprioritise(deps: Deps, job_id: UUID, priority: Priority, by: Principal) -> JobRow:
    """Put a waiting job into the queue of another priority; its time, if it has one, stays.

    Asking twice is not an error: the second call answers with the job as it is.

    Raises:
        NotFound: no such job.
        Denied: an API key that is narrowed to other jobs, or to other queues than the new one.
        Conflict: the job runs or has ended.
    """
    async with deps.db.connect() as connection:
        done = await priorities.reprioritise(connection, [job_id], priority, by)
        current = None if done else await get_row(connection, job_id)
    if not done:
        return _waits_already(_known(job_id, current, by), priority, by)
    await after_queuing(deps, done)
    return done[0].row


async def delete(deps: Deps, job_id: UUID, by: Principal) -> None:
    """Delete an ended job with all that belongs to it.

    Raises:
        NotFound: no such job.
        Denied: an API key that is narrowed to other jobs.
        Conflict: the job has not ended.
    """
    async with transaction(deps.db) as connection:
        gone = await delete_finished(connection, [job_id], by)
        current = None if gone else await get_row(connection, job_id)
        if gone:  # its own events go with it
            await note(connection, by, "job.deleted", f"job:{job_id}", before=gone[0])
    if not gone:
        known = _known(job_id, current, by)
        raise _refusal(known, "delete", "only ended jobs can be; cancel it first")
    log.info("job.deleted", job_id=str(job_id), actor=by.actor)
    await after_deleting(deps, gone)


def _asked_already(job_id: UUID, current: JobRow | None, by: Principal) -> JobRow:
    known = _known(job_id, current, by)
    if is_final(known.status):
        raise _refusal(known, "cancel", "it has ended")
    if known.cancel_requested_at is None:
        raise _changed(known)
    return known


def _waits_already(known: JobRow, priority: Priority, by: Principal) -> JobRow:
    check_reaches_priority(by, priority)
    if known.status not in WAITING:
        raise Conflict(
            f"job {known.id} is {known.status}: only one that waits has a place in a queue",
            code="job_not_waiting",
        )
    if known.priority is not priority:
        raise _changed(known)
    return known


def _known(job_id: UUID, current: JobRow | None, by: Principal) -> JobRow:
    if current is None:
        raise NotFound(f"there is no job {job_id}")
    check_reach(by, current.type, current.priority)
    return current


def _refusal(known: JobRow, verb: str, why: str) -> Conflict:
    return Conflict(f"job {known.id} is {known.status}: cannot {verb} it, {why}")


def _changed(known: JobRow) -> Conflict:
    return Conflict(f"job {known.id} has changed at this moment and is {known.status}: ask again")
