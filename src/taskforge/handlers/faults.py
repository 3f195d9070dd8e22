"""What is wrong with a payload, with a JSON Pointer (RFC 6901) for each fault."""

import re
from collections.abc import Mapping, Sequence
from typing import cast, get_args

import msgspec

from taskforge.core.errors import Fault
from taskforge.handlers.base import Payload, PayloadType

ROOT = "/payload"
MAX_UNKNOWN = 10

_PATH = re.compile(r"(?P<message>.*?) - at (?P<key>`key` in )?`\$(?P<path>[^`]*)`", re.DOTALL)
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")
_FIELD = re.compile(
    r"Object (?:contains unknown|missing required) field `(?P<field>.*)`", re.DOTALL
)


def payload_faults(
    payload: object, payload_type: PayloadType, error: msgspec.ValidationError | RecursionError
) -> list[Fault]:
    """All that is missing or unknown at the top; if nothing is, the one fault that was found.

    Args:
        payload: what was refused.
        payload_type: what it was checked against.
        error: how msgspec put it.
    """
    if isinstance(error, RecursionError):
        return [Fault(ROOT, "it is nested too deeply")]
    if isinstance(payload, dict):
        shape = _shape_faults(cast("dict[object, object]", payload), payload_type)
        if shape:
            return shape
    return [_fault(str(error))]


def _fault(text: str) -> Fault:
    """Take `Expected `int`, got `str` - at `$.a[0].b`` apart."""
    found = _PATH.fullmatch(text)
    message, path = (found["message"], found["path"]) if found else (text, "")
    pointer = ROOT
    for name, index in _STEP.findall(path):
        if index == "...":
            break  # some key of a map; msgspec does not say which
        pointer += f"/{_escaped(name or index)}"
    field = _FIELD.fullmatch(message)
    if field:
        pointer += f"/{_escaped(field['field'])}"
    if found and found["key"]:
        message = f"{message}, in a key"
    return Fault(pointer, message)


def _shape_faults(payload: Mapping[object, object], payload_type: PayloadType) -> list[Fault]:
    members = cast("Sequence[type[Payload]]", get_args(payload_type) or (payload_type,))
    tag = members[0].__struct_config__.tag_field if len(members) > 1 else None
    tags = ", ".join(repr(member.__struct_config__.tag) for member in members)
    if tag is not None and tag in payload:
        chosen = [member for member in members if member.__struct_config__.tag == payload[tag]]
        if not chosen:
            return [Fault(f"{ROOT}/{_escaped(tag)}", f"`{tag}` is one of {tags}")]
        members = chosen
    fields = [msgspec.structs.fields(member) for member in members]
    # The tag first, then in the order of the struct: a form shows them so.
    first = [tag] if tag else []
    known = {*first, *(field.encode_name for of_one in fields for field in of_one)}
    # While it is open which member is meant, what some of them need is not missing yet.
    required = [{field.encode_name for field in of_one if field.required} for of_one in fields]
    needed = [
        *first,
        *(f.encode_name for f in fields[0] if all(f.encode_name in each for each in required)),
    ]
    missing = [
        Fault(
            f"{ROOT}/{_escaped(name)}",
            f"`{name}` is missing; it is one of {tags}" if name == tag else f"`{name}` is missing",
        )
        for name in needed
        if name not in payload
    ]
    unknown = [
        Fault(f"{ROOT}/{_escaped(str(name))}", f"`{str(name)[:100]}` is not a field of it")
        for name in payload
        if name not in known
    ]
    return [*missing, *unknown[:MAX_UNKNOWN]]


def _escaped(step: str) -> str:
    return step.replace("~", "~0").replace("/", "~1")
