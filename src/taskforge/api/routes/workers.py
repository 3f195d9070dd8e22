"""Worker units: look at them, drain, resume and stop them."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from taskforge.api.auth import needs
from taskforge.api.schemas import WorkerPage
from taskforge.core.fleet import Wanted, WorkerView
from taskforge.core.people import Permission, Principal
from taskforge.db.fleet import list_workers
from taskforge.flows import workers
from taskforge.flows.deps import Deps

Asked = Request[Principal, Any, Any]

READ = [needs(Permission.READ)]
CONTROL = [needs(Permission.CONTROL)]
EXAMPLE = {"reason": "a new kernel"}


class WorkerOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a worker is to drain or to stop."""

    reason: Annotated[
        str,
        Meta(min_length=1, max_length=500, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]+$",
             description="For everyone who wonders, and for the audit trail."),
    ] | None = None  # fmt: skip


@get("/workers", operation_id="listWorkers", summary="List workers", guards=READ)
async def list_(deps: NamedDependency[Deps]) -> WorkerPage:
    """Those at work first, then the newest; with the jobs that each one runs."""
    async with deps.db.connect() as connection:
        found = await list_workers(connection, lease_seconds=deps.settings.lease_seconds)
    return WorkerPage(items=found)


@get("/workers/{worker_id:uuid}", operation_id="getWorker", summary="Show a worker", guards=READ)
async def show(worker_id: FromPath[UUID], deps: NamedDependency[Deps]) -> WorkerView:
    """One of the list. What it has finished is in the list of jobs, by `worker_id`."""
    return await workers.look(deps, worker_id)


@post("/workers/{worker_id:uuid}/drain", operation_id="drainWorker", summary="Drain a worker",
      guards=CONTROL, status_code=200,
      opt={"problems": [409], "example": EXAMPLE, "answer": {"wanted": "drain"}})  # fmt: skip
async def drain(
    worker_id: FromPath[UUID],
    data: JSONBody[WorkerOrder],
    request: Asked,
    deps: NamedDependency[Deps],
) -> WorkerView:
    """It takes no more jobs, within a second; those that it runs go on. It stays until resumed.

    While Redis is away, or the worker is late, the order reaches it with its next heartbeat.
    """
    return await workers.order(deps, worker_id, Wanted.DRAIN, request.user, reason=data.reason)


@post("/workers/{worker_id:uuid}/resume", operation_id="resumeWorker", summary="Resume a worker",
      guards=CONTROL, status_code=200, opt={"problems": [409]})  # fmt: skip
async def resume(
    worker_id: FromPath[UUID], request: Asked, deps: NamedDependency[Deps]
) -> WorkerView:
    """It takes jobs again, at once. Also when it was not drained; not when it is stopping."""
    return await workers.order(deps, worker_id, Wanted.RUN, request.user)


@post("/workers/{worker_id:uuid}/stop", operation_id="stopWorker", summary="Stop a worker",
      guards=CONTROL, status_code=200,
      opt={"problems": [409], "example": EXAMPLE, "answer": {"wanted": "stop"}})  # fmt: skip
async def stop(
    worker_id: FromPath[UUID],
    data: JSONBody[WorkerOrder],
    request: Asked,
    deps: NamedDependency[Deps],
) -> WorkerView:
    """It drains for DRAIN_SECONDS, hands back what still runs, and ends with exit code 0.

    Whether another takes its place is up to what supervises it: `taskforge up` and policies such as
    `on-failure` leave it at that, others (`unless-stopped`, a Kubernetes deployment) start a new
    one, with an id of its own and no orders.
    """
    return await workers.order(deps, worker_id, Wanted.STOP, request.user, reason=data.reason)


router = Router("/", route_handlers=[list_, show, drain, resume, stop], tags=["workers"])
