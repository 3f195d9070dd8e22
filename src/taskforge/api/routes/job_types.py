"""Job types: what a client needs to draw a form, to fill it in, and to try what was filled in."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from litestar import Request, Router, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from taskforge.api.auth import needs
from taskforge.api.schemas import ORDER_EXAMPLE, LimitOrder
from taskforge.core.errors import Invalid, NotFound
from taskforge.core.jsonguard import check_payload
from taskforge.core.people import Permission, Principal
from taskforge.flows import limits
from taskforge.flows.deps import Deps
from taskforge.flows.preview import Preview, preview
from taskforge.handlers.describe import TypeDescription
from taskforge.handlers.registry import Unavailable

Asked = Request[Principal, Any, Any]

READ = [needs(Permission.READ)]
CONTROL = [needs(Permission.CONTROL)]


class JobTypePage(msgspec.Struct, frozen=True, kw_only=True):
    """All job types, by name."""

    items: Sequence[TypeDescription]
    unavailable: Sequence[Unavailable]
    """Plug-ins that could not be loaded, with the reason."""
    next_cursor: None = None


class Trial(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A payload to try."""

    payload: Annotated[dict[str, Any], Meta(description="As for a submission.")]


@get("/job-types", operation_id="listJobTypes", summary="List job types", guards=READ)
async def list_(deps: NamedDependency[Deps]) -> JobTypePage:
    """With the JSON Schema and examples of each payload; plug-ins included."""
    registry = deps.registry
    items = await limits.described(deps, registry.descriptions)
    return JobTypePage(items=items, unavailable=registry.unavailable)


@get("/job-types/{name:str}", operation_id="getJobType", summary="Show a job type", guards=READ)
async def show(name: FromPath[str], deps: NamedDependency[Deps]) -> TypeDescription:
    """One of the list."""
    (one,) = await limits.described(deps, {name: _known(deps, name)})
    return one


@patch("/job-types/{name:str}", operation_id="limitJobType", summary="Limit a job type",
       guards=CONTROL, opt={"example": {"concurrency_limit": 5}})  # fmt: skip
async def limit(
    name: FromPath[str], data: JSONBody[LimitOrder], request: Asked, deps: NamedDependency[Deps]
) -> TypeDescription:
    """How many of its jobs all workers together run at once; null lifts the limit.

    It holds from the next claim on. A limit below what runs stops nothing; 0 starts nothing more.
    Jobs of other types go on beside those that wait for a place.
    """
    return await limits.limit_type(deps, _known(deps, name), request.user, data.concurrency_limit)


@post("/job-types/{name:str}/check", operation_id="checkPayload", summary="Try a payload",
      status_code=200, guards=READ,
      opt={"example": {"payload": ORDER_EXAMPLE["payload"]}})  # fmt: skip
async def check(name: FromPath[str], data: JSONBody[Trial], deps: NamedDependency[Deps]) -> Preview:
    """Checks it exactly as a submission would, and makes no job.

    The answer has the payload with every default filled in, the line that lists would show, and
    what the type guesses that the job would take.
    """
    _known(deps, name)
    check_payload(data.payload)
    return preview(deps, name, data.payload)


def _known(deps: Deps, name: str) -> TypeDescription:
    try:
        return deps.registry.descriptions[deps.registry.get(name).name]
    except Invalid as error:
        raise NotFound(error.detail, code=error.code) from error


router = Router("/", route_handlers=[list_, show, limit, check], tags=["job-types"])
