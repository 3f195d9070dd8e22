"""The keys of a search, and what values each of them takes."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from typing import Annotated, Final, NamedTuple

import msgspec

from taskforge.core.fingerprint import FINGERPRINT_PATTERN
from taskforge.core.priority import BY_QUEUE, Priority
from taskforge.core.query_terms import PAYLOAD, WORD, Count, Field, Scalar, Span, Term, When, Words
from taskforge.core.states import JobStatus

OPERATORS: Final = (":", ">", ">=", "<", "<=")

_ID_DIGITS: Final = 32
_MAX_COUNT: Final = (1 << 31) - 1
_LONGEST_SHOWN: Final = 40
_NUMBER: Final = re.compile(r"-?(?:0|[1-9]\d{0,39})(?:\.\d{1,40})?(?:[eE][+-]?\d{1,3})?", re.ASCII)
_SPAN: Final = re.compile(r"(\d{1,15})(?:\.(\d{1,6}))?(ms|s|m|h|d|w|)", re.ASCII)
_SECONDS: Final = {"": 1, "s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_MICROSECONDS: Final = {"ms": 1_000, **{unit: n * 1_000_000 for unit, n in _SECONDS.items()}}
_FINGERPRINT: Final = re.compile(FINGERPRINT_PATTERN, re.ASCII)
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_BETWEEN_WORDS: Final = re.compile(r"[\x00-\x2f\x3a-\x60\x7b-\x7f]+")
_LOWER: Final = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
_Zoned = Annotated[datetime, msgspec.Meta(tz=True)]


class Value(NamedTuple):
    """A value as it stands in a search."""

    text: str
    quoted: bool
    at: int
    """Characters before it."""


class BadValue(Exception):
    """A value, or an operator, that a key does not take.

    Args:
        message: what is wrong, and what would be right.
        at: where the value begins; None means the operator.
    """

    def __init__(self, message: str, at: int | None = None) -> None:
        super().__init__(message)
        self.at = at


class Asked(NamedTuple):
    """The parts of a term with a key."""

    key: str
    path: tuple[str, ...]
    operator: str
    values: Sequence[Value]
    """One at least, and only one unless the operator is `:`."""
    negated: bool


def words_of(phrase: str) -> list[str]:
    """The words of an error, or of what is looked for in one.

    ASCII letters are taken in lower case, and ASCII punctuation and spaces part words; any other
    character belongs to one. The index does the same (`db.tables.ERROR_WORDS`).
    """
    return [word for word in _BETWEEN_WORDS.split(phrase.translate(_LOWER)) if word]


def hint(given: str, known: Sequence[str]) -> str:
    """`; did you mean …?`, when something known is like what was given."""
    near = get_close_matches(given[:_LONGEST_SHOWN], known, n=1)
    return f"; did you mean `{near[0]}`?" if near else ";"


def read_word(value: Value, *, negated: bool) -> Words:
    """A word without a key."""
    return Words(key=WORD, values=(_any(value),), negated=negated)


def _words(key: str, read: Callable[[Value], str]) -> Callable[[Asked], Words]:
    def reader(asked: Asked) -> Words:
        _check_is(asked, f"{asked.key}:{asked.values[0].text}")
        return Words(key=key, values=tuple(map(read, asked.values)), negated=asked.negated)

    return reader


def _field(asked: Asked) -> Field:
    _check_is(asked, f"{PAYLOAD}.rows:100")
    values = [Scalar(it.text, not it.quoted and _is_json(it.text)) for it in asked.values]
    return Field(path=asked.path, values=tuple(values), negated=asked.negated)


def _when(asked: Asked) -> When:
    _check_compares(asked, f"{asked.key}>-2h")
    values = (_moment(asked.key, asked.values[0]),)
    return When(key=asked.key, operator=asked.operator, values=values, negated=asked.negated)


def _span(asked: Asked) -> Span:
    _check_compares(asked, f"{asked.key}>30s")
    value = asked.values[0]
    span = _read_span(value.text)
    if span is None:
        raise BadValue("it is no span of time such as 500ms, 30s, 5m, 2h or 1d", value.at)
    return Span(key=asked.key, operator=asked.operator, values=(span,), negated=asked.negated)


def _count(asked: Asked) -> Count:
    for value in asked.values:
        whole = value.text.isascii() and value.text.isdigit() and len(value.text) <= 10
        if not whole or int(value.text) > _MAX_COUNT:
            raise BadValue("it is no whole number from 0 on", value.at)
    values = tuple(int(it.text) for it in asked.values)
    return Count(key=asked.key, operator=asked.operator, values=values, negated=asked.negated)


def _check_is(asked: Asked, example: str) -> None:
    if asked.operator != ":":
        raise BadValue(f"`{asked.key}` has no order; write {example[:_LONGEST_SHOWN]}")


def _check_compares(asked: Asked, example: str) -> None:
    if asked.operator == ":":
        raise BadValue(f"`{asked.key}` is compared with > >= < or <=; write for example {example}")


def _any(value: Value) -> str:
    if not value.text:
        raise BadValue("the value is empty", value.at)
    return value.text


def _one_of(known: Sequence[str], what: str) -> Callable[[Value], str]:
    def read(value: Value) -> str:
        given = value.text.lower()
        if given not in known:
            shown = value.text[:_LONGEST_SHOWN]
            message = f"there is no {what} {shown!r}{hint(given, known)} {what} is one of "
            raise BadValue(message + ", ".join(known), value.at)
        return given

    return read


def _queue(value: Value) -> str:
    return BY_QUEUE[_one_of(tuple(BY_QUEUE), "queue")(value)].value


def _id(value: Value) -> str:
    digits = value.text.replace("-", "").lower()
    if not 0 < len(digits) <= _ID_DIGITS or set(digits) - set("0123456789abcdef"):
        raise BadValue("an id, or the beginning of one, is of hexadecimal digits", value.at)
    return digits


def _phrase(value: Value) -> str:
    words = words_of(value.text)
    if not words:
        raise BadValue("there is no word in it to look for", value.at)
    return " ".join(words)


def _fingerprint(value: Value) -> str:
    found = value.text.lower()
    if not _FINGERPRINT.fullmatch(found):
        raise BadValue("a fingerprint has 16 hexadecimal digits", value.at)
    return found


def _moment(key: str, value: Value) -> datetime | timedelta:
    text = value.text
    ago = _read_span(text[1:]) if text.startswith("-") else None
    if ago is not None:
        return ago
    try:
        if _DAY.fullmatch(text):
            return datetime.fromisoformat(text).replace(tzinfo=UTC)
        return msgspec.convert(text, _Zoned).astimezone(UTC)
    except (ValueError, OverflowError):
        said = (
            f"it is no time; give a span back from now ({key}>-2h), a day in UTC (2026-01-31), "
            "or a moment with its zone (2026-01-31T08:00:00Z)"
        )
        raise BadValue(said, value.at) from None


def _read_span(text: str) -> timedelta | None:
    match = _SPAN.fullmatch(text)
    if match is None:
        return None
    unit = _MICROSECONDS[match[3]]
    fraction = int((match[2] or "").ljust(6, "0")) * unit // 1_000_000
    try:
        return timedelta(microseconds=int(match[1]) * unit + fraction)
    except OverflowError:
        return None


def _is_json(text: str) -> bool:
    return text in ("true", "false", "null") or _NUMBER.fullmatch(text) is not None


Reader = Callable[[Asked], Term]

KEYS: Final[Mapping[str, Reader]] = {
    "type": _words("type", _any),
    "status": _words("status", _one_of(tuple(JobStatus), "status")),
    "state": _words("status", _one_of(tuple(JobStatus), "status")),
    "priority": _words("priority", _one_of(tuple(Priority), "priority")),
    "queue": _words("priority", _queue),
    "tag": _words("tag", _any),
    "worker": _words("worker", _any),
    "id": _words("id", _id),
    "created_by": _words("created_by", _any),
    "schedule": _words("schedule", _any),
    "error": _words("error", _phrase),
    "failure": _words("failure", _fingerprint),
    PAYLOAD: _field,
    "created": _when,
    "finished": _when,
    "duration": _span,
    "attempt": _count,
    "failures": _count,
}
"""What reads a term with this key, by the key's name; raises BadValue."""
