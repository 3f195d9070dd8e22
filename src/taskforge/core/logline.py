"""A log event on its way to a line: errors told apart, secrets hidden, one JSON object in the end.

Everything here takes whatever it is given and raises nothing: a line must never break what it
tells of.
"""

import sys
import traceback
from collections.abc import Mapping, MutableMapping
from datetime import datetime
from types import TracebackType
from typing import Any, cast

import msgspec

from taskforge.core.plain import visible_text
from taskforge.core.redact import MASK, is_secret_name, masked, scrubbed, text_of

Event = MutableMapping[str, Any]

OURS = frozenset(
    {"timestamp", "level", "logger", "event", "service.name", "service.version", "request_id",
     "trace_id", "span_id", "job_id", "job_type", "queue", "attempt", "worker", "status", "route",
     "status_code", "duration_ms", "user_id", "error.type"}
)  # fmt: skip
"""Ids, numbers and words of our own making: nothing in them has to be hidden."""
LONGEST_LINE = 16_000
"""Bytes; container engines break longer lines, and half a line is no JSON."""
STACK_CHARACTERS = 8_000
_CUTS = (4_000, 1_000, 100)
"""Characters of each text in a line that is too long; tried in turn."""


def explain(event: Event) -> None:
    """Put `error` and `exc_info`, as `log` takes them, into `error.type`, `.message`, `.stack`."""
    error: Any = event.pop("error", None)
    raised: Any = event.pop("exc_info", None)
    if raised is True:
        raised = sys.exc_info()[1]
    elif isinstance(raised, tuple):  # as `logging` has it: class, exception, traceback
        raised = cast("tuple[Any, ...]", raised)[1]
    if isinstance(raised, BaseException):
        error = raised
        event["error.stack"] = stack_of(raised)
    if isinstance(error, BaseException):
        event["error.type"] = _name_of(type(error))
        event["error.message"] = text_of(error)
    elif error is not None:
        event["error.message"] = text_of(error)


def stack_of(error: BaseException, trace: TracebackType | None = None) -> str:
    """Its traceback, causes included, and none of the local variables (they hold payloads)."""
    try:
        lines = traceback.format_exception(type(error), error, trace or error.__traceback__)
    except Exception:  # noqa: BLE001 - it asks the exceptions for their texts
        lines = traceback.format_tb(error.__traceback__)
    return _cut("".join(lines).rstrip(), STACK_CHARACTERS)


def hide(event: Event) -> None:
    """Hide secrets, by the name of the key and by the shape of the value.

    A text that no line could hold is cut before it is searched: that takes time for each character.
    """
    for key, value in event.items():
        if key in OURS:
            continue
        if is_secret_name(key):
            event[key] = MASK
        elif type(value) is str:
            event[key] = masked(_cut(value, LONGEST_LINE))
        else:
            event[key] = scrubbed(value)


def to_json(event: Event) -> bytes:
    """The event as one line of JSON in printable characters, at most LONGEST_LINE bytes.

    Its texts are cut until it fits; where they are too many for that, ours alone are left.
    """
    line = _encoded(event)
    if not line.isascii() or b"\x7f" in line:
        line = _escaped(line)
    for most in _CUTS:
        if len(line) <= LONGEST_LINE:
            break
        line = _escaped(_encoded({key: _shortened(it, most) for key, it in event.items()}))
    if len(line) > LONGEST_LINE:
        ours = {key: _shortened(it, _CUTS[-1]) for key, it in event.items() if key in OURS}
        line = _escaped(_encoded(ours))
    return line + b"\n"


def visible(value: Any) -> Any:
    """A value for a terminal: nothing in it moves the cursor, turns the text or ends the line."""
    if isinstance(value, bool | int | float | None):
        return value
    return visible_text(text_of(value)).replace("\n", "␊")


def visible_lines(text: str) -> str:
    """Text of several lines, each set in: none of them passes for a line of the log."""
    return "\n".join(f"    {visible_text(line)}" for line in text.split("\n"))


_encoder = msgspec.json.Encoder(enc_hook=text_of)


def _encoded(event: Mapping[str, Any]) -> bytes:
    try:
        return _encoder.encode(event)
    except Exception:  # noqa: BLE001 - lone surrogates, huge numbers, whatever a value may be
        plain = {str(key): _shortened(value, _CUTS[0]) for key, value in event.items()}
        return _encoder.encode(plain)


def _escaped(line: bytes) -> bytes:
    r"""The same JSON with `\u` for all that a terminal would obey: JSON itself minds C0 alone."""
    text = line.decode()
    if text.isprintable():
        return line
    return "".join(it if it.isprintable() else _unicode_escape(it) for it in text).encode()


def _unicode_escape(character: str) -> str:
    units = character.encode("utf-16-be")
    return "".join(f"\\u{units[n]:02x}{units[n + 1]:02x}" for n in range(0, len(units), 2))


def _shortened(value: Any, most: int) -> Any:
    small = isinstance(value, int) and abs(value) < 2**63
    if small or isinstance(value, float | datetime | None):
        return value
    return _cut(text_of(value).encode(errors="replace").decode(), most)


def _cut(text: str, most: int) -> str:
    """At most so many characters: a third from the beginning, the rest from the end."""
    if len(text) <= most:
        return text
    return f"{text[: most // 3]} … {text[len(text) - most + most // 3 + 3 :]}"


def _name_of(kind: type[BaseException]) -> str:
    """As OpenTelemetry has it in `error.type`: with its module, unless it is a built-in."""
    name = kind.__qualname__
    return name if kind.__module__ == "builtins" else f"{kind.__module__}.{name}"
