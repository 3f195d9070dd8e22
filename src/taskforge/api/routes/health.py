"""Health for orchestrators, metrics for Prometheus. Neither needs an account nor is counted.

With PROBE_TOKEN, metrics and what readiness rests on are told to those who send it (S-44).
"""

from typing import Any

import msgspec
from litestar import Request, Response, Router, get
from litestar.openapi import ResponseSpec

from taskforge.api.auth import PUBLIC, DepsHere
from taskforge.api.clients import header
from taskforge.core.errors import Unauthenticated
from taskforge.core.health import Liveness, Readiness
from taskforge.core.keep import Kept
from taskforge.flows.deps import Deps
from taskforge.flows.health import Health, has_probe_token
from taskforge.metrics.exposition import CONTENT_TYPE

HEALTH_STATE = "health"
"""Where the application keeps its `Health`."""
METRICS_STATE = "metrics"
"""Where it keeps what `/metrics` answers with."""


@get("/health/live", operation_id="isAlive", summary="Whether the process answers", opt=PUBLIC)
async def live() -> Liveness:
    """Looks at nothing else: a restart would not bring a database back."""
    return Liveness()


@get("/health/ready", operation_id="isReady", summary="Whether the process can serve",
     opt=PUBLIC | {"headers": {503: ["Retry-After"]}},
     responses={503: ResponseSpec(Readiness, description="It cannot.")})  # fmt: skip
async def ready(request: Request[Any, Any, Any], deps: DepsHere) -> Response[Readiness]:
    """503 when it cannot."""
    health: Health = request.app.state[HEALTH_STATE]
    found = await health.readiness()
    if not _is_trusted(request, deps):
        found = msgspec.structs.replace(found, checks={})
    headers = {"Retry-After": "2"} if found.code == 503 else None
    return Response(found, status_code=found.code, headers=headers)


@get("/metrics", include_in_schema=False, opt=PUBLIC)
async def metrics(request: Request[Any, Any, Any], deps: DepsHere) -> Response[bytes]:
    """This process's metrics, and those of its siblings, in Prometheus's text format."""
    if not _is_trusted(request, deps):
        raise Unauthenticated("Send `Authorization: Bearer` and the probe token.")
    text: Kept[bytes] = request.app.state[METRICS_STATE]
    return Response(await text.get(), headers={"Content-Type": CONTENT_TYPE})


def _is_trusted(request: Request[Any, Any, Any], deps: Deps) -> bool:
    return has_probe_token(deps.settings.probe_token, header(request.scope, b"authorization"))


router = Router("/", route_handlers=[live, ready, metrics], tags=["health"])
