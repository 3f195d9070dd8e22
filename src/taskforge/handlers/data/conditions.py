"""Conditions and sort orders as SQL: names from the real columns, values bound."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from taskforge.core.failures import InvalidInput
from taskforge.handlers.data.engine import input_faults
from taskforge.handlers.data.table import Column, Kind, Table
from taskforge.handlers.data.terms import LISTED, TEXTUAL, VALUELESS, Condition, Op, OrderBy

_COMPARED = {Op.EQ: "=", Op.NE: "<>", Op.LT: "<", Op.LE: "<=", Op.GT: ">", Op.GE: ">="}
_TEXT = {Op.CONTAINS: "contains", Op.STARTS_WITH: "starts_with", Op.ENDS_WITH: "ends_with"}
_ORDERED = frozenset({Kind.NUMBER, Kind.TEXT, Kind.TIME, Kind.BOOL})


class Bound(NamedTuple):
    """A piece of SQL with the values for its question marks."""

    sql: str
    values: list[object]


def where(table: Table, conditions: Sequence[Condition], *, match: str = "all") -> Bound:
    """A boolean expression; `TRUE` when there are no conditions.

    Raises:
        InvalidInput: no such column, or a value that the column's type cannot hold.
    """
    pieces = [_condition(table, condition) for condition in conditions]
    glue = " AND " if match == "all" else " OR "
    sql = glue.join(f"({piece.sql})" for piece in pieces) or "TRUE"
    return Bound(sql, [value for piece in pieces for value in piece.values])


def order(table: Table, orders: Sequence[OrderBy]) -> str:
    """An ORDER BY clause, or nothing.

    Raises:
        InvalidInput: no such column.
    """
    columns = table.pick(item.column for item in orders)
    terms = [
        f"{column.sql} {'DESC' if item.desc else 'ASC'} NULLS LAST"
        for column, item in zip(columns, orders, strict=True)
    ]
    return f"ORDER BY {', '.join(terms)}" if terms else ""


def mark(column: Column) -> str:
    """The place of a value. A number keeps its own type, lest 2.5 become 3 beside an INTEGER."""
    if column.kind is Kind.NUMBER:
        return "?"
    return "?::VARCHAR" if column.kind is Kind.TEXT else f"?::{column.type}"


def fitting(table: Table, column: Column, value: object) -> object:
    """The value as it is bound, once it is known that the column's type can hold it.

    Raises:
        InvalidInput: it cannot.
    """
    if column.kind is Kind.NUMBER:
        return _number(column, value)
    if column.kind is not Kind.BOOL:
        value = _text(value)
    with input_faults(f"{value!r} does not fit column {column.name!r} ({column.type})"):
        table.engine.execute(f"SELECT {mark(column)}", [value]).fetchall()
    return value


def _condition(table: Table, condition: Condition) -> Bound:
    column, op = table.column(condition.column), condition.op
    if op in VALUELESS:
        return Bound(f"{column.sql} IS {'NOT ' if op is Op.NOT_NULL else ''}NULL", [])
    given = condition.value if isinstance(condition.value, list) else [condition.value]
    if op in TEXTUAL:
        return Bound(f"{_TEXT[op]}(CAST({column.sql} AS VARCHAR), ?)", [_text(given[0])])
    if column.kind not in _ORDERED:
        raise InvalidInput(
            f"Column {column.name!r} ({column.type}) cannot be compared; use contains or is_null."
        )
    place = mark(column)
    values = [fitting(table, column, value) for value in given]
    if op not in LISTED:
        return Bound(f"{column.sql} {_COMPARED[op]} {place}", values)
    if op is Op.BETWEEN:
        return Bound(f"{column.sql} BETWEEN {place} AND {place}", values)
    marks = ", ".join([place] * len(values))
    return Bound(f"{column.sql} {'NOT ' if op is Op.NOT_IN else ''}IN ({marks})", values)


def _number(column: Column, value: object) -> int | float:
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            value = math.nan
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InvalidInput(f"Column {column.name!r} ({column.type}) is compared with numbers only.")
    return value


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
