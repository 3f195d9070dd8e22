"""Showing where a search cannot be understood."""

from collections.abc import Generator
from contextlib import contextmanager

from taskforge.cli.output import UNPRINTABLE
from taskforge.core.errors import Invalid

_BEFORE, _AFTER = 50, 20
"""Characters of the search that are shown on both sides of the place."""


@contextmanager
def pointing(query: str | None) -> Generator[None]:
    """Add the search to a refusal of it, with a mark under the place.

    Raises:
        Invalid: the refusal.
    """
    try:
        yield
    except Invalid as error:
        at = next((fault.at for fault in error.faults if fault.at is not None), None)
        if query is None or at is None:
            raise
        begin = max(0, at - _BEFORE)
        shown = "".join(c if c.isprintable() else UNPRINTABLE for c in query[begin : at + _AFTER])
        detail = f"{error.detail}\n  {shown}\n  {' ' * (at - begin)}^"
        raise Invalid(detail, code=error.code, faults=error.faults) from error
