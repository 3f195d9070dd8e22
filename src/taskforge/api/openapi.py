"""The API's description: what Litestar generates, with our errors in place of its own."""

from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Litestar
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import Components, License, SecurityScheme, Tag
from litestar.routes import HTTPRoute

from taskforge import __version__
from taskforge.api.errors import MEDIA_TYPE, Problem, sample
from taskforge.api.permits import permits, tell_permit

_REF = {"$ref": "#/components/schemas/Problem"}
_COMMON = {
    "400": "Not well-formed",
    "401": "No valid credential",
    "403": "Not permitted",
    "404": "No such thing",
    "409": "Not in a state that allows it",
    "413": "Too large",
    "415": "Not a content type that is taken",
    "416": "Not a part of the file",
    "422": "Well-formed, and not acceptable",
    "429": "Too many requests",
    "503": "A server behind this one is away",
}
_TAGS = [
    Tag("jobs", "Submit jobs, look at them, act on them."),
    Tag("uploads", "Give files for jobs to read."),
    Tag("job-types", "What jobs can do, and what they need for it."),
    Tag("queues", "What waits where."),
    Tag("workers", "Who runs jobs."),
    Tag("schedules", "When jobs run again and again."),
    Tag("mailbox", "Mail that went to the sink instead of a server."),
    Tag("live", "Events as they happen."),
    Tag("auth", "Accounts, sessions and keys."),
    Tag("health", "For orchestrators."),
]


def openapi_config() -> OpenAPIConfig:
    """What Litestar needs to describe the API."""
    return OpenAPIConfig(
        title="TaskForge",
        version=__version__,
        description="Distributed job processing with a live view. Errors are problem documents"
        " (RFC 9457): 400 for what is not well-formed, 422 for what is well-formed and invalid.",
        license=License(name="MIT", identifier="MIT"),
        tags=_TAGS,
        use_handler_docstrings=True,
        security=[{"bearer": []}, {"apiKey": []}],
        components=Components(
            security_schemes={
                "bearer": SecurityScheme(
                    type="http",
                    scheme="bearer",
                    bearer_format="JWT",
                    description="The access token of `POST /api/v1/auth/login`, good for 15 min.",
                ),
                "apiKey": SecurityScheme(
                    type="apiKey", name="X-API-Key", security_scheme_in="header"
                ),
                "session": SecurityScheme(
                    type="apiKey",
                    name="__Secure-taskforge-refresh",
                    security_scheme_in="cookie",
                    description="The refresh token of a browser session; for `refresh` alone."
                    " Outside production the name has no prefix.",
                ),
            }
        ),
    )


def schema(app: Litestar) -> dict[str, Any]:
    """The whole description as plain data, fit to be written as JSON."""
    described: dict[str, Any] = msgspec.json.decode(
        msgspec.json.encode(app.openapi_schema.to_schema())
    )
    _, problems = msgspec.json.schema_components(
        [Problem], ref_template="#/components/schemas/{name}"
    )
    described["components"]["schemas"] |= problems
    described["components"]["schemas"].pop("ValidationException", None)
    examples, asked = _examples(app), permits(app)
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            _describe_errors(operation, path, method)
            if operation["operationId"] in asked:
                tell_permit(operation, asked[operation["operationId"]])
            if operation["operationId"] in examples:
                content = operation["requestBody"]["content"]["application/json"]
                content["example"] = examples[operation["operationId"]]
    return described


def schema_bytes(app: Litestar) -> bytes:
    """The description as JSON, made once for each application."""
    known: bytes | None = app.state.get("openapi_json")
    if known is None:
        known = app.state["openapi_json"] = msgspec.json.encode(schema(app))
    return known


def _examples(app: Litestar) -> dict[str, Any]:
    """Request examples by operation: a handler gives its own as `opt={"example": …}`."""
    return {
        str(handler.operation_id): handler.opt["example"]
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        if "example" in handler.opt
    }


def _describe_errors(operation: dict[str, Any], path: str, method: str) -> None:
    responses: dict[str, Any] = operation["responses"]
    expected = _OWN_ERRORS.get(path)
    if expected is None:
        expected = _usual_errors(operation, path, method)
    if path in OPEN_PATHS:
        operation["security"] = [{"session": []}, {}] if path.endswith("/refresh") else []
    for status in [status for status in responses if status.startswith(("4", "5"))]:
        del responses[status]
    for status, response in responses.items():
        response["description"] = HTTPStatus(int(status)).phrase
        if status in _EMPTY:
            response.pop("content", None)
    for status in sorted(expected):
        problem = sample(int(status))
        content = {MEDIA_TYPE: {"schema": _REF, "example": msgspec.to_builtins(problem)}}
        responses[status] = {"description": _COMMON[status], "content": content}


def _usual_errors(operation: dict[str, Any], path: str, method: str) -> set[str]:
    expected = {"401", "403", "429", "503"}
    if operation.get("requestBody"):
        expected |= {"400", "413", "415", "422"}
    elif operation.get("parameters"):
        expected |= {"422"}
    if any(it["name"] == "cursor" for it in operation.get("parameters", ())):
        expected |= {"400"}
    expected |= _MORE_ERRORS.get((path, method), set())
    if "{" in path:
        expected |= {"404"} if method == "get" else {"404", "409"}
    return expected


_BODY = {"400", "413", "415", "422", "429", "503"}
_EMPTY = ("204", "304")
_MORE_ERRORS = {
    ("/api/v1/auth/me", "patch"): {"409"},
    ("/api/v1/auth/api-keys", "post"): {"409"},
    ("/api/v1/uploads", "post"): {"409"},
    ("/api/v1/webhooks/secret/previous", "delete"): {"404"},
    ("/api/v1/jobs/{job_id}/artifacts/{name}", "get"): {"416"},
}
_OWN_ERRORS = {
    "/api/v1/auth/register": _BODY | {"403", "409"},
    "/api/v1/auth/login": _BODY | {"401"},
    "/api/v1/auth/refresh": _BODY | {"401", "403"},
    "/health/live": set[str](),
    "/health/ready": set[str](),
}
OPEN_PATHS = frozenset(_OWN_ERRORS)
"""Paths that need no account."""
