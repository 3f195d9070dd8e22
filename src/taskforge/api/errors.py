"""From any error to a problem document (RFC 9457): the one place that maps errors to HTTP.

Nothing internal leaves the process: an unexpected error is logged with its request id, and answered
with that id alone (S-44).
"""

from collections.abc import Sequence
from http import HTTPStatus
from math import ceil
from typing import Any, NamedTuple

import msgspec
from litestar import Request, Response
from litestar.exceptions import (
    HTTPException,
    MethodNotAllowedException,
    SerializationException,
    ValidationException,
)
from msgspec import UNSET, UnsetType
from redis.exceptions import RedisError

from taskforge.api.methods import methods_at
from taskforge.core.errors import (
    Conflict,
    Denied,
    Fault,
    Invalid,
    Limited,
    Malformed,
    Misdirected,
    NotFound,
    OutOfRange,
    TaskForgeError,
    TooLarge,
    Unauthenticated,
    Unavailable,
    Unsupported,
)
from taskforge.db.engine import is_away, lock_was_busy
from taskforge.log import get_logger

MEDIA_TYPE = "application/problem+json"
TYPE_BASE = "/api/docs/problems#"
"""`type` is this and the code; the page lists them."""
QUOTA_EXCEEDED = "https://iana.org/assignments/http-problem-types#quota-exceeded"
"""`type` where a rate limit is exceeded, by the RateLimit draft (S-16)."""
MAX_TEXT = 1_000
"""Characters of one sentence in a problem document."""

STATUSES: dict[type[TaskForgeError], int] = {
    Malformed: 400,
    Unauthenticated: 401,
    Denied: 403,
    NotFound: 404,
    Conflict: 409,
    TooLarge: 413,
    Unsupported: 415,
    OutOfRange: 416,
    Misdirected: 421,
    Invalid: 422,
    Limited: 429,
    Unavailable: 503,
}
_HTTP_CODES = {
    400: "malformed",
    401: "unauthenticated",
    403: "denied",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    426: "upgrade_required",
}
_TRIED = ("token", "session", "refresh_reused")
"""What codes begin with when an access token was sent, and was not good."""
_log = get_logger(__name__)


class FaultBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing wrong with a request."""

    message: str
    pointer: str | None = None
    """JSON Pointer into the body; "" is the whole of it."""
    parameter: str | None = None
    """The query or path parameter, when it is not the body."""
    position: int | None = None
    """Characters before the place in the parameter's value; only for a search."""


class Problem(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={"violated_policies": "violated-policies"},  # as the RateLimit draft spells it
):
    """A problem document."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    """`urn:uuid:…` or `urn:request:…`: the request's id, as in `X-Request-ID` and in the logs."""
    code: str
    errors: list[FaultBody] = []
    violated_policies: list[str] | UnsetType = UNSET
    """Names of the rate limits that were exceeded, as in `RateLimit-Policy`; only with 429."""


