"""What every exchange gets, known route or not: an id, headers, a measurement, CORS.

Requests and handshakes of sockets are looked at here before anything else sees them; frames of
sockets pass untouched.
"""

import re
import time
from collections.abc import Awaitable, Callable
from typing import Any

from taskforge.api.clients import header
from taskforge.api.counting import rate_headers
from taskforge.api.errors import MEDIA_TYPE, answer_to
from taskforge.api.head import Hosts, check_head
from taskforge.api.patience import Patience
from taskforge.config import Settings
from taskforge.core.errors import Denied, TaskForgeError
from taskforge.core.ids import new_id
from taskforge.log import bind, get_logger
from taskforge.metrics.requests import HTTP_SECONDS

Scope = Any
Send = Callable[[Any], Awaitable[None]]
Receive = Callable[[], Awaitable[Any]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

CSP = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""Of answers for programs; pages bring their own (`api/pages.py`)."""
STRONG_FEATURES = (
    "camera", "display-capture", "geolocation", "hid", "microphone", "midi", "payment",
    "publickey-credentials-get", "serial", "usb",
)  # fmt: skip
"""What no page of ours asks a browser for."""
_SAFE_ID = re.compile(r"[A-Za-z0-9._-]{8,128}")
_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", ", ".join(f"{name}=()" for name in STRONG_FEATURES).encode()),
    (b"server", b"taskforge"),  # or Granian would add its own name
]
_HSTS = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")
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
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_NO_PARAMETERS: dict[str, Any] = {}
PROBES = frozenset({"/health/live", "/health/ready", "/metrics"})
"""Asked every few seconds, by machines: a line for each would drown all others."""

_log = get_logger(__name__)


class Envelope:
    """An ASGI application around the whole of Litestar.

    Args:
        app: what it wraps.
        settings: origins that browsers may call from (S-43), hosts, whether this is production.
        methods_at: what may be asked of a path; nothing when there is no such address.
    """

    def __init__(
        self, app: App, settings: Settings, methods_at: Callable[[str], list[str]]
    ) -> None:
        self._app = app
        self._methods_at = methods_at
        self._patience = Patience()
        self._origins = frozenset(settings.origins())
        self._hosts = Hosts(settings.hosts())
        self._headers = [*_HEADERS, *([_HSTS] if settings.environment == "production" else [])]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one exchange."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        given = header(scope, b"x-request-id")
        request_id = given if given and _SAFE_ID.fullmatch(given) else new_id().hex
        scope["state"]["request_id"] = request_id
        bind(request_id=request_id)  # each exchange is a task, and so a context, of its own
        if scope["type"] == "http":
            await self._serve_request(scope, receive, send)
        else:
            await self._serve_socket(scope, receive, send)

    async def _serve_request(self, scope: Scope, receive: Receive, send: Send) -> None:
        origin = header(scope, b"origin") if self._origins else None
        allowed = origin if origin in self._origins else None
        head_only = scope["method"] == "HEAD"
        started = time.perf_counter()
        status = 0

        async def finish(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = self._dress(scope, message["headers"], allowed)
            elif head_only:
                message["body"] = b""
            await send(message)

        try:
            await self._answer(scope, receive, finish, origin)
        except TaskForgeError as error:  # of ours: the application answers its own
            if status:
                raise
            await _refuse(scope, finish, error)
        finally:
            seconds = time.perf_counter() - started
            _measure(scope, status or 500, seconds)
            _tell(scope, status or 500, seconds)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, origin: str | None) -> None:
        check_head(scope, self._hosts)
        method = scope["method"]
        if method == "OPTIONS" and await self._told_options(scope, origin, send):
            return
        if method == "HEAD":  # what GET says, without the body (RFC 9110 §9.3.2)
            scope["method"], scope["state"]["head_only"] = "GET", True
        elif method in _WITH_BODY:
            receive = self._patience.in_time(receive)
        await self._app(scope, receive, send)

    async def _serve_socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        started, status = time.perf_counter(), 101

        def dressed(message: Any) -> Awaitable[None]:
            nonlocal status
            if message["type"] == "websocket.http.response.start":
                status = message["status"]
                # A name that comes twice panics in Granian 2.8, and ends the process.
                message["headers"] = list(
                    dict(self._dress(scope, message["headers"], None)).items()
                )
            return send(message)

        try:
            check_head(scope, self._hosts)
        except TaskForgeError as error:
            await receive()
            await _refuse(scope, dressed, error)
        else:
            await self._app(scope, receive, dressed)
        finally:
            _tell(scope, status, time.perf_counter() - started)

    async def _told_options(self, scope: Scope, origin: str | None, send: Send) -> bool:
        """Answer OPTIONS, a preflight's (from any origin, when there is CORS) or another's."""
        if origin and header(scope, b"access-control-request-method"):
            if origin not in self._origins:
                raise Denied("Pages of this origin may not call.", code="origin_refused")
            headers = [
                (b"access-control-allow-methods", _METHODS),
                (b"access-control-allow-headers", _ALLOWED),
                (b"access-control-max-age", b"600"),
            ]
        else:
            methods = self._methods_at(scope["path"])
            if not methods:
                return False
            headers = [(b"allow", ", ".join(methods).encode())]
        await send({"type": "http.response.start", "status": 204, "headers": headers})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        return True

    def _dress(self, scope: Scope, headers: Any, origin: str | None) -> list[tuple[bytes, bytes]]:
        request_id = scope["state"]["request_id"]
        names = {name for name, _ in headers}
        ours = [it for it in self._headers if it[0] not in names]
        dressed = [*headers, *ours, (b"x-request-id", request_id.encode())]
        if b"cache-control" not in names:
            dressed.append(_NO_STORE)
        if b"content-security-policy" not in names:
            dressed.append(_CSP)
        dressed += rate_headers(scope)
        if self._origins:
            dressed.append((b"vary", b"origin"))
        if origin:
            dressed += [
                (b"access-control-allow-origin", origin.encode()),
                (b"access-control-allow-credentials", b"true"),
                (b"access-control-expose-headers", _EXPOSED),
            ]
        return dressed


async def _refuse(scope: Scope, send: Send, error: TaskForgeError) -> None:
    answer = answer_to(error, scope)
    kind = "http.response" if scope["type"] == "http" else "websocket.http.response"
    headers = [(b"content-type", MEDIA_TYPE.encode())]
    headers += [(name.lower().encode(), value.encode()) for name, value in answer.headers]
    await send({"type": f"{kind}.start", "status": answer.status, "headers": headers})
    await send({"type": f"{kind}.body", "body": answer.body, "more_body": False})


def _tell(scope: Scope, status: int, seconds: float) -> None:
    """The line of an exchange: nothing of its address but the route, for that may hold secrets."""
    route = scope.get("path_template")
    facts: dict[str, Any] = {"method": scope.get("method", "WS"), "route": route or "unknown"}
    facts |= {"status_code": status, "duration_ms": round(seconds * 1_000, 3)}
    if user := scope.get("user"):
        facts["user_id"] = str(user.user_id)
    if job_id := scope.get("path_params", _NO_PARAMETERS).get("job_id"):
        facts["job_id"] = str(job_id)
    unasked = route in PROBES or (route is None and status < 400)  # or a file of the dashboard
    (_log.debug if unasked else _log.info)("request.answered", **facts)


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
