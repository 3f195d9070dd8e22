"""Many jobs in one call."""

from collections.abc import Sequence
from typing import Any

from litestar import Request, Router, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from taskforge.api.auth import needs
from taskforge.api.counting import count_orders
from taskforge.api.errors import instance_of, problem_of
from taskforge.api.idempotency import item_key, key_of, with_key
from taskforge.api.schemas import ORDER_EXAMPLE, BulkItem, BulkOrder, BulkOutcome
from taskforge.core.errors import Fault, Invalid, TaskForgeError
from taskforge.core.job import JobOrder
from taskforge.core.jsonguard import check_payload, convert
from taskforge.core.people import Permission, Principal
from taskforge.flows.deps import Deps
from taskforge.flows.submit import Submitted, submit_many

MAX_VALUES = 250_000
"""In the whole body, which may have 1 MiB."""

Outcome = Submitted | TaskForgeError


@post("/jobs/bulk", operation_id="submitJobs", summary="Submit up to 1,000 jobs", status_code=200,
      guards=[needs(Permission.SUBMIT)],
      opt={"nodes": MAX_VALUES, "example": {"jobs": [ORDER_EXAMPLE], "atomic": False},
           "takes": ["Idempotency-Key"]})  # fmt: skip
async def submit_bulk(
    data: JSONBody[BulkOrder], request: Request[Principal, Any, Any], deps: NamedDependency[Deps]
) -> BulkOutcome:
    """Each order is accepted or refused by itself, and the outcomes are in their order.

    With `atomic`, one that is not acceptable refuses all, and `errors` points at it. Each order
    may have an `idempotency_key`; a key in the header stands for the whole list.

    The orders, repeats included, count against the rate limit `bulk`, the call against `default`.
    """
    key = key_of(request)
    await count_orders(deps, request.scope, request.user, len(data.jobs))
    read = [_read(item, index, item_key(key, index)) for index, item in enumerate(data.jobs)]
    orders = [order for order in read if isinstance(order, JobOrder)]
    if data.atomic and len(orders) < len(read):
        raise _refusal([error for error in read if isinstance(error, Invalid)])
    done = iter(await submit_many(deps, orders, request.user, atomic=data.atomic))
    outcomes = [
        _located(next(done), index) if isinstance(order, JobOrder) else order
        for index, order in enumerate(read)
    ]
    return _outcome(outcomes, instance=instance_of(request.scope))


def _read(item: Any, index: int, key: str | None) -> JobOrder | Invalid:
    try:
        order = convert(item, JobOrder)
        if order.idempotency_key is None:
            order = with_key(order, key)
        check_payload(order.payload)
    except Invalid as error:
        return _at(error, index)
    return order


def _located(outcome: Outcome, index: int) -> Outcome:
    return _at(outcome, index) if isinstance(outcome, Invalid) else outcome


def _at(error: Invalid, index: int) -> Invalid:
    """The error with pointers into the whole body."""
    faults = [Fault(f"/jobs/{index}{fault.pointer}", fault.message) for fault in error.faults]
    return Invalid(error.detail, code=error.code, faults=faults)


def _refusal(errors: Sequence[Invalid]) -> Invalid:
    faults = [fault for error in errors for fault in error.faults]
    return Invalid("Nothing was created: some orders are not acceptable.", faults=faults)


def _outcome(outcomes: Sequence[Outcome], *, instance: str) -> BulkOutcome:
    items = [_item(outcome, index, instance) for index, outcome in enumerate(outcomes)]
    created = sum(item.status == 201 for item in items)
    replayed = sum(item.status == 200 for item in items)
    return BulkOutcome(
        items=items, created=created, replayed=replayed, failed=len(items) - created - replayed
    )


def _item(outcome: Outcome, index: int, instance: str) -> BulkItem:
    if isinstance(outcome, Submitted):
        return BulkItem(index=index, status=201 if outcome.fresh else 200, job=outcome.job)
    problem = problem_of(outcome, instance=instance)
    return BulkItem(index=index, status=problem.status, problem=problem)


router = Router("/", route_handlers=[submit_bulk], tags=["jobs"])
