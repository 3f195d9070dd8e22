"""The part of JSON Schema that an answer can be bound to, and the check of answers against it.

Small on purpose: each keyword here is one that the embedded engine can turn into a grammar, or that
can be checked in time that the schema's size bounds. There are no references and no patterns.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

import jsonschema_rs
import msgspec

MAX_BYTES = 16_384
MAX_DEPTH = 8
MAX_NODES = 200
MAX_CHOICES = 200
MAX_ITEMS = 100
MAX_LENGTH = 4_000
TYPES = frozenset({"object", "array", "string", "number", "integer", "boolean", "null"})

Schema = Mapping[str, Any]
Check = Callable[[Any], bool]


def check_schema(schema: Schema) -> None:
    """See that an answer can be bound to a schema.

    Raises:
        ValueError: it is too large, uses a keyword that is not supported, or is not a JSON Schema.
    """
    if len(msgspec.json.encode(schema)) > MAX_BYTES:
        raise ValueError(f"`response_schema` has more than {MAX_BYTES:,} bytes")
    for number, (path, node, depth) in enumerate(_nodes(schema)):
        if number >= MAX_NODES:
            raise ValueError(f"`response_schema` has more than {MAX_NODES} parts")
        if depth > MAX_DEPTH:
            raise ValueError(f"`response_schema` is nested deeper than {MAX_DEPTH} levels")
        _check_node(path, node)
    try:
        jsonschema_rs.validator_for(dict(schema), offline=True)
    except (ValueError, TypeError) as error:
        line = str(error).partition("\n")[0][:300]
        raise ValueError(f"`response_schema` is not a JSON Schema: {line}") from error


def faults_of(answer: Any, schema: Schema) -> list[str]:
    """How an answer departs from its schema, at most five faults; empty when it fits."""
    validator = jsonschema_rs.validator_for(dict(schema), offline=True)
    faults: list[str] = []
    for error in validator.iter_errors(answer):
        if len(faults) == 5:
            break
        place = "/".join(str(step) for step in error.instance_path)
        faults.append(f"{place or 'the answer'}: {error.message[:200]}")
    return faults


def _nodes(schema: Any) -> Iterator[tuple[str, Any, int]]:
    """Every schema inside a schema, with its path and depth."""
    waiting: list[tuple[str, Any, int]] = [("", schema, 1)]
    while waiting:
        path, node, depth = waiting.pop(0)
        yield path, node, depth
        if isinstance(node, dict) and depth <= MAX_DEPTH:
            inner = cast("dict[str, Any]", node)
            waiting += [(f"{path}/{step}", part, depth + 1) for step, part in _inner(inner)]


def _inner(node: Schema) -> Iterator[tuple[str, Any]]:
    properties = node.get("properties")
    if isinstance(properties, dict):
        named = cast("dict[str, Any]", properties)
        yield from ((f"properties/{name}", part) for name, part in named.items())
    options = node.get("anyOf")
    if isinstance(options, list):
        listed = cast("list[Any]", options)
        yield from ((f"anyOf/{index}", part) for index, part in enumerate(listed))
    if "items" in node:
        yield "items", node["items"]


def _check_node(path: str, node: Any) -> None:
    place = f"`response_schema{path}`"
    if not isinstance(node, dict):
        raise ValueError(f"{place} is not an object")
    for keyword, value in cast("dict[str, Any]", node).items():
        rule = KEYWORDS.get(keyword)
        if rule is None:
            known = ", ".join(KEYWORDS)
            raise ValueError(f"{place}: `{keyword[:40]}` is not supported; there are {known}")
        takes, allowed = rule
        if not takes(value):
            raise ValueError(f"{place}: `{keyword}` must be {allowed}")


def _is_type(value: Any) -> bool:
    if isinstance(value, list):
        kinds = cast("list[Any]", value)
        return 0 < len(kinds) <= len(TYPES) and all(_is_type(kind) for kind in kinds)
    return isinstance(value, str) and value in TYPES


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and 0 < len(cast("list[Any]", value)) <= MAX_CHOICES


def _up_to(most: int) -> Check:
    return lambda value: type(value) is int and 0 <= value <= most


KEYWORDS: dict[str, tuple[Check, str]] = {
    "type": (_is_type, "a type's name, or a list of them"),
    "properties": (lambda value: isinstance(value, dict), "an object of schemas"),
    "required": (lambda value: isinstance(value, list), "a list of names"),
    "additionalProperties": (lambda value: isinstance(value, bool), "true or false"),
    "items": (lambda value: isinstance(value, dict), "one schema"),
    "anyOf": (_is_list, f"a list of at most {MAX_CHOICES} schemas"),
    "enum": (_is_list, f"a list of at most {MAX_CHOICES} values"),
    "const": (lambda value: True, "a value"),
    "minItems": (_up_to(MAX_ITEMS), f"a whole number up to {MAX_ITEMS}"),
    "maxItems": (_up_to(MAX_ITEMS), f"a whole number up to {MAX_ITEMS}"),
    "minLength": (_up_to(MAX_LENGTH), f"a whole number up to {MAX_LENGTH:,}"),
    "maxLength": (_up_to(MAX_LENGTH), f"a whole number up to {MAX_LENGTH:,}"),
    "minimum": (_is_number, "a number"),
    "maximum": (_is_number, "a number"),
    "title": (lambda value: isinstance(value, str), "text"),
    "description": (lambda value: isinstance(value, str), "text"),
}
"""Each keyword, what it takes, and how to say that."""
