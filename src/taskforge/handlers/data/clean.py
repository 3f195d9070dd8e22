"""The operation `clean`: trim, read as, fill, drop, rename; how many cells each step changed."""

from collections.abc import Mapping
from typing import Any

from taskforge.core.failures import InvalidInput
from taskforge.handlers.base import Report
from taskforge.handlers.data.conditions import fitting, mark
from taskforge.handlers.data.engine import input_faults, quote
from taskforge.handlers.data.figures import refuse_twice
from taskforge.handlers.data.operation import Outcome
from taskforge.handlers.data.params import CleanParams, Fill, FillWith
from taskforge.handlers.data.table import Column, Kind, Table
from taskforge.handlers.data.terms import ColumnType

SQL_TYPES: Mapping[ColumnType, str] = {
    ColumnType.INTEGER: "BIGINT",
    ColumnType.NUMBER: "DOUBLE",
    ColumnType.TEXT: "VARCHAR",
    ColumnType.BOOLEAN: "BOOLEAN",
    ColumnType.DATE: "DATE",
    ColumnType.TIMESTAMP: "TIMESTAMP",
}
BLANKS = "' ' || chr(9) || chr(10) || chr(11) || chr(12) || chr(13) || chr(160)"
_NUMERIC = frozenset({FillWith.MEAN, FillWith.MEDIAN})
SHOWN_STEPS = 200


def clean(table: Table, params: CleanParams, report: Report) -> Outcome:
    """Write the clean rows to the table `result`, in their order.

    Raises:
        InvalidInput: no such column, one named twice in a step, or a value that does not fit.
    """
    number = table.spare("row")
    casts = _casts(table, params)
    trimmed = {column.name: _trimmed(column, params) for column in table.columns}
    read = {
        name: f"TRY_CAST({sql} AS {SQL_TYPES[casts[name]]})" if name in casts else sql
        for name, sql in trimmed.items()
    }
    steps = _changes(table, trimmed, read, casts)
    columns = ", ".join(f"{sql} AS {quote(name)}" for name, sql in read.items())
    with input_faults("The table cannot be read as asked"):
        stage = table.derive(
            "read", f"SELECT {columns}, {quote(number)} FROM {table.numbered(number)}"
        )
    filled = _filled(stage, params, number, steps)
    kept = stage.pick(params.drop_nulls)
    condition = " AND ".join(f"{column.sql} IS NOT NULL" for column in kept) or "TRUE"
    names = _names(table, params)
    chosen = ", ".join(f"{quote(c.name)} AS {quote(names[c.name])}" for c in table.columns)
    with input_faults("The table cannot be filled as asked"):
        result = stage.derive(
            "result", f"SELECT {chosen} FROM {filled} WHERE {condition} ORDER BY {quote(number)}"
        )
    dropped = table.count() - result.count()
    failed = [step for step in steps if step["step"] == "cast" and step["lost"]]
    return Outcome(
        table=result,
        columns=result.columns,
        facts={"cleaned": {"steps": steps[:SHOWN_STEPS], "dropped_rows": dropped}},
        warnings=[
            f"{step['lost']:,} values of {step['column']!r} cannot be read as {step['to']};"
            " they are null now."
            for step in failed
        ],
    )


def _casts(table: Table, params: CleanParams) -> dict[str, ColumnType]:
    columns = table.pick(cast.column for cast in params.cast)
    return {c.name: cast.to for c, cast in zip(columns, params.cast, strict=True)}


def _trimmed(column: Column, params: CleanParams) -> str:
    if column.type != "VARCHAR":
        return column.sql
    sql = f"trim({column.sql}, {BLANKS})" if params.trim else column.sql
    return f"nullif({sql}, '')" if params.blank_to_null else sql


def _changes(
    table: Table,
    trimmed: Mapping[str, str],
    read: Mapping[str, str],
    casts: Mapping[str, ColumnType],
) -> list[dict[str, Any]]:
    """How many cells are trimmed, and how many are lost by being read as something else."""
    wanted: list[str] = []
    steps: list[dict[str, Any]] = []
    for column in table.columns:
        before, after = trimmed[column.name], read[column.name]
        if before != column.sql:
            wanted.append(f"count(*) FILTER (WHERE {column.sql} IS DISTINCT FROM {before})")
            steps.append({"step": "trim", "column": column.name})
        if column.name in casts:
            wanted.append(f"count(*) FILTER (WHERE {before} IS NOT NULL AND {after} IS NULL)")
            steps.append({"step": "cast", "column": column.name, "to": str(casts[column.name])})
    if not wanted:
        return []
    with input_faults("The table cannot be read as asked"):
        counts = table.rows(f"SELECT {', '.join(wanted)} FROM {table.sql}")[0]
    for step, count in zip(steps, counts, strict=True):
        step["cells" if step["step"] == "trim" else "lost"] = count
    return [step for step in steps if step["step"] == "cast" or step["cells"]]


def _filled(stage: Table, params: CleanParams, number: str, steps: list[dict[str, Any]]) -> str:
    """A subquery of the rows with nulls filled; adds a step for each column."""
    columns = stage.pick(fill.column for fill in params.fill)
    replaced: list[str] = []
    for column, fill in zip(columns, params.fill, strict=True):
        nulls = stage.value(f"SELECT count(*) FROM {stage.sql} WHERE {column.sql} IS NULL")
        steps.append(
            {"step": "fill", "column": column.name, "with": str(fill.with_), "cells": nulls}
        )
        if nulls:
            replaced.append(f"{_fill(stage, column, fill, number)} AS {column.sql}")
    return f"(SELECT * REPLACE ({', '.join(replaced)}) FROM {stage.sql})" if replaced else stage.sql


def _fill(stage: Table, column: Column, fill: Fill, number: str) -> str:
    if fill.with_ is FillWith.PREVIOUS:
        return f"last_value({column.sql} IGNORE NULLS) OVER (ORDER BY {quote(number)})"
    if fill.with_ in _NUMERIC and column.kind is not Kind.NUMBER:
        raise InvalidInput(f"`{fill.with_}` needs numbers; {column.name!r} is {column.type}.")
    found = _stand_in(stage, column, fill)
    # A scalar of its own table, so that no value of the user's is ever part of a statement.
    place = f"fill_{len(stage.rows('SHOW TABLES'))}"
    with input_faults(f"The value for {column.name!r} ({column.type}) does not fit"):
        stage.derive(place, f"SELECT {found[0]} AS value", found[1])
    return f"coalesce({column.sql}, (SELECT value FROM {place})::{column.type})"


def _stand_in(stage: Table, column: Column, fill: Fill) -> tuple[str, list[object]]:
    if fill.with_ is FillWith.VALUE:
        return mark(column), [fitting(stage, column, fill.value)]
    if fill.with_ is FillWith.MODE:
        inner = (
            f"SELECT {column.sql} FROM {stage.sql} WHERE {column.sql} IS NOT NULL"
            f" GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1"
        )
        return f"({inner})", []
    fn = "avg" if fill.with_ is FillWith.MEAN else "median"
    return f"(SELECT {fn}(({column.sql})::DOUBLE) FROM {stage.sql})", []


def _names(table: Table, params: CleanParams) -> dict[str, str]:
    renamed = table.pick(rename.column for rename in params.rename)
    names = {column.name: column.name for column in table.columns}
    names.update((c.name, r.to) for c, r in zip(renamed, params.rename, strict=True))
    refuse_twice(list(names.values()))
    return names
