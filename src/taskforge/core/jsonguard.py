r"""Strict reading of JSON from outside: what gets past here can be stored and read back anywhere.

Refused on top of what msgspec refuses (bad UTF-8, raw control characters, lone surrogates, NaN,
trailing data, numbers beyond a double): duplicate keys, `\u0000`, integers beyond 64 bits, and
values that are too deep, too many or too long (R-50, R-52, S-46).

Most bodies need none of the slow checks; whole-body operations on the raw bytes prove it. Without
an escaped quote the text splits at its quotes into strings and structure, and the structure's
brackets and commas bound depth and number. Duplicate keys are found by writing the decoded value
again: a repeated key loses its colon, so unless a colon could be hidden in an escape (`\u003a`)
equal numbers of colons mean that no key was lost.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar, cast

import msgspec

from taskforge.core.errors import Fault, Invalid, Malformed

MAX_DEPTH = 32
MAX_NODES = 10_000
MAX_STRING = 65_536
"""Characters of one string or key."""
MAX_PAYLOAD = 262_144
"""Bytes of one job's payload as JSON."""

_INT_MIN, _INT_MAX = -(2**63), 2**64 - 1
_DIGITS = bytes(0x30 if 0x30 <= byte <= 0x39 else 0x20 for byte in range(256))
_LONG_NUMBER = b"0" * 19
_SQUARE = bytes.maketrans(b"{}", b"[]")
_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")
_AT = re.compile(r" - at `(?:key in )?\$(.*)`$")
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")
_NAMED = re.compile(r"(?:unknown|required) field `([^`]*)`")

AnyT = TypeVar("AnyT")


def decode(body: bytes, *, nodes: int = MAX_NODES) -> Any:
    r"""The value of a JSON text.

    Args:
        body: the whole text, UTF-8 without a byte order mark.
        nodes: most values, containers included, that it may have.

    Raises:
        Malformed: not JSON, or JSON with a key twice in one object.
        Invalid: JSON, but beyond a limit, or with `\u0000` or a number that cannot be stored.
    """
    value = _parse(body)
    if not _is_small(body, nodes):
        _check_size(value, nodes)
    if b"\\u0000" in body or _LONG_NUMBER in body.translate(_DIGITS):
        _check_scalars(value)
    if b"\\u003" in body or body.count(b":") != msgspec.json.encode(value).count(b":"):
        _refuse_duplicates(body)
    return value


def convert(value: Any, wanted: type[AnyT]) -> AnyT:
    """The decoded `value` as the type `wanted`, without any coercion.

    Raises:
        Invalid: it does not fit, with a pointer to the first fault.
    """
    try:
        return msgspec.convert(value, wanted)
    except msgspec.ValidationError as error:
        fault = fault_of(error)
        where = f"{fault.pointer}: " if fault.pointer else ""
        raise Invalid(f"{where}{fault.message}.", faults=[fault]) from error


def check_payload(payload: Any) -> bytes:
    """The payload as JSON bytes.

    Raises:
        Invalid: more than `MAX_PAYLOAD` bytes (R-50).
    """
    encoded = msgspec.json.encode(payload)
    if len(encoded) > MAX_PAYLOAD:
        raise _invalid("too_large", f"A payload may have {MAX_PAYLOAD:,} bytes, not more.")
    return encoded


def fault_of(error: msgspec.ValidationError, root: str = "") -> Fault:
    """What msgspec found, with a JSON Pointer instead of its own path.

    The pointer ends where msgspec's path does: it does not name the keys of free-form objects.

    Args:
        error: as raised by msgspec.
        root: pointer of the value that was converted.
    """
    text = str(error)
    at = _AT.search(text)
    pointer = root
    for step in _STEP.finditer(at[1] if at else ""):
        name = step[1] or step[2]
        if name == "...":
            break
        pointer += f"/{_escaped(name)}"
    else:
        named = _NAMED.search(text)
        if named:
            pointer += f"/{_escaped(named[1])}"
    return Fault(pointer, text[: at.start()] if at else text)


