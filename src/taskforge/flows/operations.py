"""Bulk operations: asking for them, trying them out, stopping them.

What is asked for here is carried out by the scheduler (`operating.py`), also when who asked signs
out.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.errors import Conflict, Fault, Invalid, NotFound
from taskforge.core.job import JobRow
from taskforge.core.operation import (
    MAX_IDS,
    OperationAction,
    OperationStatus,
    Standing,
    obstacle,
    permission_for,
)
from taskforge.core.people import Permission, Principal
from taskforge.core.priority import Priority
from taskforge.core.states import JobStatus
from taskforge.db.audit import note
from taskforge.db.engine import transaction
from taskforge.db.job_filters import JobFilters, plan
from taskforge.db.job_lists import list_jobs
from taskforge.db.job_rows import get_rows
from taskforge.db.job_sets import count_jobs
from taskforge.db.operations import (
    NewOperation,
    OperationFilter,
    OperationView,
    add_operation,
    get_operation,
    stop_operation,
)
from taskforge.flows.aim import aim, chooses, reached
from taskforge.flows.deps import Deps
from taskforge.flows.once import Asked, Told, once
from taskforge.flows.reach import check_reaches_all, check_reaches_priority
from taskforge.log import get_logger

MAX_LIVE = 10
"""Operations that an account may have pending or running at once (S-17)."""
COUNT_SECONDS = 2.0
"""How long a dry run counts; after half of it what could be done is known or left open."""
SAMPLE = 10
FIRST = 10
"""Named jobs that the audit trail names."""

log = get_logger(__name__)


class OperationOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be done, and to which jobs: either `ids` or a `filter`."""

    action: OperationAction
    priority: Priority | None = None
    """The new one, for `reprioritise` alone."""
    ids: Annotated[list[UUID], Meta(min_length=1, max_length=MAX_IDS)] | None = None
    filter: OperationFilter | None = None
    """Every part narrows. Only jobs that were created before the operation are touched."""
    all: bool = False
    """Has to be true when the filter is empty, and only then."""
    dry_run: bool = False
    """Change nothing; tell what would be done."""
    reason: (
        Annotated[str, Meta(min_length=1, max_length=500, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]+$")]
        | None
    ) = None
    """What for; for everyone who looks at it later."""


class DryRun(msgspec.Struct, frozen=True, kw_only=True):
    """What an operation would do if it began now."""

    action: OperationAction
    count: int | None
    """Jobs that it would be done to; null when there were too many to be counted in time."""
    at_least: int
    """So many were counted."""
    exact: bool
    """Whether all numbers are exact; otherwise they are what was counted in time."""
    cannot: dict[JobStatus, int]
    """Jobs that match and that it would not be done to, by their status."""
    not_found: int
    """Named jobs that do not exist."""
    out_of_reach: int
    """Named jobs of types or queues that the API key does not reach."""
    sample: Sequence[JobRow]
    """Up to 10 of the jobs that it would be done to, the newest first."""


def check_order(order: OperationOrder) -> Permission:
    """What somebody needs to ask for that.

    Raises:
        Invalid: it does not make sense.
    """
    if (order.ids is None) == (order.filter is None):
        raise _senseless("", "needs either ids or a filter")
    if (order.priority is not None) != (order.action is OperationAction.REPRIORITISE):
        raise _senseless("/priority", "is what reprioritise needs, and no other action")
    empty = order.filter == OperationFilter()
    if order.all != empty:
        words = "has to be true for an empty filter: it means every job" if empty else (
            "is for an empty filter alone"
        )  # fmt: skip
        raise _senseless("/all", words)
    if order.filter is not None:
        _check_search(order.filter)
    by_filter = order.filter is not None
    narrows = order.filter is not None and chooses(order.filter)
    return permission_for(order.action, by_filter=by_filter, narrows=narrows)


def _check_search(filters: JobFilters) -> None:
    try:
        plan(filters)
    except Invalid as error:
        found = [Fault("/filter/q", fault.message, at=fault.at) for fault in error.faults]
        raise Invalid(error.detail, code=error.code, faults=found) from error


async def begin(
    deps: Deps, order: OperationOrder, by: Principal, asked: Asked | None
) -> Told[OperationView]:
    """Note what is to be done; the scheduler does it.

    Args:
        deps: of the process.
        order: already through `check_order`.
        by: who asks, and has the permission.
        asked: for a call that may come again.

    Raises:
        Invalid: it could be done to none of these jobs.
        Denied: an API key that reaches none of them.
        Conflict: the account has 10 live operations.
        Invalid, Conflict: see `once`.
    """
    if order.priority is not None:
        check_reaches_priority(by, order.priority)
    if order.filter is not None:
        aim(order.filter, order.action, priority=order.priority, scope=by.scope)
    ids = None if order.ids is None else sorted(set(order.ids), reverse=True)
    new = NewOperation(order.action, order.priority, ids, order.filter, order.reason)

    async def make(connection: AsyncConnection) -> OperationView:
        made = await add_operation(connection, new, by, most=MAX_LIVE)
        if made is None:
            raise Conflict(f"An account has at most {MAX_LIVE} operations under way; wait until"
                           " one has ended, or stop one.", code="too_many_operations")  # fmt: skip
        about = {
            "action": order.action,
            "priority": order.priority,
            "filter": order.filter,
            "ids": None if ids is None else {"count": len(ids), "first": ids[:FIRST]},
            "reason": order.reason,
        }
        told = {name: value for name, value in about.items() if value is not None}
        await note(connection, by, "operation.created", f"operation:{made.id}", after=told)
        return made

    told = await once(deps, asked, by.user_id, OperationView, make)
    if told.fresh:
        log.info("operation.created", operation_id=str(told.answer.id), action=order.action.value)
    return told


async def try_out(deps: Deps, order: OperationOrder, by: Principal) -> DryRun:
    """What the operation would do if it began now; bounded, however many jobs match.

    Raises:
        Invalid: it could be done to none of these jobs.
        Denied: an API key that reaches none of them.
    """
    if order.priority is not None:
        check_reaches_priority(by, order.priority)
    async with deps.db.connect() as connection:
        if order.filter is None:
            return await _try_named(connection, order, by)
        return await _try_filter(connection, order, order.filter, by)


async def look(deps: Deps, operation_id: UUID) -> OperationView:
    """An operation as it stands.

    Raises:
        NotFound: there is none.
    """
    async with deps.db.connect() as connection:
        found = await get_operation(connection, operation_id)
    return _known(found, operation_id)


async def stop(deps: Deps, operation_id: UUID, by: Principal) -> OperationView:
    """Do nothing more; what is done stays done. Stopping twice is not an error.

    Raises:
        NotFound: there is none.
        Denied: an API key that is narrowed, and did not ask for it.
        Conflict: it has ended by itself.
    """
    before = await look(deps, operation_id)
    if by.api_key_id is None or by.api_key_id != before.api_key_id:
        check_reaches_all(by, "all jobs of that operation")
    async with transaction(deps.db) as connection:
        stopped = await stop_operation(connection, operation_id, by.actor)
        after = _known(await get_operation(connection, operation_id), operation_id)
        if stopped:
            counts = {"done": after.done, "skipped": after.skipped, "failed": after.failed}
            await note(
                connection, by, "operation.stopped", f"operation:{operation_id}",
                before={"status": before.status}, after={"status": after.status, **counts},
            )  # fmt: skip
    if not stopped and after.status is not OperationStatus.STOPPED:
        raise Conflict(f"operation {operation_id} is {after.status}: there is nothing to stop")
    if stopped:
        log.info("operation.stopped", operation_id=str(operation_id), actor=by.actor)
    return after


async def _try_filter(
    connection: AsyncConnection, order: OperationOrder, filters: OperationFilter, by: Principal
) -> DryRun:
    aimed = aim(filters, order.action, priority=order.priority, scope=by.scope)
    could, match = [
        await count_jobs(connection, plan(some, me=by.user_id), seconds=COUNT_SECONDS / 2)
        for some in (aimed, reached(filters, by.scope))
    ]
    blocked: Counter[JobStatus] = Counter()
    for standing, n in match.counts.items():
        if _stands_in_the_way(order, standing):
            blocked[standing.status] += n
    count = sum(n for it, n in could.counts.items() if not _stands_in_the_way(order, it))
    return DryRun(
        action=order.action,
        count=count if could.exact else None,
        at_least=count,
        exact=could.exact and match.exact,
        cannot=dict(blocked),
        not_found=0,
        out_of_reach=0,
        sample=await _sample(connection, order, aimed, by),
    )


async def _sample(
    connection: AsyncConnection, order: OperationOrder, aimed: JobFilters, by: Principal
) -> Sequence[JobRow]:
    page = await list_jobs(connection, aimed, after=None, limit=2 * SAMPLE, me=by.user_id)
    return [it for it in page.items if not _stands_in_the_way(order, _standing(it))][:SAMPLE]


async def _try_named(connection: AsyncConnection, order: OperationOrder, by: Principal) -> DryRun:
    ids = set(order.ids or ())
    found = await get_rows(connection, list(ids))
    reach = [row for row in found if by.reaches(row.type, row.priority)]
    ready = [row for row in reach if not _stands_in_the_way(order, _standing(row))]
    blocked = Counter(row.status for row in reach if _stands_in_the_way(order, _standing(row)))
    return DryRun(
        action=order.action,
        count=len(ready),
        at_least=len(ready),
        exact=True,
        cannot=dict(blocked),
        not_found=len(ids) - len(found),
        out_of_reach=len(found) - len(reach),
        sample=ready[::-1][:SAMPLE],
    )


def _stands_in_the_way(order: OperationOrder, standing: Standing) -> bool:
    return obstacle(order.action, standing, priority=order.priority) is not None


def _standing(row: JobRow) -> Standing:
    return Standing(row.status, row.cancel_requested_at is not None, row.priority)


def _known(found: OperationView | None, operation_id: UUID) -> OperationView:
    if found is None:
        raise NotFound(f"There is no operation {operation_id}; it may have been forgotten.")
    return found


def _senseless(pointer: str, message: str) -> Invalid:
    name = pointer.removeprefix("/") or "The body"
    return Invalid(f"{name} {message}.", faults=[Fault(pointer, message)])
