"""What a place in a payload may hold, so that a refusal can say what would be right."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from taskforge.handlers.base import Payload

MAX_CHOICES = 30


def choices_at(payload_type: type[Payload], steps: Sequence[str]) -> list[Any]:
    """The values that are allowed there, if they are listed; at most 30."""
    found = [value for node in _nodes(payload_type, steps) for value in node.get("enum", ())]
    return list(dict.fromkeys(found))[:MAX_CHOICES]


def description_at(payload_type: type[Payload], steps: Sequence[str]) -> str | None:
    """What the schema says of this place to people."""
    found = (node.get("description") for node in _nodes(payload_type, steps))
    return next(filter(None, found), None)


def _nodes(payload_type: type[Payload], steps: Sequence[str]) -> list[dict[str, Any]]:
    """The schemas that apply to a place: of unions, all members that have it."""
    (root,), definitions = msgspec.json.schema_components([payload_type])
    nodes = list(_spread(root, definitions))
    for step in steps:
        nodes = [
            spread
            for node in nodes
            for inner in _inner(node, step)
            for spread in _spread(inner, definitions)
        ]
    return nodes


def _spread(node: dict[str, Any], definitions: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A schema without references, and the members of a union beside it."""
    yield node
    if "$ref" in node:
        yield from _spread(definitions[node["$ref"].rpartition("/")[2]], definitions)
    for member in node.get("anyOf", ()):
        yield from _spread(member, definitions)


def _inner(node: dict[str, Any], step: str) -> Iterator[dict[str, Any]]:
    if step.isdigit():
        places = node.get("prefixItems", ())
        inner = places[int(step)] if int(step) < len(places) else node.get("items")
    else:
        inner = node.get("properties", {}).get(step, node.get("additionalProperties"))
    if isinstance(inner, dict):
        yield inner
