"""Health for orchestrators, metrics for Prometheus. Neither needs an account nor is counted.

With PROBE_TOKEN, metrics and what readiness rests on are told to those who send it (S-44).
"""

import asyncio
import hmac
import time
from collections.abc import Awaitable
from contextvars import Context
from typing import Any, Literal

import msgspec
from litestar import Litestar, Request, Response, Router, get
from litestar.openapi import ResponseSpec
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from taskforge.api.auth import PUBLIC, DepsHere
from taskforge.api.clients import header
from taskforge.core.errors import Unauthenticated
from taskforge.db.server import revision
from taskforge.flows.deps import Deps
from taskforge.flows.system import HEAD

PATIENCE = 2.0
"""Seconds for each check."""
CHECKS_STATE = "checks"

State = Literal["ok", "away", "behind"]


class CheckResult(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that the service stands on."""

    status: State
    seconds: float


class Readiness(msgspec.Struct, frozen=True, kw_only=True):
    """Whether this process should get requests.

    `degraded`: without Redis jobs are still accepted and shown, but start late and live updates
    are missing. `failing`: no database, or its tables are older than this code. `draining`: the
    process is about to end.
    """

    status: Literal["ok", "degraded", "failing", "draining"]
    checks: dict[str, CheckResult]
    """Empty for those who should have sent the probe token."""


class Liveness(msgspec.Struct, frozen=True, kw_only=True):
    """That the process answers."""

    status: Literal["ok"] = "ok"


@get("/health/live", operation_id="isAlive", summary="Whether the process answers", opt=PUBLIC)
async def live() -> Liveness:
    """Looks at nothing else: a restart would not bring a database back."""
    return Liveness()


@get("/health/ready", operation_id="isReady", summary="Whether the process can serve",
     opt=PUBLIC | {"headers": {503: ["Retry-After"]}},
     responses={503: ResponseSpec(Readiness, description="It cannot.")})  # fmt: skip
async def ready(request: Request[Any, Any, Any], deps: DepsHere) -> Response[Readiness]:
    """503 when it cannot."""
    checks = await _checks(request.app, deps)
    database, redis = checks["database"], checks["redis"]
    status = "ok"
    if request.app.state.get("draining"):
        status = "draining"
    elif database.status != "ok":
        status = "failing"
    elif redis.status != "ok":
        status = "degraded"
    code = 200 if status in ("ok", "degraded") else 503
    headers = {"Retry-After": "2"} if code == 503 else None
    body = Readiness(status=status, checks=checks if _is_trusted(request, deps) else {})
    return Response(body, status_code=code, headers=headers)


@get("/metrics", include_in_schema=False, opt=PUBLIC, sync_to_thread=False)
def metrics(request: Request[Any, Any, Any], deps: DepsHere) -> Response[bytes]:
    """This process's metrics in Prometheus's text format."""
    if not _is_trusted(request, deps):
        raise Unauthenticated("Send `Authorization: Bearer` and the probe token.")
    return Response(generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _is_trusted(request: Request[Any, Any, Any], deps: Deps) -> bool:
    wanted = deps.settings.probe_token
    given = header(request.scope, b"authorization") or ""
    return not wanted or hmac.compare_digest(given.encode(), f"Bearer {wanted}".encode())


async def _checks(app: Litestar, deps: Deps) -> dict[str, CheckResult]:
    """The checks; who asks while they run waits for the same, so that nobody can pile them up."""
    running: asyncio.Task[dict[str, CheckResult]] | None = app.state.get(CHECKS_STATE)
    if running is None or running.done():
        running = app.state[CHECKS_STATE] = asyncio.create_task(_examine(deps), context=Context())
    return await asyncio.shield(running)


async def _examine(deps: Deps) -> dict[str, CheckResult]:
    database, redis = await asyncio.gather(
        _timed(_revision_state(deps.db)), _timed(_redis_state(deps))
    )
    return {"database": database, "redis": redis}


async def _timed(check: Awaitable[State]) -> CheckResult:
    started = time.perf_counter()
    try:
        async with asyncio.timeout(PATIENCE):
            status = await check
    except (SQLAlchemyError, RedisError, OSError, TimeoutError):
        status = "away"
    return CheckResult(status=status, seconds=round(time.perf_counter() - started, 4))


async def _revision_state(db: AsyncEngine) -> State:
    async with db.connect() as connection:
        known = await revision(connection)
    return "ok" if known == HEAD else "behind"


async def _redis_state(deps: Deps) -> State:
    client: Any = deps.redis
    await client.ping()
    return "ok"


router = Router("/", route_handlers=[live, ready, metrics], tags=["health"])
