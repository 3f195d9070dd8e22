"""What is known about each column of a table."""

import math
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from taskforge.handlers.data.engine import Row
from taskforge.handlers.data.shown import cell, shown
from taskforge.handlers.data.table import Column, Kind, Table

BINS = 20
TOP = 5
MAX_TOP_DISTINCT = 10_000
"""Above so many distinct values the most frequent say nothing, and cost much to find."""


class Histogram(msgspec.Struct, frozen=True, kw_only=True):
    """Equal bins from the smallest to the largest value; times are seconds since 1970."""

    from_: float = msgspec.field(name="from")
    to: float
    counts: list[int]


class TopValue(msgspec.Struct, frozen=True):
    """A frequent value."""

    value: Any
    count: int


class ColumnSummary(msgspec.Struct, kw_only=True):
    """One column. What does not apply to its type, or to a table without rows, is left out."""

    name: str
    type: str
    nulls_pct: float
    distinct: int | UnsetType = UNSET
    """Not counted for lists, structs and other values that are not compared."""
    min: Any = UNSET
    max: Any = UNSET
    mean: float | UnsetType | None = UNSET
    stddev: float | UnsetType | None = UNSET
    quartiles: list[float | None] | UnsetType = UNSET
    top: list[TopValue] | UnsetType = UNSET
    histogram: Histogram | UnsetType = UNSET


def summarise_column(table: Table, column: Column, rows: int, *, full: bool) -> ColumnSummary:
    """Describe one column.

    Args:
        table: where it is.
        column: one of its columns.
        rows: how many rows the table has.
        full: also mean, quartiles, frequent values and histogram.
    """
    finite = f"CASE WHEN isfinite({column.sql}) THEN {column.sql} END"
    values = finite if column.is_float else column.sql
    comparable = column.kind is not Kind.OTHER
    wanted = [f"count({column.sql})"]
    if comparable:
        wanted.append(f"count(DISTINCT {column.sql})")
        wanted.extend(shown(column, f"{end}({values})") for end in ("min", "max"))
    row = _one(table, ", ".join(wanted))
    nulls = 100 * (rows - row[0]) / rows if rows else 0.0
    summary = ColumnSummary(name=cell(column.name), type=column.type, nulls_pct=round(nulls, 4))
    if not comparable:
        return summary
    summary.distinct = row[1]
    if not rows:
        return summary
    summary.min, summary.max = cell(row[2]), cell(row[3])
    if full:
        _add_numbers(table, column, values, summary)
        if row[1] <= MAX_TOP_DISTINCT:
            summary.top = _top(table, column)
    return summary


def non_finite(table: Table, column: Column) -> int:
    """How many values are infinite or no number; statistics leave them out."""
    if not column.is_float:
        return 0
    return table.value(
        f"SELECT count(*) FROM {table.sql} WHERE {column.sql} IS NOT NULL"
        f" AND NOT isfinite({column.sql})"
    )


def _add_numbers(table: Table, column: Column, values: str, summary: ColumnSummary) -> None:
    if column.kind is Kind.NUMBER:
        number = f"({values})::DOUBLE"
        row = _one(
            table,
            f"avg({number}), stddev_samp({number}), quantile_cont({number}, [0.25, 0.5, 0.75])",
        )
        summary.mean, summary.stddev = cell(row[0]), cell(row[1])
        summary.quartiles = [cell(value) for value in row[2] or [None] * 3]
        summary.histogram = _histogram(table, number)
    elif column.kind is Kind.TIME:
        moment = f"CASE WHEN isfinite({column.sql}) THEN epoch({column.sql}) END"
        summary.histogram = _histogram(table, moment)


def _histogram(table: Table, number: str) -> Histogram | UnsetType:
    low, high = _one(table, f"min({number}), max({number})")
    if low is None or not math.isfinite(high - low):
        return UNSET
    width = (high - low) / BINS or 1.0
    rows = table.engine.execute(
        f"SELECT least({BINS - 1}, floor(({number} - ?) / ?))::INTEGER AS bin, count(*)"
        f" FROM {table.sql} WHERE {number} IS NOT NULL GROUP BY bin",
        [low, width],
    ).fetchall()
    found = dict(rows)
    return Histogram(from_=low, to=high, counts=[found.get(n, 0) for n in range(BINS)])


def _top(table: Table, column: Column) -> list[TopValue]:
    rows = table.engine.execute(
        f"SELECT {shown(column, column.sql)}, n FROM ("
        f"  SELECT {column.sql}, count(*) AS n FROM {table.sql} WHERE {column.sql} IS NOT NULL"
        f"  GROUP BY 1 ORDER BY n DESC, 1 LIMIT {TOP})"
    ).fetchall()
    return [TopValue(cell(value), count) for value, count in rows]


def _one(table: Table, columns: str) -> Row:
    row: Row | None = table.engine.execute(f"SELECT {columns} FROM {table.sql}").fetchone()
    return () if row is None else row
