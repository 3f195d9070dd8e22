"""Rows and pages on disk while a crawl runs, so that its memory stays flat."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import msgspec

from taskforge.handlers.web.records import Row

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""What makes spreadsheets run a cell."""


class Spool:
    """A file of JSON lines in the making."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines = 0
        self._file = path.open("wb")

    def add(self, value: Any) -> None:
        """Append a line."""
        self._file.write(msgspec.json.encode(value) + b"\n")
        self.lines += 1

    def close(self) -> None:
        """Write what is held back."""
        self._file.close()


def write_csv(source: Path, target: Path, columns: list[str]) -> None:
    """Make a CSV file (UTF-8 with its mark, as spreadsheets want it) of JSON lines."""
    with target.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([guarded(column) for column in columns])
        for row in _rows(source):
            writer.writerow([guarded(row.get(column)) for column in columns])


def guarded(value: Any) -> Any:
    """A value for a cell: lists joined, and text that a spreadsheet would run marked as text."""
    if value is None or isinstance(value, int | float):
        return value
    text = " | ".join(map(str, cast("list[Any]", value))) if isinstance(value, list) else str(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _rows(source: Path) -> Iterator[Row]:
    decoder = msgspec.json.Decoder(Row)
    with source.open("rb") as file:
        for line in file:
            yield decoder.decode(line)
