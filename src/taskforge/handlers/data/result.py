"""The result of a `data_processing` job, and how it is kept within its size."""

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from taskforge.handlers.data.operation import Outcome
from taskforge.handlers.data.series import Series
from taskforge.handlers.data.shown import cell, shown
from taskforge.handlers.data.summary import ColumnSummary

MAX_BYTES = 256 * 1024
"""The largest result that is kept with a job."""

MAX_WARNINGS = 50
ROOM_FOR_REST = 2_048
"""For warnings of ours, and for what the worker adds about the file."""


class Preview(msgspec.Struct, kw_only=True):
    """The first rows."""

    columns: list[str]
    rows: list[list[Any]]


class Stats(msgspec.Struct, frozen=True, kw_only=True):
    """What the work cost."""

    elapsed_ms: int
    rows_per_second: int
    """Rows loaded, by the whole time."""
    peak_memory_mb: float | None
    """Largest resident size of the child process; None where the system does not tell."""


class Result(msgspec.Struct, kw_only=True):
    """What a job gives back; an operation's own facts stand beside these fields."""

    version: int = 1
    backend: str = "duckdb"
    operation: str
    dataset: str
    rows_in: int
    rows_out: int
    columns: list[ColumnSummary] = msgspec.field(name="schema")
    preview: Preview
    series: list[Series] | UnsetType = UNSET
    """Left out where there is nothing to draw."""
    warnings: list[str]
    stats: Stats


def preview_of(outcome: Outcome, most: int) -> Preview:
    """The first rows of an outcome, at most `most`."""
    expressions = ", ".join(shown(column, column.sql) for column in outcome.columns)
    rows = outcome.table.engine.execute(
        f"SELECT {expressions} FROM {outcome.table.sql} LIMIT {most}"
    ).fetchall()
    return Preview(
        columns=[cell(column.name) for column in outcome.columns],
        rows=[[cell(value) for value in row] for row in rows],
    )


def fit(result: Result, facts: dict[str, Any]) -> dict[str, Any]:
    """The result as plain values of at most 256 KiB of JSON, cut with a warning where it must be.

    Points of series go first, to a third of the room; then preview rows, what describes columns at
    length, and columns.
    """
    more = len(result.warnings) - MAX_WARNINGS
    if more > 0:
        result.warnings[MAX_WARNINGS:] = [f"There are {more:,} more warnings."]
    room = MAX_BYTES - len(msgspec.json.encode(facts)) - ROOM_FOR_REST
    _thin(result, room // 3)
    if _size(result) > room:
        had = len(result.preview.rows)
        while result.preview.rows and _size(result) > room:
            del result.preview.rows[len(result.preview.rows) // 2 :]
        result.warnings.append(
            f"The preview has {len(result.preview.rows)} rows in place of {had}: the result"
            f" may have {MAX_BYTES // 1024} KiB."
        )
    if _size(result) > room:
        for column in result.columns:
            column.top = column.histogram = UNSET
        result.warnings.append("Frequent values and histograms are left out for want of room.")
    if _size(result) > room:
        had = len(result.columns)
        while result.columns and _size(result) > room:
            del result.columns[len(result.columns) // 2 :]
        result.warnings.append(f"Only {len(result.columns)} of {had} columns are described.")
    return {**msgspec.to_builtins(result), **facts}


def _thin(result: Result, room: int) -> None:
    """Drop the last points of every series until they fit."""
    series = result.series or []
    had = sum(len(line.points) + line.left_out for line in series)
    while series and len(msgspec.json.encode(series)) > room:
        for line in series:
            del line.points[len(line.points) // 2 :]
        series = [line for line in series if line.points]
    left = sum(len(line.points) for line in series)
    if left < had:
        result.warnings.append(f"The series have {left:,} of {had:,} points; the table has all.")
    result.series = series or UNSET


def _size(result: Result) -> int:
    return len(msgspec.json.encode(result))
