"""Whether this process can do its work (R-91, R-94): the servers it stands on, and its own end."""

import asyncio
import hmac
import time
from collections.abc import AsyncGenerator, Awaitable
from contextlib import asynccontextmanager
from contextvars import Context
from typing import Any, Final

from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from taskforge.core.health import CheckResult, Readiness, State
from taskforge.db.revisions import is_behind
from taskforge.db.server import revision
from taskforge.flows.deps import Deps
from taskforge.log import get_logger
from taskforge.metrics.process import Dependency, found

PATIENCE: Final = 2.0
"""Seconds for each check."""
LOOK_SECONDS: Final = 5.0
"""How often a process looks by itself, for its metrics."""

log = get_logger(__name__)


class Health:
    """How a process is; its checks run on the loop that its deps were opened on.

    Args:
        deps: what it works with.
    """

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._examining: asyncio.Task[dict[str, CheckResult]] | None = None
        self.draining = False
        """Whether it is about to end: to be set before anything else of that; from any thread."""

    async def readiness(self) -> Readiness:
        """Whether it can serve.

        Who asks while checks run waits for the same ones, so that nobody can pile them up.
        """
        if self._examining is None or self._examining.done():
            self._examining = asyncio.create_task(self._examine(), context=Context())
        checks = await asyncio.shield(self._examining)
        if self.draining:
            return Readiness(status="draining", checks=checks)
        if checks["database"].status != "ok":
            return Readiness(status="failing", checks=checks)
        degraded = checks["redis"].status != "ok"
        return Readiness(status="degraded" if degraded else "ok", checks=checks)

    @asynccontextmanager
    async def watched(self) -> AsyncGenerator[None]:
        """Look now and then, so that the metrics tell of it; in the end no check is under way."""
        watching = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
            if self._examining is not None:  # it holds connections, which are about to be closed
                await asyncio.gather(self._examining, return_exceptions=True)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self.readiness()

    async def _examine(self) -> dict[str, CheckResult]:
        database, redis = await asyncio.gather(
            _timed("database", self._revision_state()), _timed("redis", self._redis_state())
        )
        return {"database": database, "redis": redis}

    async def _revision_state(self) -> State:
        async with self._deps.db.connect() as connection:
            known = await revision(connection)
        return "behind" if is_behind(known) else "ok"

    async def _redis_state(self) -> State:
        client: Any = self._deps.redis
        await client.ping()
        return "ok"


def has_probe_token(wanted: str, authorization: str | None) -> bool:
    """Whether a request may see metrics and details (S-44).

    Args:
        wanted: PROBE_TOKEN; empty lets everybody see them.
        authorization: the request's header.
    """
    given = (authorization or "").encode()
    return not wanted or hmac.compare_digest(given, f"Bearer {wanted}".encode())


async def _timed(name: Dependency, check: Awaitable[State]) -> CheckResult:
    started = time.perf_counter()
    try:
        async with asyncio.timeout(PATIENCE):
            status = await check
    except (SQLAlchemyError, RedisError, OSError, TimeoutError):
        status = "away"
    except Exception as error:  # noqa: BLE001 - what raises has not answered, whatever it says
        # A driver tells of a connection that has gone in words of its own, uvloop by RuntimeError.
        log.warning("check.failed", error=error)
        status = "away"
    found(name, up=status == "ok")
    return CheckResult(status=status, seconds=round(time.perf_counter() - started, 4))
