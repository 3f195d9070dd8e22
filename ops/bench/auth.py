"""What a request pays for knowing who asks, and for being counted; measured inside one process."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, NamedTuple

import uvloop
from redis.asyncio import Redis

from ops.bench.rows import Figure
from ops.bench.stack import Stack
from taskforge.api.auth import identify
from taskforge.bus.limit import Check
from taskforge.config import Settings
from taskforge.core.people import Principal, Role
from taskforge.flows import accounts, keys, sessions
from taskforge.flows.deps import Deps, open_deps
from taskforge.flows.principals import Principals
from taskforge.handlers.registry import load

CALLS, COLD_CALLS = 10_000, 1_000
WHO = 200
"""Principals that the limiter tells apart meanwhile."""
AT_ONCE = 32
NAME, PASSWORD = "auth-bench", "auth-bench-password-1"

Call = Callable[[int], Awaitable[Any]]


class _Credentials(NamedTuple):
    """Scopes of requests that carry them."""

    token: dict[str, Any]
    key: dict[str, Any]


async def auth(stack: Stack) -> list[Figure]:
    """Medians of each kind of credential, warm and cold, and of the limiter."""
    return await asyncio.to_thread(uvloop.run, _measure(stack.settings))


async def _measure(settings: Settings) -> list[Figure]:
    async with open_deps(settings, load([])) as deps:
        known = await _sign_up(deps)
        return [*await _identities(deps, known), *await _limiter(deps)]


async def _identities(deps: Deps, known: _Credentials) -> list[Figure]:
    figures: list[Figure] = []
    for kind, scope in (("access token", known.token), ("API key", known.key)):
        warm = await _median(lambda _, s=scope: identify(deps, s), CALLS)
        cold = await _median(lambda _, s=scope: _identify_cold(deps, s), COLD_CALLS)
        figures += [
            Figure(f"authentication by {kind}, warm", f"p50 {warm:.4f} ms", "≤ 0.3 ms",
                   warm <= 0.3),
            Figure(f"authentication by {kind}, read afresh", f"p50 {cold:.2f} ms", "told", True),
        ]  # fmt: skip
    return figures


async def _limiter(deps: Deps) -> list[Figure]:
    checks = [Check("default", f"bench-{n}", 10**8, 60) for n in range(WHO)]
    await deps.limiter.take(checks[0])  # the script is loaded
    before = await _scripts_run(deps.redis)
    alone = await _median(lambda n: deps.limiter.take(checks[n % WHO]), CALLS)
    trips = (await _scripts_run(deps.redis) - before) / CALLS
    crowded = await _shared(lambda n: deps.limiter.take(checks[n % WHO]))
    full = Check("default", "bench-full", 1, 60)
    refused = await _median(lambda _: deps.limiter.take(full), CALLS)
    plain = await _median(lambda _: deps.redis.ping(), CALLS)
    return [
        Figure("limiter, one request at a time", f"p50 {alone:.3f} ms, a PING {plain:.3f} ms",
               "≤ 0.5 ms", alone <= 0.5),
        Figure("round trips of the limiter for a request", f"{trips:.4f}", "≤ 1", trips <= 1),
        Figure(f"limiter, {AT_ONCE} requests at once", f"{crowded:.4f} ms each", "≤ 0.5 ms",
               crowded <= 0.5),
        Figure("limiter, a flood that it refuses", f"p50 {refused:.4f} ms", "≤ 0.5 ms",
               refused <= 0.5),
    ]  # fmt: skip


async def _sign_up(deps: Deps) -> _Credentials:
    await accounts.create_user(
        deps, username=NAME, email="auth@example.com", password=PASSWORD, role=Role.VIEWER
    )
    place = sessions.Place("192.0.2.1", "192.0.2.1")
    tokens = await sessions.sign_in(deps, name=NAME, password=PASSWORD, place=place)
    token = _scope(authorization=f"Bearer {tokens.access_token}")
    made = await keys.make_default_key_of(deps, NAME)
    return _Credentials(token, _scope(**{"x-api-key": made.key}))


def _scope(**credential: str) -> dict[str, Any]:
    """A request as Granian hands it over, with what a browser sends along."""
    usual = {
        "host": "taskforge.example.com",
        "user-agent": "Mozilla/5.0",
        "accept": "application/json",
        "accept-language": "en",
        "accept-encoding": "gzip, deflate, br",
        "content-type": "application/json",
    }
    headers = [(k.encode(), v.encode()) for k, v in (usual | credential).items()]
    return {"type": "http", "client": ("192.0.2.1", 50_000), "headers": headers, "state": {}}


async def _identify_cold(deps: Deps, scope: dict[str, Any]) -> Principal:
    return await identify(replace(deps, principals=Principals(deps.db, deps.settings)), scope)


async def _median(call: Call, calls: int) -> float:
    """Milliseconds, one call after the other."""
    took: list[float] = []
    for n in range(calls):
        began = time.perf_counter()
        await call(n)
        took.append(time.perf_counter() - began)
    return statistics.median(took) * 1000


async def _shared(call: Call) -> float:
    """Milliseconds of wall time for a call, while many are made at once."""
    began = time.perf_counter()
    for _ in range(CALLS // AT_ONCE):
        await asyncio.gather(*(call(n) for n in range(AT_ONCE)))
    return (time.perf_counter() - began) * 1000 / (CALLS // AT_ONCE * AT_ONCE)


async def _scripts_run(redis: Redis) -> int:
    stats = await redis.info("commandstats")
    return sum(stats.get(f"cmdstat_{name}", {}).get("calls", 0) for name in ("evalsha", "eval"))
