"""Conditional and partial requests for a file that never changes (RFC 9110, 13 and 14)."""

import re
from typing import Any, NamedTuple

from taskforge.api.clients import header
from taskforge.core.errors import OutOfRange

_RANGE = re.compile(r"bytes\s*=\s*(\d{0,18})-(\d{0,18})\s*", re.IGNORECASE)


class Span(NamedTuple):
    """A part of a file."""

    start: int
    length: int
    partial: bool

    def content_range(self, size: int) -> str:
        """As the header of that name."""
        return f"bytes {self.start}-{self.start + self.length - 1}/{size}"


def is_known(scope: Any, tag: str) -> bool:
    """Whether the client has it already, as `If-None-Match` says.

    Args:
        scope: of the request.
        tag: the entity tag, quoted.
    """
    given = header(scope, b"if-none-match")
    seen = {part.strip().removeprefix("W/") for part in (given or "").split(",")}
    return tag in seen or "*" in seen


def span_of(scope: Any, tag: str, size: int) -> Span:
    """What is asked for: one range, or everything.

    Everything is also the answer to what is no range, to several at once, and to `If-Range` with
    another tag, or with a date: we give none.

    Raises:
        OutOfRange: it lies beyond the end.
    """
    whole = Span(0, size, partial=False)
    asked = header(scope, b"range")
    if asked is None or header(scope, b"if-range") not in (None, tag):
        return whole
    found = _RANGE.fullmatch(asked.strip())
    if found is None or not any(found.groups()):
        return whole
    first, last = found.groups()
    if not first:  # the last n bytes
        start, end = max(size - int(last), 0), size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return whole
    if start >= size:
        raise OutOfRange(f"The file has {size:,} bytes.", size=size)
    return Span(start, end - start, partial=True)
