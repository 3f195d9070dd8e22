"""The whole description: OpenAPI 3.1, with the job types that the process has."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, get_args

import msgspec
from litestar import Litestar, Response
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from taskforge.api.errors import Problem
from taskforge.api.openapi.examples import Examples
from taskforge.api.openapi.frames import FRAMES, add_frames
from taskforge.api.openapi.hooks import webhooks
from taskforge.api.openapi.operations import finish
from taskforge.api.openapi.orders import add_orders
from taskforge.api.openapi.parts import UPLOAD_FORM, shared_parts
from taskforge.api.openapi.schemas import Schemas, ref, struct_schemas
from taskforge.core.webhook import WebhookBody
from taskforge.flows.deps import Deps
from taskforge.handlers.describe import TypeDescription

_NOT_OURS = "ValidationException"


def describe(app: Litestar, types: Mapping[str, TypeDescription]) -> dict[str, Any]:
    """The description as plain data, fit to be written as JSON.

    Args:
        app: whose routes it describes; it need not have been started.
        types: the job types to spell out, by name.
    """
    generated = msgspec.json.encode(app.openapi_schema.to_schema())
    described: dict[str, Any] = msgspec.json.decode(generated)
    schemas: Schemas = described["components"]["schemas"]
    schemas.pop(_NOT_OURS, None)
    handlers = {str(handler.operation_id): handler for handler in _handlers(app)}
    schemas |= struct_schemas(_taken(handlers.values()), _given(handlers.values()))
    schemas["BulkOrder"]["properties"]["jobs"]["items"] = ref("JobOrder")
    schemas["UploadForm"] = UPLOAD_FORM
    add_frames(schemas)
    add_orders(schemas, types)
    examples = Examples(schemas)
    described["webhooks"] = webhooks(schemas, examples.of(ref("WebhookBody")))
    described["components"] |= shared_parts()
    described["components"]["schemas"] = dict(sorted(schemas.items()))
    described["paths"] = dict(sorted(described["paths"].items()))
    for path, operations in described["paths"].items():
        for operation in operations.values():
            finish(operation, path, handlers[operation["operationId"]], examples)
    return described


def schema_bytes(app: Litestar) -> bytes:
    """The description of a running application as JSON, made once."""
    known: bytes | None = app.state.get("openapi_json")
    if known is None:
        deps: Deps = app.state["deps"]
        made = msgspec.json.encode(describe(app, deps.registry.descriptions))
        known = app.state["openapi_json"] = made
    return known


def _handlers(app: Litestar) -> Iterator[HTTPRouteHandler]:
    """Those that have an operation to describe."""
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            yield from (handler for handler in route.route_handlers if handler.operation_id)


def _taken(handlers: Iterable[HTTPRouteHandler]) -> list[Any]:
    """The types of request bodies."""
    fields = [handler.parsed_data_field for handler in handlers]
    return _structs(field.annotation for field in fields if field is not None)


def _given(handlers: Iterable[HTTPRouteHandler]) -> list[Any]:
    """The types of answers, problems, webhooks and live events."""
    given: list[Any] = [Problem, WebhookBody, *FRAMES]
    for handler in handlers:
        returned = handler.parsed_return_field
        inner = returned.inner_types[0] if returned.is_subclass_of(Response) else returned
        specs: dict[int, Any] = dict(handler.responses or {})
        given += [inner.annotation, *chain.from_iterable(_members(it) for it in specs.values())]
    return _structs(given)


def _members(spec: Any) -> tuple[Any, ...]:
    """The one type of an answer, or those of a choice."""
    return get_args(spec.data_container) or (spec.data_container,)


def _structs(types: Iterable[Any]) -> list[Any]:
    found = [one for one in types if isinstance(one, type) and issubclass(one, msgspec.Struct)]
    return list(dict.fromkeys(found))
