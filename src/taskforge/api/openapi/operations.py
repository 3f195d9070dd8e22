"""One operation: what Litestar says of it, and what follows from its guards and options.

A handler's `opt` may say, for the description:

- `example`: of its request body;
- `takes`: names of parameters that it reads by itself (`parts.py`);
- `headers`: by status, the names of headers that its answers have;
- `answer`: fields of the example of its answer that differ from the usual;
- `problems`: statuses of refusals that do not follow from what it takes;
- `security`: what it asks for, when that is more than its guard tells.
"""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from litestar.handlers import HTTPRouteHandler

from taskforge.api.auth import Needs, anyone, permission_of
from taskforge.api.openapi.examples import Examples
from taskforge.api.openapi.parts import PATH_WORDS, header_refs, parameter_ref, problem_ref
from taskforge.api.openapi.permits import tell_permit
from taskforge.api.openapi.schemas import Schema, ref
from taskforge.core.people import SESSION_ONLY

KEY = "Idempotency-Key"
_NOISE = {"allowEmptyValue", "allowReserved", "deprecated"}
_FILE: Schema = {"type": "string", "format": "binary"}
_STREAMS = {"text/event-stream": ref("LiveFrame")}  # the data of each event

Operation = dict[str, Any]


def finish(operation: Operation, path: str, handler: HTTPRouteHandler, examples: Examples) -> None:
    """Complete the description of an operation."""
    operation.pop("deprecated")
    _parameters(operation, path, examples)
    _take(operation, [*handler.opt.get("takes", ()), *([KEY] if _repeatable(operation) else ())])
    _request(operation, handler)
    _answers(operation, handler, examples)
    for status in sorted(_problems(operation, path, handler)):
        operation["responses"].setdefault(str(status), problem_ref(status))
    _security(operation, handler)
    permission = permission_of(handler)
    if permission:
        tell_permit(operation, permission)


def counted(handler: HTTPRouteHandler) -> bool:
    """Whether a request counts against the rate limit."""
    return not handler.opt.get("unlimited")


def _guards(handler: Any) -> list[Any]:
    return handler.resolve_guards()


def _repeatable(operation: Operation) -> bool:
    """Whether it makes something (201), and answers a repeat with the same (200)."""
    return {"200", "201"} <= operation["responses"].keys()


def _parameters(operation: Operation, path: str, examples: Examples) -> None:
    for parameter in operation.get("parameters", []):
        for key in _NOISE & parameter.keys():
            del parameter[key]
        parameter["schema"] = examples.named(_plain(parameter["schema"]))
        if parameter["in"] == "path":
            before = path.partition("{" + parameter["name"] + "}")[0].rstrip("/").rpartition("/")[2]
            place = f"/{before}/{{{parameter['name']}}}"
            parameter["description"] = PATH_WORDS.get(place, parameter["name"])


def _take(operation: Operation, names: Sequence[str]) -> None:
    """Add parameters that the handler reads by itself."""
    known = {parameter["name"] for parameter in operation.get("parameters", [])}
    added = [parameter_ref(name) for name in names if name not in known]
    if added:
        operation.setdefault("parameters", []).extend(added)


def _plain(schema: Schema) -> Schema:
    """A parameter's schema: what is absent is never null, and the words stand beside it."""
    plain = {key: value for key, value in schema.items() if key not in ("description", "oneOf")}
    for one in schema.get("oneOf", ()):
        plain |= {} if one == {"type": "null"} else one
    if isinstance(plain.get("type"), list):
        (plain["type"],) = [kind for kind in plain["type"] if kind != "null"]
        plain["enum"] = [value for value in plain["enum"] if value is not None]
    if len(plain.get("allOf", ())) == 1:
        plain |= plain.pop("allOf")[0]
    for bound in ("minimum", "maximum"):
        if bound in plain and float(plain[bound]).is_integer():
            plain[bound] = int(plain[bound])
    return plain


def _request(operation: Operation, handler: HTTPRouteHandler) -> None:
    if "example" in handler.opt:
        operation["requestBody"]["content"]["application/json"]["example"] = handler.opt["example"]


def _answers(operation: Operation, handler: HTTPRouteHandler, examples: Examples) -> None:
    specs = handler.responses or {}
    own: dict[int, list[str]] = handler.opt.get("headers", {})
    usual = ("RateLimit", "RateLimit-Policy") if counted(handler) else ()
    for word, answer in list(operation["responses"].items()):
        status = int(word)
        if status >= 400 and status not in specs:
            del operation["responses"][word]  # Litestar's words for our errors
            continue
        if status in (204, 304):
            answer.pop("content", None)
        content: dict[str, Any] = answer.get("content", {})
        answer["description"] = _words(status, content, handler, examples)
        replayed = ["Idempotent-Replayed"] if status == 200 and _repeatable(operation) else []
        answer["headers"] = header_refs(*own.get(status, ()), *replayed, *usual)
        for media_type, body in content.items():
            if media_type == "application/json":
                body["schema"].pop("examples", None)  # Litestar's own, of a choice: at random
                body["example"] = examples.of(body["schema"]) | handler.opt.get("answer", {})
            else:
                body["schema"] = _STREAMS.get(media_type, _FILE)


def _words(
    status: int, content: dict[str, Any], handler: HTTPRouteHandler, examples: Examples
) -> str:
    specs = handler.responses or {}
    if status in specs:
        return specs[status].description
    if handler.response_description:
        return handler.response_description
    schema = content.get("application/json", {}).get("schema", {})
    words = examples.words(schema) if "$ref" in schema else ""
    return words or ("Done." if status == 204 else HTTPStatus(status).phrase)


def _problems(operation: Operation, path: str, handler: HTTPRouteHandler) -> set[int]:
    """The statuses of the problem documents that it can answer with."""
    found = set[int](handler.opt.get("problems", ()))
    if any(isinstance(guard, Needs) for guard in _guards(handler)):
        found |= {401, 403, 429, 503}
    elif anyone in _guards(handler):
        found |= {429, 503}
    if "requestBody" in operation:
        found |= {400, 413, 415, 422}
    if parameter_ref(KEY) in operation.get("parameters", []):
        found |= {400, 409, 422}
    named = [parameter for parameter in operation.get("parameters", []) if "name" in parameter]
    if any(parameter["in"] == "query" for parameter in named):
        found.add(422)
    if any(parameter["name"] == "cursor" for parameter in named):
        found.add(400)
    if "{" in path:
        found.add(404)
    return found


def _security(operation: Operation, handler: HTTPRouteHandler) -> None:
    """Say what differs from the usual: a token or a key."""
    guards = [guard for guard in _guards(handler) if isinstance(guard, Needs)]
    if "security" in handler.opt:
        operation["security"] = handler.opt["security"]
    elif not guards:
        operation["security"] = []
    elif any(guard.permission in SESSION_ONLY for guard in guards):
        operation["security"] = [{"bearer": []}]
