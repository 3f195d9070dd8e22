"""The terms of a search: what it asks for, and how that is written.

A term's text is one that `query.parse` reads as the same term, whatever is in its values.
"""

import re
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import msgspec

WORD: Final = "word"
"""The key of values that stand without one."""
PAYLOAD: Final = "payload"
"""What a path begins with."""

RESERVED: Final = frozenset({"AND", "OR", "NOT"})
"""Words that mean something elsewhere, or here; quoted they are words."""

_PLAIN: Final = re.compile(r"\w[\w.@/+-]*")


class Scalar(NamedTuple):
    """A value that is looked for in JSON."""

    text: str
    bare: bool
    """Whether it means the JSON number, boolean or null of that spelling too."""


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """Any of these values."""

    key: str
    values: tuple[str, ...]
    negated: bool = False

    def __str__(self) -> str:
        said = ",".join(map(_written, self.values))
        return _sign(self) + (said if self.key == WORD else f"{self.key}:{said}")


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """Any of these values at a place in the payload; arrays on the way are looked into."""

    path: tuple[str, ...]
    values: tuple[Scalar, ...]
    negated: bool = False

    def __str__(self) -> str:
        path = "".join(f".{_quoted(step)}" for step in self.path)
        said = ",".join(it.text if it.bare else _quoted(it.text) for it in self.values)
        return f"{_sign(self)}{PAYLOAD}{path}:{said}"


class When(msgspec.Struct, frozen=True, kw_only=True):
    """Before or after a moment."""

    key: str
    operator: str
    values: tuple[datetime | timedelta]
    """In UTC; a span counts back from now."""
    negated: bool = False

    def __str__(self) -> str:
        (at,) = self.values
        said = at.isoformat() if isinstance(at, datetime) else f"-{_span(at)}"
        return f"{_sign(self)}{self.key}{self.operator}{said}"


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """Shorter or longer than this."""

    key: str
    operator: str
    values: tuple[timedelta]
    negated: bool = False

    def __str__(self) -> str:
        return f"{_sign(self)}{self.key}{self.operator}{_span(self.values[0])}"


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """A number, or with the operator `:` any of several."""

    key: str
    operator: str
    values: tuple[int, ...]
    negated: bool = False

    def __str__(self) -> str:
        return f"{_sign(self)}{self.key}{self.operator}{','.join(map(str, self.values))}"


Term = Words | Field | When | Span | Count
Query = tuple[Term, ...]
"""All of them must hold."""


def write(query: Query) -> str:
    """The search in its one canonical form."""
    return " ".join(map(str, query))


def _sign(term: Term) -> str:
    return "-" if term.negated else ""


def _written(text: str) -> str:
    return text if _PLAIN.fullmatch(text) and text not in RESERVED else _quoted(text)


def _quoted(text: str) -> str:
    inner = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{inner}"'


def _span(span: timedelta) -> str:
    seconds, rest = divmod(span, timedelta(seconds=1))
    return f"{seconds}.{rest.microseconds:06}s"
