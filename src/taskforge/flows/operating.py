"""Carrying bulk operations out: one pass is one batch of one operation, in one transaction.

The deeds, what became of each job and how far it has come are committed together, so a scheduler
may be killed at any line: another goes on exactly there, and no job has its turn twice. The jobs
of a batch are locked before anything is decided about them, and stay locked until it is done.

Several operations take turns, batch by batch; several schedulers work on several of them.
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.operation import (
    OperationAction,
    OperationStatus,
    Reason,
    StopReason,
    obstacle,
    permission_for,
)
from taskforge.core.people import ROLE_OF, Principal
from taskforge.db import moves, operation_work, priorities
from taskforge.db.audit import note
from taskforge.db.engine import transaction
from taskforge.db.job_filters import JobFilters, Plan, plan
from taskforge.db.job_sets import Batch, Locked, count_jobs, list_ids, lock_jobs
from taskforge.db.operation_work import Creator, Item, Work
from taskforge.db.prune import delete_finished
from taskforge.flows.aftermath import after_cancelling, after_deleting, after_queuing
from taskforge.flows.aim import aim, chooses
from taskforge.flows.deps import Deps
from taskforge.log import get_logger

BATCH = 1_000
"""Jobs that have their turn in one transaction; half as many after each setback."""
MAX_SETBACKS = 12
"""By then a batch is a single job."""
COUNT_SECONDS = 2.0

Aftermath = Callable[[Deps], Awaitable[None]]

log = get_logger(__name__)


class _Done(NamedTuple):
    """Which jobs had the deed done to them, and what follows its commit."""

    ids: Sequence[UUID]
    aftermath: Aftermath


class _Ended(NamedTuple):
    """An operation that has ended, to be told after the commit."""

    work: Work
    status: OperationStatus
    why: StopReason | None

    async def __call__(self, _deps: Deps) -> None:
        """Tell of it."""
        log.info(
            "operation.ended", operation_id=str(self.work.id), status=self.status.value,
            why=self.why,
        )  # fmt: skip


async def operate(deps: Deps) -> int:
    """Do one batch of the operation that has waited longest; 0 when none waits, otherwise 1."""
    work: Work | None = None
    try:
        async with transaction(deps.db) as connection:
            work = await operation_work.take(connection)
            if work is None:
                return 0
            following = await _step(connection, work)
    except Exception as error:
        if work is not None:
            await _set_back(deps, work, error)
        raise
    for follow in following:
        await follow(deps)
    return 1


async def _step(connection: AsyncConnection, work: Work) -> list[Aftermath]:
    creator = await operation_work.creator_of(connection, work)
    why = _unfit(work, creator)
    if creator is None or why is not None:
        return await _end(connection, work, OperationStatus.STOPPED, why)
    if work.status is OperationStatus.PENDING:
        await operation_work.begin(connection, work, total=await _count(connection, work))
        return []
    batch = await _next(connection, work)
    done, items = await _act(connection, work, batch.ids, creator.principal)
    await operation_work.advance(connection, work, items, last=batch.last)
    following = [] if done is None else [done.aftermath]
    if batch.last is None:
        following += await _end(connection, work, OperationStatus.DONE, by=creator.principal)
    return following


def _unfit(work: Work, creator: Creator | None) -> StopReason | None:
    """Why the operation may not go on."""
    if creator is None or not creator.active:
        return StopReason.ACCOUNT_DISABLED
    if creator.key_revoked:
        return StopReason.KEY_REVOKED
    by_filter = work.filter is not None
    narrows = work.filter is not None and chooses(work.filter)
    needed = permission_for(work.action, by_filter=by_filter, narrows=narrows)
    if not creator.principal.role.includes(ROLE_OF[needed]):
        return StopReason.ROLE_TOO_LOW
    return None


async def _count(connection: AsyncConnection, work: Work) -> int | None:
    if work.job_ids is not None:
        return len(work.job_ids)
    tally = await count_jobs(connection, _frozen(work), seconds=COUNT_SECONDS)
    return tally.counts.total() if tally.exact else None


async def _next(connection: AsyncConnection, work: Work) -> Batch:
    limit = max(BATCH >> work.setbacks, 1)
    if work.job_ids is None:
        return await list_ids(connection, _frozen(work), after=work.last_job_id, limit=limit)
    after = work.last_job_id
    left = [id_ for id_ in work.job_ids if after is None or id_ < after]
    return Batch(left[:limit], left[limit - 1] if len(left) > limit else None)


def _frozen(work: Work) -> Plan:
    """The filter, for jobs that were created before the operation, as it was meant then."""
    filters = work.filter or JobFilters()
    before = min(filters.created_before or work.created_at, work.created_at)
    frozen = msgspec.structs.replace(filters, created_before=before)
    aimed = aim(frozen, work.action, priority=work.priority, scope=work.scope)
    return plan(aimed, me=work.created_by, now=work.created_at)


async def _act(
    connection: AsyncConnection, work: Work, ids: Sequence[UUID], by: Principal
) -> tuple[_Done | None, list[Item]]:
    wanted = plan(JobFilters()) if work.filter is None else _frozen(work)
    locked = await lock_jobs(connection, ids, wanted)
    reasons = {id_: _reason(work, locked.get(id_), by) for id_ in ids}
    ready = [id_ for id_, reason in reasons.items() if reason is None]
    done = await _DEEDS[work.action](connection, work, ready, by) if ready else None
    # What another lock keeps from us although we hold the row.
    reasons |= dict.fromkeys(set(ready) - set(done.ids if done else ()), Reason.BUSY)
    return done, [
        Item(id_, reason, locked[id_].standing.status if id_ in locked else None)
        for id_, reason in reasons.items()
    ]


def _reason(work: Work, job: Locked | None, by: Principal) -> Reason | None:
    """Why nothing is to be done to a job."""
    if job is None:
        return Reason.NOT_FOUND
    if not by.reaches(job.type, job.standing.priority):
        return Reason.OUT_OF_REACH
    why = obstacle(work.action, job.standing, priority=work.priority)
    return why or (None if job.fits else Reason.CHANGED)


async def _cancel(
    connection: AsyncConnection, _work: Work, ids: Sequence[UUID], by: Principal
) -> _Done:
    done = await moves.cancel(connection, ids, by)
    return _Done([it.row.id for it in done], partial(after_cancelling, done=done))


async def _retry(
    connection: AsyncConnection, _work: Work, ids: Sequence[UUID], by: Principal
) -> _Done:
    done = await moves.revive(connection, ids, by)
    return _Done([it.row.id for it in done], partial(after_queuing, done=done))


async def _delete(
    connection: AsyncConnection, _work: Work, ids: Sequence[UUID], by: Principal
) -> _Done:
    gone = await delete_finished(connection, ids, by)
    return _Done([it.id for it in gone], partial(after_deleting, gone=gone))


async def _reprioritise(
    connection: AsyncConnection, work: Work, ids: Sequence[UUID], by: Principal
) -> _Done:
    if work.priority is None:  # the table's CHECK rules it out
        raise ValueError(f"operation {work.id} names no priority")
    done = await priorities.reprioritise(connection, ids, work.priority, by)
    return _Done([it.row.id for it in done], partial(after_queuing, done=done))


_DEEDS = {
    OperationAction.CANCEL: _cancel,
    OperationAction.RETRY: _retry,
    OperationAction.DELETE: _delete,
    OperationAction.REPRIORITISE: _reprioritise,
}


async def _end(
    connection: AsyncConnection,
    work: Work,
    status: OperationStatus,
    why: StopReason | None = None,
    *,
    by: Principal | None = None,
) -> list[Aftermath]:
    counts = await operation_work.end(connection, work.id, status, why)
    if counts is None:
        return []
    # The operation's own record goes with time; the trail is kept longer.
    after = {"status": status, **({"stop_reason": why} if why else {}), **counts}
    await note(connection, by, "operation.ended", f"operation:{work.id}", after=after)
    return [_Ended(work, status, why)]


async def _set_back(deps: Deps, work: Work, error: Exception) -> None:
    log.warning("operation.set_back", operation_id=str(work.id), error=error)
    following: list[Aftermath] = []
    async with transaction(deps.db) as connection:
        if await operation_work.set_back(connection, work.id) > MAX_SETBACKS:
            reason = StopReason.REPEATED_FAILURE
            following = await _end(connection, work, OperationStatus.FAILED, reason)
    for follow in following:
        await follow(deps)
