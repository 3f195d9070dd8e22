"""What clients are told of a job type, in a form that a form generator can work with.

msgspec describes the types. To that come what Python's own words say of each field: a title made
of its name, and the text under it in its struct, as `description`. The API describes what its
routes take and give in the same way.

Two words of a schema are for forms alone, given by `Meta(extra_json_schema=…)`: `writeOnly: true`
for a secret, which no form shows or keeps, and `x-upload` for a text that may name an upload, with
the form of that name: `{id}`, or `upload:{id}`.
"""

import ast
import inspect
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import pairwise
from types import ModuleType
from typing import Any, cast

import msgspec

from taskforge.core.priority import Priority
from taskforge.handlers.base import JobType, Viewer


class RetryDelays(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds between attempts: the base, doubled with each failure, up to the maximum."""

    base_seconds: float
    max_seconds: float
    jitter: float
    """Most that is added at random, as a fraction of the delay."""


class TypeLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What a job of a type gets unless it asks for something else."""

    timeout_seconds: int
    max_retries: int
    concurrency: int | None
    """Most that one worker process runs at once; null: as many as it has slots."""
    retry: RetryDelays | None
    """Null: the installation's own."""


class TypeDescription(msgspec.Struct, frozen=True, kw_only=True):
    """A job type as `GET /job-types` tells it."""

    name: str
    title: str
    description: str
    icon: str
    """A name of lucide's icon set."""
    version: int
    payload_schema: dict[str, Any]
    """JSON Schema 2020-12, with its definitions inside."""
    result_schema: dict[str, Any] | None
    """The same of the result, where the type says what it is."""
    examples: list[dict[str, Any]]
    viewer: Viewer
    """How to show a result."""
    priority: Priority
    """Of orders that name none."""
    limits: TypeLimits
    concurrency_limit: int | None = None
    """Most that all workers together run at once; null: no limit, 0: none is started."""
    running: int = 0
    offers: dict[str, list[str]] = {}
    """What this installation offers now for fields whose values depend on it, by field."""


def describe(job_type: JobType) -> TypeDescription:
    """Everything about a type that clients are told."""
    retry = job_type.retry
    return TypeDescription(
        name=job_type.name,
        title=job_type.title,
        description=inspect.cleandoc(job_type.description),
        icon=job_type.icon,
        version=job_type.version,
        payload_schema=json_schema(job_type.payload, words=True),
        result_schema=None if job_type.result is None else json_schema(job_type.result, words=True),
        examples=job_type.examples,
        viewer=job_type.viewer,
        priority=job_type.priority or Priority.NORMAL,
        limits=TypeLimits(
            timeout_seconds=job_type.timeout_seconds,
            max_retries=job_type.max_retries,
            concurrency=job_type.concurrency,
            retry=RetryDelays(**retry._asdict()) if retry else None,
        ),
    )


def json_schema(thing: Any, *, words: bool = False) -> dict[str, Any]:
    """The JSON Schema of a type; a mapping is one already.

    Args:
        thing: what msgspec can describe, or a schema.
        words: add titles and descriptions of fields, which takes reading the source.

    Raises:
        TypeError: msgspec cannot describe it.
    """
    if isinstance(thing, Mapping):
        schema = cast("Mapping[str, Any]", thing)
        return msgspec.json.decode(msgspec.json.encode(schema), type=dict[str, Any])
    schema = msgspec.json.schema(thing)
    if words:
        _say_all(schema.get("$defs", {}), structs_in(thing))
    return schema


def components(things: Iterable[Any], *, ref_template: str) -> dict[str, dict[str, Any]]:
    """The JSON Schemas of types and of all that they are made of, by name, with words.

    Args:
        things: what msgspec can describe.
        ref_template: how one refers to another, with `{name}` in it.
    """
    listed = list(things)
    _, schemas = msgspec.json.schema_components(listed, ref_template=ref_template)
    for thing in listed:
        _say_all(schemas, structs_in(thing))
    return schemas


def structs_in(thing: Any) -> Iterator[type[msgspec.Struct]]:
    """Every struct that a type is made of, once."""
    return _structs(msgspec.inspect.type_info(thing), set())


def _say_all(schemas: dict[str, Any], structs: Iterable[type[msgspec.Struct]]) -> None:
    for struct in structs:
        schema = schemas.get(struct.__name__, {})
        if "properties" in schema:
            _add_words(schema["properties"], struct)


def _add_words(properties: dict[str, dict[str, Any]], struct: type[msgspec.Struct]) -> None:
    said = _field_docs(struct)
    for field in msgspec.structs.fields(struct):
        shown = properties[field.encode_name]
        shown.setdefault("title", field.encode_name.replace("_", " ").strip().capitalize())
        if field.name in said:
            shown.setdefault("description", said[field.name])


def _structs(info: Any, seen: set[int]) -> Iterator[type[msgspec.Struct]]:
    if id(info) in seen:
        return
    seen.add(id(info))
    if isinstance(info, msgspec.inspect.StructType):
        yield info.cls
    if isinstance(info, msgspec.Struct):
        for name in info.__struct_fields__:
            value = getattr(info, name)
            for part in value if isinstance(value, tuple) else (value,):  # pyright: ignore[reportUnknownVariableType] - decided by the part itself
                yield from _structs(part, seen)


def _field_docs(struct: type[msgspec.Struct]) -> dict[str, str]:
    """The words under each field, those of a nearer base first."""
    said: dict[str, str] = {}
    for cls in reversed(struct.__mro__):
        module = sys.modules.get(cls.__module__)
        if module is not None:
            said |= _docs_of(module).get(cls.__qualname__, {})
    return said


@cache
def _docs_of(module: ModuleType) -> dict[str, dict[str, str]]:
    """By class and field; empty for a module without readable source."""
    try:
        tree = ast.parse(inspect.getsource(module))
    except (OSError, TypeError, SyntaxError):
        return {}
    return {node.name: _docs_in(node) for node in tree.body if isinstance(node, ast.ClassDef)}


def _docs_in(node: ast.ClassDef) -> dict[str, str]:
    docs: dict[str, str] = {}
    for field, below in pairwise(node.body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            match below:
                case ast.Expr(value=ast.Constant(value=str() as text)):
                    docs[field.target.id] = inspect.cleandoc(text)
                case _:
                    pass
    return docs
