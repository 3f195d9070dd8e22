"""Lists of the API, page by page, as one."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from taskforge.cli.client import Api
from taskforge.cli.client_http import RETRY_SECONDS
from taskforge.core.errors import Unavailable
from taskforge.core.history import LogLevel

PAGE = 200
"""The most that the API gives at once."""

T = TypeVar("T")


class Page(msgspec.Struct, frozen=True):
    """Items, and where to go on."""

    items: list[msgspec.Raw]
    """Each as it came."""
    next_cursor: str | None = None

    def read(self, kind: type[T]) -> list[T]:
        """The items as structs.

        Raises:
            Unavailable: they are something else.
        """
        try:
            return [msgspec.json.decode(item, type=kind) for item in self.items]
        except (msgspec.MsgspecError, ValueError) as error:
            raise Unavailable(
                f"The list cannot be read ({error}); is this TaskForge?", retry_after=RETRY_SECONDS
            ) from error


def collect(
    api: Api, path: str, filters: Mapping[str, Any], *, limit: int, cursor: str | None = None
) -> Page:
    """The first items of a list, over as many pages as they take.

    Args:
        api: where it is.
        path: below `/api/v1`.
        filters: query parameters.
        limit: most items.
        cursor: where an earlier list ended.
    """
    items: list[msgspec.Raw] = []
    while True:
        query = {**filters, "limit": min(PAGE, limit - len(items))}
        page = api.get(path, query if cursor is None else {**query, "cursor": cursor}).read(Page)
        items += page.items
        cursor = page.next_cursor
        # A page may be short, even empty, and still have a next one.
        if cursor is None or len(items) >= limit:
            return Page(items, cursor)


def collect_lines(api: Api, job_id: UUID, level: LogLevel) -> Iterator[msgspec.Raw]:
    """All lines of a job's log, read page by page as they are used."""
    after = "0"
    while True:
        query = {"after": after, "limit": PAGE, "level": level.value}
        page = api.get(f"/jobs/{job_id}/logs", query).read(Page)
        yield from page.items
        if page.next_cursor is None:
            return
        after = page.next_cursor
