"""Component schemas: of the structs that routes take and give, as msgspec reads and writes them.

Litestar's own descriptions of structs lose defaults, limits and words; these replace them.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

import msgspec
from msgspec import UNSET, Struct, structs

from taskforge.db.job_filters import WORD_PATTERN
from taskforge.handlers.describe import components, structs_in

REF = "#/components/schemas/{name}"

Schema = dict[str, Any]
Schemas = dict[str, Schema]

_RULES = re.compile(r" \((?:SPEC §|[RST]-\d)[^()]*\)")
"""Where a rule of ours comes from: for readers of the source."""
_INNER = ("items", "additionalProperties", "propertyNames", "not")
_INNER_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
_INNER_MAPS = ("properties", "patternProperties", "$defs")


def ref(name: str) -> Schema:
    """A reference to a component."""
    return {"$ref": REF.format(name=name)}


def struct_schemas(taken: Iterable[Any], given: Iterable[Any]) -> Schemas:
    """The schemas of everything that routes take and give, by name.

    Answers have every field, with or without a value, unless their struct leaves defaults out: a
    client need not ask whether it is there.
    """
    requests, answers = list(taken), list(given)
    schemas = plain_copy(components([*requests, *answers], ref_template=REF))
    asked = {struct for thing in requests for struct in structs_in(thing)}
    answered = {struct for thing in answers for struct in structs_in(thing)}
    for struct in asked | answered:
        _date_times(schemas[struct.__name__], struct)
        if struct not in asked and not struct.__struct_config__.omit_defaults:
            _always_there(schemas[struct.__name__], struct)
    for schema in schemas.values():
        tidy(schema)
    name_enums(schemas)
    return schemas


def plain_copy(schema: Schema) -> Schema:
    """A copy as it would be read from JSON: defaults may be tuples and the like."""
    return msgspec.json.decode(msgspec.json.encode(schema))


def tidy(schema: Schema) -> None:
    """Say nothing that tells clients nothing, and all that does, here and in schemas inside."""
    for part in each(schema):
        if isinstance(part.get("title"), str):
            del part["title"]  # the component's or the field's own name
        if part.get("pattern") == WORD_PATTERN:
            del part["pattern"]  # no body gets so far with such characters, and few could read it
        if "description" in part:
            part["description"] = _RULES.sub("", part["description"])
        if len(part.get("enum", ())) == 1:
            part.update(word(part.pop("enum")[0]))
        if part.get("type") == "object" and "properties" not in part:
            part.setdefault("additionalProperties", True)  # else some read it as an empty object


def word(value: str) -> Schema:
    """A field that has one value, which clients fill in by themselves."""
    return {"type": "string", "const": value, "default": value}


def name_enums(schemas: Schemas, *, prefix: str = "") -> None:
    """Make a component of each closed set of words, so that clients have one name for it.

    Args:
        schemas: gets the new components; the named places refer to them.
        prefix: begins the name, which ends with the field's; by default the owner's name does.
    """
    named: dict[tuple[str, ...], str] = {}
    for owner, schema in sorted(schemas.items()):
        for field, shown in schema.get("properties", {}).items():
            for part in [part for part in each(shown) if len(part.get("enum", ())) > 1]:
                words = tuple(part.pop("enum"))
                part.pop("type", None)
                if words not in named:
                    short = prefix + pascal(field)
                    free = bool(prefix) and short not in schemas
                    named[words] = short if free else owner + pascal(field)
                    schemas[named[words]] = {"type": "string", "enum": list(words)}
                part.update(ref(named[words]))


def pascal(words: str) -> str:
    """`data_processing` as `DataProcessing`."""
    return "".join(word[:1].upper() + word[1:] for word in re.split(r"[^A-Za-z0-9]+", words))


def each(schema: Schema) -> Iterator[Schema]:
    """A schema and every schema inside it, without following references."""
    yield schema
    for keyword, value in list(schema.items()):
        if keyword in _INNER:
            inner = [value]
        elif keyword in _INNER_LISTS:
            inner = list(value)
        elif keyword in _INNER_MAPS:
            inner = list(cast("Mapping[str, Any]", value).values())
        else:
            continue
        for one in inner:
            if isinstance(one, dict):  # or true, or false
                yield from each(cast("Schema", one))


def _always_there(schema: Schema, struct: type[Struct]) -> None:
    for field in structs.fields(struct):
        if field.default is not UNSET:
            schema["properties"][field.encode_name].pop("default", None)
            if field.encode_name not in schema["required"]:
                schema["required"].append(field.encode_name)


def _date_times(schema: Schema, struct: type[Struct]) -> None:
    """Say which texts are moments; msgspec says so only of those that must have a time zone."""
    info = cast("msgspec.inspect.StructType", msgspec.inspect.type_info(struct))
    for field in info.fields:
        if _is_moment(field.type):
            for part in each(schema["properties"][field.encode_name]):
                if part.get("type") == "string":
                    part["format"] = "date-time"


def _is_moment(info: msgspec.inspect.Type) -> bool:
    parts = info.types if isinstance(info, msgspec.inspect.UnionType) else (info,)
    return any(isinstance(part, msgspec.inspect.DateTimeType) for part in parts)
