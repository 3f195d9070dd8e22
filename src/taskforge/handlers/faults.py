"""What is wrong with a payload, with a JSON Pointer (RFC 6901) for each fault."""

import re
from collections.abc import Mapping, Sequence
from typing import cast, get_args

import msgspec

from taskforge.core.errors import Fault
from taskforge.handlers.base import Payload, PayloadType
from taskforge.handlers.places import choices_at, description_at

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
    given = cast("dict[object, object]", payload) if isinstance(payload, dict) else {}
    shape = _shape_faults(given, payload_type) if isinstance(payload, dict) else []
    return shape or [_fault(str(error), _chosen(given, payload_type))]


def _fault(text: str, payload_type: type[Payload] | None) -> Fault:
    """Take `Expected `int`, got `str` - at `$.a[0].b`` apart, and say what would be right."""
    found = _PATH.fullmatch(text)
    message, path = (found["message"], found["path"]) if found else (text, "")
    steps: list[str] = []
    for name, index in _STEP.findall(path):
        if index == "...":
            break  # some key of a map; msgspec does not say which
        steps.append(name or index)
    pointer = "".join([ROOT, *(f"/{_escaped(step)}" for step in steps)])
    field = _FIELD.fullmatch(message)
    if field:
        pointer += f"/{_escaped(field['field'])}"
    if found and found["key"]:
        message = f"{message}, in a key"
    elif payload_type is not None:
        message = _helpful(message, payload_type, steps)
    return Fault(pointer, message)


def _helpful(message: str, payload_type: type[Payload], steps: Sequence[str]) -> str:
    if message.startswith("Invalid enum value"):
        choices = ", ".join(map(repr, choices_at(payload_type, steps)))
        return f"{message}; it is one of {choices}" if choices else message
    if "matching regex" in message:
        wanted = description_at(payload_type, steps)
        return f"It does not have the right form. {wanted}" if wanted else message
    return message


def _chosen(payload: Mapping[object, object], payload_type: PayloadType) -> type[Payload] | None:
    """The member of a union that a payload means; None when it names none."""
    members = cast("Sequence[type[Payload]]", get_args(payload_type) or (payload_type,))
    if len(members) == 1:
        return members[0]
    said = payload.get(members[0].__struct_config__.tag_field)
    return next((it for it in members if it.__struct_config__.tag == said), None)


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
