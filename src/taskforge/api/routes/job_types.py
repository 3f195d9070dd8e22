"""Job types: what a client needs to draw a form and to fill it in."""

from collections.abc import Sequence

import msgspec
from litestar import Router, get
from litestar.di import NamedDependency

from taskforge.api.auth import at_least
from taskforge.core.people import Role
from taskforge.flows.deps import Deps
from taskforge.handlers.registry import TypeDescription, Unavailable


class JobTypePage(msgspec.Struct, frozen=True, kw_only=True):
    """All job types, by name."""

    items: Sequence[TypeDescription]
    unavailable: Sequence[Unavailable]
    """Plug-ins that could not be loaded, with the reason."""
    next_cursor: None = None


@get("/job-types", operation_id="listJobTypes", summary="List job types",
     guards=[at_least(Role.VIEWER)])  # fmt: skip
async def list_(deps: NamedDependency[Deps]) -> JobTypePage:
    """With the JSON Schema and examples of each payload; plug-ins included."""
    registry = deps.registry
    return JobTypePage(items=registry.descriptions, unavailable=registry.unavailable)


router = Router("/", route_handlers=[list_], tags=["job-types"])
