"""Health for orchestrators, metrics for Prometheus. Neither needs an account nor is counted."""

import asyncio
import time
from collections.abc import Awaitable
from typing import Any, Literal

import msgspec
from litestar import Request, Response, Router, get
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from taskforge.api.auth import PUBLIC, DepsHere
from taskforge.db.migrate import head
from taskforge.flows.deps import Deps

PATIENCE = 2.0
"""Seconds for each check."""

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


class Liveness(msgspec.Struct, frozen=True, kw_only=True):
    """That the process answers."""

    status: Literal["ok"] = "ok"


@get("/health/live", operation_id="isAlive", summary="Whether the process answers", opt=PUBLIC)
async def live() -> Liveness:
    """Looks at nothing else: a restart would not bring a database back."""
    return Liveness()


@get("/health/ready", operation_id="isReady", summary="Whether the process can serve", opt=PUBLIC)
async def ready(request: Request[Any, Any, Any], deps: DepsHere) -> Response[Readiness]:
    """503 when it cannot."""
    database, redis = await asyncio.gather(
        _timed(_revision_state(deps.db)), _timed(_redis_state(deps))
    )
    checks = {"database": database, "redis": redis}
    status = "ok"
    if request.app.state.get("draining"):
        status = "draining"
    elif database.status != "ok":
        status = "failing"
    elif redis.status != "ok":
        status = "degraded"
    code = 200 if status in ("ok", "degraded") else 503
    headers = {"Retry-After": "2"} if code == 503 else None
    body = Readiness(status=status, checks=checks)
    return Response(body, status_code=code, headers=headers)


@get("/metrics", include_in_schema=False, opt=PUBLIC, sync_to_thread=False)
def metrics() -> Response[bytes]:
    """This process's metrics in Prometheus's text format."""
    return Response(generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})


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
        table = await connection.scalar(text("SELECT to_regclass('alembic_version')::text"))
        known = table and await connection.scalar(text("SELECT version_num FROM alembic_version"))
    return "ok" if known == HEAD else "behind"


async def _redis_state(deps: Deps) -> State:
    client: Any = deps.redis
    await client.ping()
    return "ok"


HEAD = head()
"""The revision that this code was written for; read once, it is part of the code."""

router = Router("/", route_handlers=[live, ready, metrics], tags=["health"])
