"""Job types: what a client needs to draw a form and to fill it in."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec
from litestar import Router, get
from litestar.di import NamedDependency

from taskforge.api.auth import at_least
from taskforge.core.people import Role
from taskforge.flows.deps import Deps
from taskforge.handlers.base import JobType, Payload


class JobTypeLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What applies to a job that does not say otherwise."""

    timeout_seconds: int
    max_retries: int


class JobTypeView(msgspec.Struct, frozen=True, kw_only=True):
    """A job type."""

    name: str
    title: str
    description: str
    version: int
    payload_schema: dict[str, Any]
    """JSON Schema (2020-12) of the payload."""
    examples: Sequence[Mapping[str, Any]]
    """Payloads that run anywhere."""
    viewer: str
    """How its result is best shown."""
    limits: JobTypeLimits


class UnavailableType(msgspec.Struct, frozen=True, kw_only=True):
    """A plug-in that could not be loaded here."""

    name: str
    reason: str


class JobTypePage(msgspec.Struct, frozen=True, kw_only=True):
    """All job types, by name."""

    items: list[JobTypeView]
    unavailable: list[UnavailableType]
    next_cursor: None = None


@get("/job-types", operation_id="listJobTypes", summary="List job types",
     guards=[at_least(Role.VIEWER)])  # fmt: skip
async def list_(deps: NamedDependency[Deps]) -> JobTypePage:
    """With the JSON Schema and examples of each payload; plug-ins included."""
    registry = deps.registry
    return JobTypePage(
        items=[_view(registry.get(name)) for name in registry.names()],
        unavailable=[
            UnavailableType(name=name, reason=reason)
            for name, reason in sorted(registry.unavailable.items())
        ],
    )


def _view(job_type: JobType) -> JobTypeView:
    return JobTypeView(
        name=job_type.name,
        title=job_type.title,
        description=job_type.description,
        version=job_type.version,
        payload_schema=_schema(job_type.payload),
        examples=job_type.examples,
        viewer=job_type.viewer,
        limits=JobTypeLimits(
            timeout_seconds=job_type.timeout_seconds, max_retries=job_type.max_retries
        ),
    )


@lru_cache(maxsize=256)
def _schema(payload: type[Payload]) -> dict[str, Any]:
    return msgspec.json.schema(payload)


router = Router("/", route_handlers=[list_], tags=["job-types"])
