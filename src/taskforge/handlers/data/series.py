"""Series of points, as charts want them."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from taskforge.handlers.data.engine import Row
from taskforge.handlers.data.shown import cell, shown
from taskforge.handlers.data.table import Column, Kind, Table

MAX_BARS = 100
"""Points of a series whose x is a label."""
MAX_POINTS = 1_000
"""Points of a series whose x is a time or a number."""
MAX_SERIES = 50
MAX_LABEL = 80


class Series(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line, or one colour of bars."""

    name: str
    points: list[tuple[Any, Any]]
    """x: an ISO 8601 time, a number or a label; y: a number or null."""
    left_out: int = 0
    """Further points, for which there is no room here; the table has them."""


def label(columns: Sequence[Column]) -> str:
    """SQL for the x of a row: a time or number as it is, several columns as one text."""
    if len(columns) == 1 and columns[0].kind in (Kind.TIME, Kind.NUMBER):
        return shown(columns[0], columns[0].sql)
    texts = ", ".join(f"coalesce(CAST({column.sql} AS VARCHAR), 'null')" for column in columns)
    return f"left(concat_ws(' / ', {texts}), {MAX_LABEL})"


def drawn(table: Table, across: Sequence[Column], figures: Sequence[Column]) -> list[Series]:
    """One series for each column of numbers.

    Args:
        table: one row for each x, in order.
        across: what x is made of; none gives no series.
        figures: those that are numbers are drawn, the first 50.
    """
    figures = [column for column in figures if column.kind is Kind.NUMBER][:MAX_SERIES]
    if not across or not figures:
        return []
    timed = len(across) == 1 and across[0].kind is Kind.TIME
    ordered = f"ORDER BY {across[0].sql}" if timed else ""
    wanted = ", ".join([label(across), *(shown(column, column.sql) for column in figures)])
    rows = table.rows(
        f"SELECT {wanted} FROM (SELECT * FROM {table.sql}"
        f" LIMIT {MAX_POINTS if timed else MAX_BARS}) {ordered}"
    )
    more = table.count() - len(rows)
    return [
        Series(
            name=column.name,
            points=[(cell(row[0]), _height(row[place])) for row in rows],
            left_out=more,
        )
        for place, column in enumerate(figures, start=1)
    ]


def parted(rows: Iterable[Row], total: int) -> list[Series]:
    """Series from rows of name, x and y, in order.

    Args:
        rows: of the table, perhaps not all.
        total: how many points each would have.
    """
    parts: dict[str, list[tuple[Any, Any]]] = {}
    for name, x, y in rows:
        parts.setdefault(str(cell(name)), []).append((cell(x), _height(y)))
    return [
        Series(name=name, points=points, left_out=max(total - len(points), 0))
        for name, points in parts.items()
    ]


def _height(y: Any) -> float | None:
    """A number that a chart can take, rounded where JSON cannot carry it whole."""
    y = cell(y)
    return float(y) if isinstance(y, str) else y
