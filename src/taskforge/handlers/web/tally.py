"""What a crawl has found so far, within the size that a result may have."""

import asyncio
import time
from collections import Counter
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec

from taskforge.handlers.context import Context
from taskforge.handlers.web.payload import WebPayload
from taskforge.handlers.web.records import Outcome, Row
from taskforge.handlers.web.spool import Spool, write_csv
from taskforge.handlers.web.tree import Tree

PAGES_BYTES = 110_000
ITEMS_BYTES = 45_000
LINKS_BYTES = 10_000
BLOCKED_BYTES = 6_000
"""Bytes of JSON of each part; with the tree they stay below 256 kB."""
MAX_FULL_PAGE = 12_000
"""Bytes of a page that is shown with its fields."""
SHOWN_TEXT = 300
MAX_EXTERNAL = 10_000

ValueT = TypeVar("ValueT")


class Shelf(Generic[ValueT]):
    """A list that takes values until there is no more room, and counts the rest.

    Args:
        room: bytes of JSON.
    """

    def __init__(self, room: int) -> None:
        self.kept: list[ValueT] = []
        self.total = 0
        self._room = room

    def add(self, *forms: ValueT) -> None:
        """Keep the first of several forms of a value that there is room for."""
        self.total += 1
        for form in forms if self._room else ():
            size = len(msgspec.json.encode(form)) + 1
            if size <= self._room:
                self._room -= size
                self.kept.append(form)
                return
        self._room = 0  # in order: nothing smaller takes the place of what came before

    @property
    def left_out(self) -> int:
        """How many found no room."""
        return self.total - len(self.kept)


