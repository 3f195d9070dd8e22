"""Queues: how they stand, pause, resume."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Router, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from taskforge.api.auth import needs
from taskforge.api.schemas import LimitOrder, QueuePage
from taskforge.core.fleet import QueueView
from taskforge.core.people import Permission, Principal
from taskforge.db.fleet import list_queues
from taskforge.flows import limits, queues
from taskforge.flows.deps import Deps

Asked = Request[Principal, Any, Any]

READ = [needs(Permission.READ)]
CONTROL = [needs(Permission.CONTROL)]


class PauseOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a queue is to be paused, and until when."""

    reason: Annotated[
        str,
        Meta(min_length=1, max_length=500, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]+$",
             description="For everyone who wonders why jobs wait."),
    ]  # fmt: skip
    resume_at: Annotated[datetime, Meta(tz=True)] | None = None
    """When it goes on by itself (RFC 3339); null: when somebody resumes it."""


@get("/queues", operation_id="listQueues", summary="List queues", guards=READ)
async def list_(deps: NamedDependency[Deps]) -> QueuePage:
    """The four of them, the most urgent first, with exact depths."""
    async with deps.db.connect() as connection:
        return QueuePage(items=await list_queues(connection))


@get("/queues/{name:str}", operation_id="getQueue", summary="Show a queue", guards=READ)
async def show(name: FromPath[str], deps: NamedDependency[Deps]) -> QueueView:
    """One of the list."""
    return await queues.look(deps, name)


@patch("/queues/{name:str}", operation_id="limitQueue", summary="Limit a queue", guards=CONTROL,
       opt={"example": {"concurrency_limit": 20}})  # fmt: skip
async def limit(
    name: FromPath[str], data: JSONBody[LimitOrder], request: Asked, deps: NamedDependency[Deps]
) -> QueueView:
    """How many of its jobs all workers together run at once; null lifts the limit.

    It holds from the next claim on. A limit below what runs stops nothing; 0 starts nothing more.
    """
    return await limits.limit_queue(deps, name, request.user, data.concurrency_limit)


@post("/queues/{name:str}/pause", operation_id="pauseQueue", summary="Pause a queue",
      guards=CONTROL, status_code=200,
      opt={"example": {"reason": "the mail provider is down"}})  # fmt: skip
async def pause(
    name: FromPath[str], data: JSONBody[PauseOrder], request: Asked, deps: NamedDependency[Deps]
) -> QueueView:
    """None of its jobs is started any more; running ones go on, new ones are accepted and wait.

    Pausing a paused queue changes reason and end.
    """
    return await queues.pause(
        deps, name, request.user, reason=data.reason, resume_at=data.resume_at
    )


@post("/queues/{name:str}/resume", operation_id="resumeQueue", summary="Resume a queue",
      guards=CONTROL, status_code=200)  # fmt: skip
async def resume(name: FromPath[str], request: Asked, deps: NamedDependency[Deps]) -> QueueView:
    """What waited is started at once. Also when it was not paused."""
    return await queues.resume(deps, name, request.user)


router = Router("/", route_handlers=[list_, show, limit, pause, resume], tags=["queues"])