def _parse(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except RecursionError:
        raise _invalid("too_deep", f"The body is nested deeper than {MAX_DEPTH} levels.") from None
    except msgspec.ValidationError:
        raise _invalid("bad_number", "The body has a number that is out of range.") from None
    except UnicodeDecodeError:
        raise Malformed("The body is not valid UTF-8.", code="malformed_json") from None
    except msgspec.DecodeError as error:
        reason = str(error).removeprefix("JSON is malformed: ")
        raise Malformed(f"The body is not valid JSON: {reason}.", code="malformed_json") from None


def _is_small(body: bytes, nodes: int) -> bool:
    """Whether the bytes alone prove that depth, number and lengths are within the limits.

    False proves nothing. `body` is known to be well-formed.
    """
    brackets = body.count(b"[") + body.count(b"{")
    if brackets <= MAX_DEPTH and len(body) <= MAX_STRING and brackets + body.count(b",") < nodes:
        return True
    if b'\\"' in body:
        return False
    parts = body.split(b'"')
    if max(map(len, parts[1::2]), default=0) > MAX_STRING:
        return False
    outside = b"".join(parts[::2])
    if outside.count(b",") + outside.count(b"[") + outside.count(b"{") >= nodes:
        return False
    skeleton = outside.translate(_SQUARE, _NO_BRACKETS)
    for _ in range(MAX_DEPTH):  # each round takes away exactly the innermost level
        skeleton = skeleton.replace(b"[]", b"")
    return not skeleton


def _check_size(value: Any, nodes: int) -> None:
    level: list[Any] = [value]
    for depth in range(MAX_DEPTH + 2):
        nodes -= len(level)
        if nodes < 0:
            raise _invalid("too_many_values", "The body has too many values.")
        below: list[Any] = []
        for item in level:
            kind = _kind(item)
            if kind is dict:
                below.extend(item.values())
                _check_lengths(value, item)
            elif kind is list:
                below.extend(item)
            elif kind is str:
                _check_lengths(value, (item,))
            if depth >= MAX_DEPTH and kind in (dict, list):
                raise _invalid("too_deep", f"The body is nested deeper than {MAX_DEPTH} levels.")
        level = below


def _check_lengths(value: Any, strings: Iterable[str]) -> None:
    if all(len(item) <= MAX_STRING for item in strings):
        return
    pointer = next(
        (at for at, item in _scalars(value) if type(item) is str and len(item) > MAX_STRING), ""
    )
    raise _invalid("too_long", f"A string has more than {MAX_STRING:,} characters.", pointer)


def _check_scalars(value: Any) -> None:
    for pointer, item in _scalars(value):
        if type(item) is str:
            if "\x00" in item:
                raise _invalid("nul_character", "A string has the character U+0000.", pointer)
        elif type(item) is int and not _INT_MIN <= item <= _INT_MAX:
            raise _invalid("bad_number", "An integer has more than 64 bits.", pointer)


def _scalars(value: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    """All keys and scalars with their pointers; a key has the pointer of its object."""
    kind = _kind(value)
    if kind is dict:
        for key, item in value.items():
            yield pointer, key
            yield from _scalars(item, f"{pointer}/{_escaped(key[:64])}")
    elif kind is list:
        for index, item in enumerate(value):
            yield from _scalars(item, f"{pointer}/{index}")
    else:
        yield pointer, value


def _refuse_duplicates(body: bytes) -> None:
    def unique(pairs: list[tuple[str, Any]]) -> None:
        if len({key for key, _ in pairs}) < len(pairs):
            seen: set[str] = set()
            twice = next(key for key, _ in pairs if key in seen or seen.add(key))
            raise Malformed(f"The key {twice[:64]!r} stands twice in one object.",
                            code="duplicate_key")  # fmt: skip

    json.loads(body, object_pairs_hook=unique)


_kind = cast("Callable[[Any], object]", type)
"""`type`, without the guesses of a type checker about what it finds."""


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _invalid(code: str, message: str, pointer: str = "") -> Invalid:
    return Invalid(message, code=code, faults=[Fault(pointer, message)])
