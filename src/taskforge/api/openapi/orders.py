"""Orders as a union told apart by `type`, with the payload of each job type spelled out.

To the server's decoder an order is one struct, whose payload the registry checks. Clients see what
the registry knows: a component for each job type that the describing process has, plug-ins
included. There is no open variant for types that it has not: in languages with structural types it
would take every order, and no payload would be checked any more.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from taskforge.api.openapi.schemas import (
    Schema,
    Schemas,
    each,
    name_enums,
    pascal,
    plain_copy,
    ref,
    tidy,
    word,
)
from taskforge.handlers.describe import TypeDescription

_LOCAL = "#/$defs/"


def add_orders(schemas: Schemas, types: Mapping[str, TypeDescription]) -> None:
    """Turn the component `JobOrder` into a union of one component for each job type.

    Args:
        schemas: all components, `JobOrder` as the decoder has it among them.
        types: by name; when there are none, the component stays.
    """
    if not types:
        return
    plain = schemas["JobOrder"]
    variants: dict[str, str] = {}
    for name in sorted(types):
        variants[name] = _free(pascal(name) + "Order", schemas)
        schemas[variants[name]] = {}  # the name is taken
    for name, payload in _add_payloads(schemas, types).items():
        schemas[variants[name]] |= _variant(plain, types[name], schemas, payload)
    mapping = {name: ref(variant)["$ref"] for name, variant in variants.items()}
    schemas["JobOrder"] = {
        "description": plain["description"],
        "oneOf": [{"$ref": where} for where in mapping.values()],
        "discriminator": {"propertyName": "type", "mapping": mapping},
    }


def _variant(plain: Schema, it: TypeDescription, schemas: Schemas, payload: str) -> Schema:
    """The component of one type's orders."""
    own = {"type": word(it.name), "payload": ref(payload)}
    examples = [{"type": it.name, "payload": example} for example in it.examples[:1]]
    copied = plain_copy(plain)
    return copied | {
        "description": f"An order for a job of the type `{it.name}`.",
        "properties": own | {k: v for k, v in copied["properties"].items() if k not in own},
        "required": [*own] if _needs_something(schemas, payload) else ["type"],
        "examples": examples,
    }


def _add_payloads(schemas: Schemas, types: Mapping[str, TypeDescription]) -> dict[str, str]:
    """Add a component for each payload; the component's name by job type.

    Types that take the same payload share it: it has the name of the one with the most examples.
    """
    shared: dict[bytes, str] = {}
    for it in sorted(types.values(), key=lambda it: (-len(it.examples), it.name)):
        content = msgspec.json.encode(it.payload_schema)
        if content not in shared:
            shared[content] = _free(pascal(it.name) + "Payload", schemas)
            schemas |= _hoisted(it, shared[content], schemas)
    return {name: shared[msgspec.json.encode(it.payload_schema)] for name, it in types.items()}


def _hoisted(it: TypeDescription, name: str, schemas: Schemas) -> Schemas:
    """A payload's schema as components: its root under `name`, its definitions beside it."""
    root = plain_copy(it.payload_schema)
    inner: Schemas = root.pop("$defs", {})
    prefix = pascal(it.name)
    target = root["$ref"].removeprefix(_LOCAL) if set(root) == {"$ref"} else None
    names = {old: _free(prefix + pascal(old), schemas) for old in inner}
    if target in inner:
        names[target], root = name, inner[target]
    found = {names[old]: schema for old, schema in inner.items()} | {name: root}
    if not all(_relinked(part, names) for schema in found.values() for part in each(schema)):
        return {name: {"type": "object", "description": f"See `GET /api/v1/job-types/{it.name}`."}}
    for schema in found.values():
        tidy(schema)
    name_enums(found, prefix=prefix)
    return found


def _relinked(part: Schema, names: Mapping[str, str]) -> bool:
    """Let references lead to the components; whether all of them do."""
    mapping: dict[str, str] = part.get("discriminator", {}).get("mapping", {})
    olds = [part["$ref"]] if "$ref" in part else []
    if not all(old.removeprefix(_LOCAL) in names for old in [*olds, *mapping.values()]):
        return False
    for old in olds:
        part |= ref(names[old.removeprefix(_LOCAL)])
    for tag, old in mapping.items():
        mapping[tag] = ref(names[old.removeprefix(_LOCAL)])["$ref"]
    return True


def _needs_something(schemas: Schemas, name: str) -> bool:
    """Whether a payload without any field would be refused."""
    schema = schemas[name]
    union: list[Any] = schema.get("anyOf", [])
    if not union:
        return bool(schema.get("required"))
    return all(_needs_something(schemas, one["$ref"].rpartition("/")[2]) for one in union)


def _free(name: str, schemas: Schemas) -> str:
    """The name, or the first one after it that no component has."""
    number, free = 1, name
    while free in schemas:
        number += 1
        free = f"{name}{number}"
    return free
