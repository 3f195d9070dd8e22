"""Bulk operations: try out, begin, look at, stop."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, JSONBody, QueryParameter

from taskforge.api.auth import check_may, needs
from taskforge.api.idempotency import asked_with_key, told
from taskforge.api.schemas import PAGE, Cursor, Limit, in_utc
from taskforge.core.cursor import seal, unseal
from taskforge.core.operation import Outcome
from taskforge.core.people import Permission, Principal
from taskforge.db.operations import OperationItem, OperationView, list_items, list_operations
from taskforge.flows import operations
from taskforge.flows.deps import Deps
from taskforge.flows.operations import DryRun, OperationOrder

Asked = Request[Principal, Any, Any]

READ = [needs(Permission.READ)]
ACT = [needs(Permission.ACT)]
EXAMPLE = {
    "action": "cancel",
    "filter": {"status": ["queued", "scheduled"], "tag": "nightly"},
    "reason": "the export is broken",
}


class OperationPage(msgspec.Struct, frozen=True, kw_only=True):
    """Bulk operations, newest first."""

    items: Sequence[OperationView]
    next_cursor: str | None = None


class OperationItemPage(msgspec.Struct, frozen=True, kw_only=True):
    """What became of jobs, the newest job first."""

    items: Sequence[OperationItem]
    next_cursor: str | None = None


@post("/operations", operation_id="createOperation", summary="Do something to many jobs",
      guards=ACT, opt={"example": EXAMPLE, "problems": [409], "headers": {201: ["Location"]}},
      responses={201: ResponseSpec(OperationView, description="It is under way."),
                 200: ResponseSpec(DryRun | OperationView,
                                   description="A dry run, or a repeat.")})  # fmt: skip
async def create(
    data: JSONBody[OperationOrder], request: Asked, deps: NamedDependency[Deps]
) -> Response[Any]:
    """Cancel, retry, delete or reprioritise jobs that are named, or that match a filter.

    The scheduler carries it out, batch by batch; look at it to see how far it is, and at its items
    for what became of each job. Only jobs that were created before are touched, and of these only
    those that the action is for: `cancel` for what waits or runs, `retry` for what failed or was
    cancelled, `delete` for what has ended, `reprioritise` for what waits. It goes on when you sign
    out, and stops when the account is disabled or may not do it any more.

    An empty filter means every job, and needs `all`. Deleting by a filter, and retrying by one
    that names no type, priority, tag, account, worker, beginning in time or `q`, is for admins.

    With `dry_run` nothing is changed: the answer counts the jobs.
    """
    order = _in_utc(data)
    check_may(request.user, operations.check_order(order))
    if order.dry_run:
        return Response(await operations.try_out(deps, order, request.user), status_code=200)
    done = await operations.begin(deps, order, request.user, asked_with_key(request, deps, data))
    return told(done, location=f"/api/v1/operations/{done.answer.id}")


@get("/operations", operation_id="listOperations", summary="List bulk operations",
     guards=READ)  # fmt: skip
async def list_(
    deps: NamedDependency[Deps], limit: Limit = PAGE, cursor: Cursor = None
) -> OperationPage:
    """Newest first. They are kept as long as jobs that have ended."""
    after = None if cursor is None else unseal(cursor, b"operations")
    async with deps.db.connect() as connection:
        found = await list_operations(connection, after=after, limit=limit + 1)
    last = found[limit - 1].id if len(found) > limit else None
    return OperationPage(
        items=found[:limit], next_cursor=None if last is None else seal(last, b"operations")
    )


@get("/operations/{operation_id:uuid}", operation_id="getOperation",
     summary="Show a bulk operation", guards=READ)  # fmt: skip
async def show(operation_id: FromPath[UUID], deps: NamedDependency[Deps]) -> OperationView:
    """How far it is, how fast it goes, and when it will probably be through."""
    return await operations.look(deps, operation_id)


@get("/operations/{operation_id:uuid}/items", operation_id="listOperationItems",
     summary="Show what became of each job", guards=READ)  # fmt: skip
async def items(
    operation_id: FromPath[UUID],
    deps: NamedDependency[Deps],
    outcome: Annotated[Outcome | None, QueryParameter(description="Only these.")] = None,
    limit: Limit = PAGE,
    cursor: Cursor = None,
) -> OperationItemPage:
    """Of those that have had their turn. A job that was not done says why."""
    await operations.look(deps, operation_id)
    scope = b"operation items %b %b" % (operation_id.bytes, (outcome or "").encode())
    after = None if cursor is None else unseal(cursor, scope)
    async with deps.db.connect() as connection:
        found = await list_items(
            connection, operation_id, outcome=outcome, after=after, limit=limit + 1
        )
    last = found[limit - 1].job_id if len(found) > limit else None
    return OperationItemPage(
        items=found[:limit], next_cursor=None if last is None else seal(last, scope)
    )


@post("/operations/{operation_id:uuid}/stop", operation_id="stopOperation",
      summary="Stop a bulk operation", guards=ACT, status_code=200,
      opt={"problems": [409], "answer": {"status": "stopped"}})  # fmt: skip
async def stop(
    operation_id: FromPath[UUID], request: Asked, deps: NamedDependency[Deps]
) -> OperationView:
    """When this answers, no further job is touched; what is done stays done.

    Stopping again is not an error; one that has ended by itself is a conflict.
    """
    return await operations.stop(deps, operation_id, request.user)


def _in_utc(order: OperationOrder) -> OperationOrder:
    """The order, with moments that every server behind us can tell."""
    if order.filter is None:
        return order
    moments: dict[str, datetime] = {
        name: in_utc(moment, pointer=f"/filter/{name}")
        for name in ("created_after", "created_before")
        if (moment := getattr(order.filter, name)) is not None
    }
    return msgspec.structs.replace(order, filter=msgspec.structs.replace(order.filter, **moments))


router = Router("/", route_handlers=[create, list_, show, items, stop], tags=["operations"])