def to_response(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """The answer to a request that failed; Litestar calls it for every exception."""
    known = as_taskforge_error(error)
    if known is None and not isinstance(error, HTTPException):
        _log.error("request.failed", exc_info=error)
    headers: list[tuple[str, str]] = []
    if isinstance(error, MethodNotAllowedException):
        allowed = methods_at(request.app, request.scope["path"])
        headers.append(("Allow", ", ".join(allowed)))
        if not allowed and request.scope["method"] == "GET":  # a socket, and nothing else
            error = HTTPException(status_code=426)
            headers = [("Upgrade", "websocket"), ("Connection", "Upgrade")]
    answer = answer_to(known or error, request.scope)
    return Response(
        content=answer.body,
        media_type=MEDIA_TYPE,
        status_code=answer.status,
        headers=dict(headers + answer.headers),
    )


class Answer(NamedTuple):
    """A problem document on its way out, but for its media type."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def answer_to(error: Exception, scope: Any) -> Answer:
    """The answer to a failed request, wherever it failed."""
    problem = problem_of(error, instance=instance_of(scope))
    return Answer(problem.status, _headers(error, problem.status), msgspec.json.encode(problem))


def problem_of(error: Exception, *, instance: str) -> Problem:
    """The problem document of an error; bulk answers embed it for single items."""
    if isinstance(error, TaskForgeError):
        status = next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)
        faults: Sequence[Fault] = getattr(error, "faults", ())
        errors = [_fault_body(fault) for fault in faults]
        problem = _problem(status, error.code, error.detail, instance, errors)
        return _exceeded(problem, error.policy) if isinstance(error, Limited) else problem
    if isinstance(error, ValidationException):
        return _parameters_problem(error, instance)
    if isinstance(error, HTTPException) and error.status_code < 500:
        status = error.status_code
        code = _HTTP_CODES.get(status, "malformed")
        return _problem(status, code, _HTTP_DETAILS.get(status, _sentence(error)), instance)
    return _problem(500, "internal", "Something went wrong on our side; the log has the details.",
                    instance)  # fmt: skip


def sample(status: int) -> Problem:
    """What a problem with this status looks like, for the API's description."""
    kind = next(kind for kind, known in STATUSES.items() if known == status)
    detail = (kind.__doc__ or "").splitlines()[0]
    errors = [FaultBody(message="what is wrong with it", pointer="/name")] if status == 422 else []
    problem = _problem(status, kind.code, detail, "urn:request:01a205e8d03173909e5615a28f9d60d7",
                       errors)  # fmt: skip
    return _exceeded(problem, "default") if kind is Limited else problem


def as_taskforge_error(error: Exception) -> TaskForgeError | None:
    """The error in our own words, when it is one of ours or of a server behind us."""
    if isinstance(error, TaskForgeError):
        return error
    if isinstance(error, RedisError):
        return Unavailable("Redis does not answer.", retry_after=2)
    if is_away(error):
        return Unavailable("The database does not answer.", retry_after=2)
    if lock_was_busy(error):
        return Unavailable("Somebody else is at it; try again.", retry_after=1)
    if isinstance(error, SerializationException):
        return Malformed("The body cannot be read.")
    return None


def instance_of(scope: Any) -> str:
    """The URI of this request."""
    return f"urn:request:{scope['state'].get('request_id', 'unknown')}"


_HTTP_DETAILS = {
    404: "There is nothing at this address.",
    405: "This address does not take that method; Allow names those it takes.",
    413: "The body is larger than this address accepts.",
    426: "Only WebSockets are served here; GET /api/v1/events has the same events.",
}


def _problem(
    status: int, code: str, detail: str, instance: str, errors: list[FaultBody] | None = None
) -> Problem:
    return Problem(
        type=f"{TYPE_BASE}{code}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=_brief(detail),
        instance=instance,
        code=code,
        errors=errors or [],
    )


def _exceeded(problem: Problem, policy: str | None) -> Problem:
    if policy is None:
        return problem
    return msgspec.structs.replace(problem, type=QUOTA_EXCEEDED, violated_policies=[policy])


def _fault_body(fault: Fault) -> FaultBody:
    if fault.parameter is None:
        return FaultBody(message=_brief(fault.message), pointer=fault.pointer)
    return FaultBody(message=_brief(fault.message), parameter=fault.parameter, position=fault.at)


def _brief(text: str) -> str:
    """The beginning: some messages quote what was sent, and that may be long."""
    return text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 1]}…"


def _parameters_problem(error: ValidationException, instance: str) -> Problem:
    """Litestar checks query and path parameters; bodies are checked by `api/body.py`."""
    extra: list[Any] = list(error.extra or [])
    errors = [
        FaultBody(message=_brief(str(item.get("message", ""))), parameter=item.get("key"))
        for item in extra
    ]
    if any(fault.parameter == "data" for fault in errors):  # Litestar's word for no body at all
        return _problem(400, "malformed_json", "The body is empty; it must be JSON.", instance)
    named = ", ".join(fault.parameter for fault in errors if fault.parameter)
    detail = f"Not acceptable: {named}." if named else "A parameter is not acceptable."
    return _problem(422, "invalid_parameter", detail, instance, errors)


def _headers(error: Exception, status: int) -> list[tuple[str, str]]:
    if isinstance(error, Limited | Unavailable):
        return [("Retry-After", str(max(1, ceil(error.retry_after))))]
    if isinstance(error, OutOfRange):
        return [("Content-Range", f"bytes */{error.size}")]
    if status == 401:
        tried = isinstance(error, Unauthenticated) and error.code.startswith(_TRIED)
        reason = ', error="invalid_token"' if tried else ""
        return [("WWW-Authenticate", f'Bearer realm="taskforge"{reason}')]
    return []


def _sentence(error: HTTPException) -> str:
    return error.detail if error.status_code == 400 else HTTPStatus(error.status_code).phrase
