"""What people do to jobs: cancel, retry, delete."""

import asyncio
from uuid import UUID

from taskforge.core.errors import Conflict, NotFound
from taskforge.core.events import DeletedFrame
from taskforge.core.job import JobRow
from taskforge.core.people import Principal
from taskforge.core.states import is_final
from taskforge.db import moves
from taskforge.db.audit import note
from taskforge.db.engine import transaction
from taskforge.db.job_rows import get_row
from taskforge.db.prune import delete_finished
from taskforge.flows.deps import Deps
from taskforge.flows.frames import moved
from taskforge.flows.reach import check_reaches_job
from taskforge.flows.stops import tell_cancelled
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
    await check_reaches_job(deps, job_id, by)
    async with deps.db.connect() as connection:
        done = await moves.cancel(connection, [job_id], by)
        current = None if done else await get_row(connection, job_id)
    if not done:
        return _asked_already(job_id, current)
    await tell_cancelled(deps, done)
    return done[0].row


async def retry(deps: Deps, job_id: UUID, by: Principal) -> JobRow:
    """Queue an ended job again, with failures from zero.

    Raises:
        NotFound: no such job.
        Denied: an API key that is narrowed to other jobs.
        Conflict: the job succeeded, waits or runs.
    """
    await check_reaches_job(deps, job_id, by)
    async with deps.db.connect() as connection:
        done = await moves.revive(connection, [job_id], by)
        current = None if done else await get_row(connection, job_id)
    if not done:
        raise _refusal(job_id, current, "retry", "only what failed or was cancelled can be")
    row, at, _ = done[0]
    deps.stream.announce_soon([moved(row, at)])
    await deps.hinter.hint([(row.priority, row.id)])
    return row


async def delete(deps: Deps, job_id: UUID, by: Principal) -> None:
    """Delete an ended job with all that belongs to it.

    Raises:
        NotFound: no such job.
        Denied: an API key that is narrowed to other jobs.
        Conflict: the job has not ended.
    """
    await check_reaches_job(deps, job_id, by)
    async with transaction(deps.db) as connection:
        gone = await delete_finished(connection, [job_id])
        current = None if gone else await get_row(connection, job_id)
        if gone:  # its own events go with it
            await note(connection, by, "job.deleted", f"job:{job_id}", before=gone[0])
    if not gone:
        raise _refusal(job_id, current, "delete", "only ended jobs can be; cancel it first")
    await asyncio.to_thread(deps.store.drop_jobs, [it.id for it in gone])
    log.info("job.deleted", job_id=str(job_id), actor=by.actor)
    deps.stream.announce_soon(
        [
            DeletedFrame(
                job_id=it.id,
                type=it.type,
                priority=it.priority,
                status=it.status,
                version=it.version,
                at=it.at,
            )
            for it in gone
        ]
    )


def _asked_already(job_id: UUID, current: JobRow | None) -> JobRow:
    if current is None or is_final(current.status):
        raise _refusal(job_id, current, "cancel", "it has ended")
    return current


def _refusal(job_id: UUID, current: JobRow | None, verb: str, why: str) -> Conflict | NotFound:
    if current is None:
        return NotFound(f"there is no job {job_id}")
    return Conflict(f"job {job_id} is {current.status}: cannot {verb} it, {why}")
