"""What every HTTP exchange gets, known route or not: an id, headers, a measurement, CORS."""

import re
import time
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from taskforge.api.clients import header
from taskforge.api.counting import rate_headers
from taskforge.core.ids import new_id
from taskforge.metrics import HTTP_SECONDS

Scope = Any
Send = Callable[[Any], Awaitable[None]]
Receive = Callable[[], Awaitable[Any]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self';"
    " frame-ancestors 'none'"
)
_SAFE_ID = re.compile(r"[A-Za-z0-9._-]{8,128}")
_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
]
_NO_STORE = (b"cache-control", b"no-store")
_CSP = (b"content-security-policy", CSP.encode())
_METHODS = b"GET, POST, PUT, PATCH, DELETE"
_ALLOWED = (
    b"authorization, content-type, idempotency-key, if-none-match, if-range, range, x-api-key,"
    b" x-request-id"
)
_EXPOSED = (
    b"location, etag, accept-ranges, content-disposition, content-range, idempotent-replayed,"
    b" ratelimit, ratelimit-policy, retry-after, x-request-id"
)


class Envelope:
    """An ASGI application around the whole of Litestar; sockets pass untouched.

    Args:
        app: what it wraps.
        origins: exact origins that browsers may call from; none means no CORS at all (S-43).
    """

    def __init__(self, app: App, *, origins: list[str]) -> None:
        self._app = app
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one exchange."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = header(scope, b"x-request-id")
        request_id = given if given and _SAFE_ID.fullmatch(given) else new_id().hex
        scope["state"]["request_id"] = request_id
        structlog.contextvars.bind_contextvars(request_id=request_id)
        origin = header(scope, b"origin") if self._origins else None
        allowed = origin if origin in self._origins else None
        started = time.perf_counter()
        status = 500

        async def finish(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = _dress(scope, message["headers"], request_id, allowed)
            await send(message)

        try:
            if allowed and scope["method"] == "OPTIONS":
                await _preflight(finish)
            else:
                await self._app(scope, receive, finish)
        finally:
            _measure(scope, status, time.perf_counter() - started)


def _dress(
    scope: Scope, headers: Any, request_id: str, origin: str | None
) -> list[tuple[bytes, bytes]]:
    dressed = [*headers, *_HEADERS, (b"x-request-id", request_id.encode())]
    names = {name for name, _ in headers}
    if b"cache-control" not in names:
        dressed.append(_NO_STORE)
    if b"content-security-policy" not in names:
        dressed.append(_CSP)
    dressed += rate_headers(scope)
    if origin:
        dressed += [
            (b"access-control-allow-origin", origin.encode()),
            (b"access-control-allow-credentials", b"true"),
            (b"access-control-expose-headers", _EXPOSED),
            (b"vary", b"origin"),
        ]
    return dressed


async def _preflight(send: Send) -> None:
    headers = [
        (b"access-control-allow-methods", _METHODS),
        (b"access-control-allow-headers", _ALLOWED),
        (b"access-control-max-age", b"600"),
    ]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


_series: dict[tuple[str, str, int], Any] = {}
"""One per known route, method and class: looked up without the client library's own lock."""


def _measure(scope: Scope, status: int, seconds: float) -> None:
    route = scope.get("path_template")
    if route is None:  # no such address, or not with this method: both could be anything
        HTTP_SECONDS.labels("any", "unknown", f"{status // 100}xx").observe(seconds)
        return
    key = (scope["method"], route, status // 100)
    series = _series.get(key)
    if series is None:
        series = _series[key] = HTTP_SECONDS.labels(key[0], route, f"{key[2]}xx")
    series.observe(seconds)