class Tally:
    """The sum of a crawl's outcomes.

    Args:
        ask: the job's payload.
        folder: where rows and pages are collected.
    """

    def __init__(self, ask: WebPayload, folder: Path) -> None:
        self._began = time.monotonic()
        self._ask = ask
        self.columns = ["page_url", *(name for name in ask.selectors if name != "page_url")]
        self.items = Spool(folder / "items.ndjson")
        self.pages = Spool(folder / "pages.ndjson")
        self.fetched = 0
        self.bytes = 0
        self.counts: Counter[str] = Counter()
        self.skipped: Counter[str] = Counter()
        self.robots_found: dict[str, bool] = {}
        self.blocked: Shelf[str] = Shelf(BLOCKED_BYTES)
        self._pages: Shelf[dict[str, Any]] = Shelf(PAGES_BYTES)
        self._items: Shelf[list[Any]] = Shelf(ITEMS_BYTES)
        self._broken: Shelf[dict[str, Any]] = Shelf(LINKS_BYTES)
        self._external: Shelf[str] = Shelf(LINKS_BYTES)
        self._outside: set[str] = set()
        self._tree = Tree()

    def take(self, outcome: Outcome) -> None:
        """Add an outcome."""
        reading = outcome.reading
        self.fetched += 1
        self.bytes += outcome.bytes
        self.counts["unchanged"] += outcome.unchanged
        self.counts["failed"] += bool(outcome.error)
        self.counts["redirects"] += bool(outcome.redirect)
        self._tree.add(outcome.url, outcome.status)
        page = _page(outcome)
        self.pages.add(page)
        self._pages.add(*_forms(page))
        for row in self._rows(outcome):
            line = {"page_url": outcome.url, **row}
            self.items.add(line)
            self._items.add([line.get(column) for column in self.columns])
        if outcome.status >= 400 or (outcome.error and not outcome.status):
            self._broken.add(
                {"url": outcome.url, "status": outcome.status or None, "error": outcome.error,
                 "found_on": outcome.parent}
            )  # fmt: skip
        if "links" in self._ask.extract:
            for url in reading.external:
                if url not in self._outside and len(self._outside) < MAX_EXTERNAL:
                    self._outside.add(url)
                    self._external.add(url)

    def skip(self, reason: str, url: str, *, times: int = 1) -> None:
        """Count addresses that are not fetched."""
        self.skipped[reason] += times
        if reason == "robots":
            self.blocked.add(url)

    def result(self, known: int, warnings: list[str]) -> dict[str, Any]:
        """The result of the job, its artifacts apart.

        Args:
            known: addresses within the scope that were seen.
            warnings: what went otherwise than asked.
        """
        elapsed = time.monotonic() - self._began
        pages = sorted(self._pages.kept, key=lambda page: page["depth"])
        return {
            "version": 1,
            "backend": "http",
            "url": self._ask.url,
            "pages": pages,
            "items": {
                "columns": self.columns,
                "rows": self._items.kept,
                "total": self._items.total,
            },
            "links": {
                "internal": known,
                "external": len(self._outside),
                "external_urls": self._external.kept,
                "broken": self._broken.kept,
            },
            "robots": {"found": self.robots_found, "blocked": self.blocked.kept},
            "tree": self._tree.shown(),
            "warnings": [*warnings, *self._cuts()],
            "stats": {
                "fetched": self.fetched,
                "unchanged": self.counts["unchanged"],
                "failed": self.counts["failed"],
                "redirects": self.counts["redirects"],
                "items": self._items.total,
                "skipped": dict(self.skipped),
                "bytes": self.bytes,
                "duration_ms": round(elapsed * 1000),
            },
        }

    async def publish(self, ctx: Context) -> list[str]:
        """Make artifacts of what was collected, and return their names."""
        files = [(self.pages.path, "application/x-ndjson")]
        if self.items.lines:
            table = self.items.path.with_suffix(".csv")
            await asyncio.to_thread(write_csv, self.items.path, table, self.columns)
            files += [(self.items.path, "application/x-ndjson"), (table, "text/csv")]
        for path, media_type in files:
            await ctx.publish(path, path.name, media_type)
        return [path.name for path, _ in files]

    def close(self) -> None:
        """Close the files."""
        self.items.close()
        self.pages.close()

    def _rows(self, outcome: Outcome) -> list[Row]:
        if self._ask.item is not None:
            return outcome.reading.rows
        return [outcome.reading.fields] if outcome.reading.fields else []

    def _cuts(self) -> list[str]:
        full = sum("fields_left_out" not in page for page in self._pages.kept)
        parts = (
            ("pages", self._pages.total, full, "pages.ndjson has all of them"),
            ("items", self._items.total, len(self._items.kept), "items.ndjson has all of them"),
            ("broken links", self._broken.total, len(self._broken.kept), "pages.ndjson has all"),
            ("external links", self._external.total, len(self._external.kept),
             "pages.ndjson has all of them"),
            ("addresses that robots.txt forbids", self.blocked.total, len(self.blocked.kept), ""),
        )  # fmt: skip
        return [
            f"Only {shown:,} of {total:,} {what} are shown in full"
            + (f"; {where}." if where else ".")
            for what, total, shown, where in parts
            if shown < total
        ]


def _page(outcome: Outcome) -> dict[str, Any]:
    """An outcome as it stands in pages.ndjson: what is empty is left out."""
    reading = outcome.reading
    page: dict[str, Any] = {
        "url": outcome.url,
        "final_url": outcome.redirect or outcome.url,
        "depth": outcome.depth,
        "status": outcome.status or None,
        "content_type": outcome.content_type,
        "bytes": outcome.bytes,
        "elapsed_ms": outcome.elapsed_ms,
        "title": reading.title,
        "error": outcome.error,
        "unchanged": outcome.unchanged,
        "encoding": reading.encoding,
        "notes": reading.notes,
        "fields": reading.fields,
        "items": len(reading.rows),
        "meta": reading.meta,
        "text": reading.text,
        "jsonld": reading.jsonld,
        "hash": reading.hash,
        "links": reading.links,
        "external": reading.external,
    }
    needed = ("url", "final_url", "depth", "status", "content_type", "bytes", "elapsed_ms", "title")
    return {key: value for key, value in page.items() if value or key in needed}


def _forms(page: dict[str, Any]) -> list[dict[str, Any]]:
    """A page as the result shows it: in full, and short where there is no room for that."""
    full = {key: value for key, value in page.items() if key not in ("links", "external")}
    if "text" in full:
        full["text"] = full["text"][:SHOWN_TEXT]
    short = {key: full[key] for key in ("url", "depth", "status", "title", "error") if key in full}
    short["fields_left_out"] = True
    small = len(msgspec.json.encode(full)) <= MAX_FULL_PAGE
    return [full, short] if small else [short]
