"""Spans of HTTP, by its semantic conventions; queries and headers are nowhere in them.

Tokens of sockets stand in queries, and receivers of webhooks have secrets in their paths, so of a
foreign address no more than its host is told.
"""

from taskforge.tracing.spans import NOTHING, Kind, Span, switch

METHODS = frozenset(
    {"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"}
)
UNTOLD = ("/health/", "/metrics")
"""Probes and scrapes come every few seconds, and nobody looks for them."""
PATH_LIMIT = 256
USUAL_PORTS = {"http": 80, "https": 443}
_STATUS = "http.response.status_code"


def serving(method: str, path: str, headers: list[tuple[bytes, bytes]]) -> Span:
    """A request has come in; give it a name by `served`, once its route is known."""
    if switch.engine is None or path.startswith(UNTOLD):
        return NOTHING
    facts = {"http.request.method": _method(method), "url.path": path[:PATH_LIMIT]}
    heard = switch.engine.heard(headers)
    return switch.engine.follow(_verb(method), Kind.SERVER, facts, parent=heard)


def served(span: Span, method: str, route: str | None, status: int) -> None:
    """A request has been answered; `route` is None when no such address is known."""
    if span is NOTHING:
        return
    if route:
        span.name(f"{_verb(method)} {route}")
        span.note({"http.route": route})
    span.note({_STATUS: status})
    if status >= 500:
        span.fail(str(status))


def calling(method: str, scheme: str, host: str, port: int, *, resend: int = 0) -> Span:
    """A request to somewhere else; `resend` counts the redirects that led there."""
    if switch.engine is None:
        return NOTHING
    shown = f"[{host}]" if ":" in host else host
    place = shown if port == USUAL_PORTS.get(scheme) else f"{shown}:{port}"
    facts: dict[str, str | int | bool] = {
        "http.request.method": _method(method),
        "server.address": host,
        "server.port": port,
        "url.full": f"{scheme}://{place}/REDACTED",
    }
    if resend:
        facts["http.request.resend_count"] = resend
    return switch.engine.nested(_verb(method), Kind.CLIENT, facts)


def headers_for(span: Span, host: str, port: int) -> dict[str, str]:
    """What a request to there says of its trace: nothing, unless the operator has named it."""
    told = switch.engine.told(span, host, port) if switch.engine else None
    return {"traceparent": told} if told else {}


def called(span: Span, status: int) -> None:
    """The reply has come; for a client 4xx is a failure as well."""
    if span is NOTHING:
        return
    span.note({_STATUS: status})
    if status >= 400:
        span.fail(str(status))


def _method(method: str) -> str:
    return method if method in METHODS else "_OTHER"


def _verb(method: str) -> str:
    return method if method in METHODS else "HTTP"
