"""Job types: what a client needs to draw a form, to fill it in, and to try what was filled in."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from taskforge.api.auth import needs
from taskforge.api.schemas import ORDER_EXAMPLE
from taskforge.core.errors import Invalid, NotFound
from taskforge.core.jsonguard import check_payload
from taskforge.core.people import Permission
from taskforge.flows.deps import Deps
from taskforge.flows.preview import Preview, preview, with_offers
from taskforge.handlers.describe import TypeDescription
from taskforge.handlers.registry import Unavailable

READ = [needs(Permission.READ)]


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
    items = [with_offers(deps, one) for one in registry.descriptions.values()]
    return JobTypePage(items=items, unavailable=registry.unavailable)


@get("/job-types/{name:str}", operation_id="getJobType", summary="Show a job type", guards=READ)
async def show(name: FromPath[str], deps: NamedDependency[Deps]) -> TypeDescription:
    """One of the list."""
    return with_offers(deps, _known(deps, name))


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


router = Router("/", route_handlers=[list_, show, check], tags=["job-types"])
