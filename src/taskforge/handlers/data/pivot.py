"""The operation `pivot`: a cross table."""

from taskforge.core.failures import InvalidInput
from taskforge.handlers.base import Report
from taskforge.handlers.data.choices import choose_groups, last_number
from taskforge.handlers.data.engine import input_faults, quote
from taskforge.handlers.data.figures import figure, refuse_twice
from taskforge.handlers.data.operation import Outcome
from taskforge.handlers.data.params import PivotParams
from taskforge.handlers.data.series import drawn
from taskforge.handlers.data.shown import cell
from taskforge.handlers.data.table import Column, Table
from taskforge.handlers.data.terms import Fn, Metric

NULL = "null"
MAX_NAME = 100


def pivot(table: Table, params: PivotParams, report: Report) -> Outcome:
    """Write the cross table to the table `result`, sorted by its first columns.

    Raises:
        InvalidInput: no such column, or none that suit and none given.
    """
    down, across = _sides(table, params)
    metric = params.metric if params.metric is not None else _metric(table)
    values, distinct = _values(table, across, params.max_columns)
    names = _names(down, values)
    cells = ", ".join(
        f"{figure(table, metric)} FILTER (WHERE CAST({across.sql} AS VARCHAR)"
        f" IS NOT DISTINCT FROM ?) AS {quote(name)}"
        for name in names
    )
    keys = ", ".join(column.sql for column in down)
    with input_faults("The table cannot be turned"):
        groups = table.derive(
            "groups", f"SELECT {keys}, {cells} FROM {table.sql} GROUP BY {keys}", values
        )
    result = groups.derive("result", f"SELECT * FROM groups ORDER BY {keys} LIMIT {params.limit}")
    total = groups.count()
    warnings: list[str] = []
    if distinct > len(values):
        warnings.append(
            f"Only the {len(values)} most frequent of {distinct:,} values of {across.name!r} are"
            " columns (`max_columns`)."
        )
    if total > params.limit:
        warnings.append(f"Only the first {params.limit:,} of {total:,} rows are in the result.")
    facts = {
        "rows": [column.name for column in down],
        "columns": across.name,
        "metric": metric.name,
        "values": names,
        "total": total,
    }
    return Outcome(
        table=result,
        columns=result.columns,
        facts={"pivot": facts},
        warnings=warnings,
        series=drawn(result, result.columns[: len(down)], result.columns[len(down) :]),
    )


def _sides(table: Table, params: PivotParams) -> tuple[list[Column], Column]:
    chosen = choose_groups(table) if params.rows is None or params.columns is None else []
    down = table.pick(params.rows) if params.rows is not None else []
    across = table.column(params.columns) if params.columns is not None else None
    if across is None:
        across = next((c for c in reversed(chosen) if c not in down), None)
    if not down:
        down = [c for c in chosen if c != across][:1]
    if across is None or not down:
        raise InvalidInput("No columns suit a cross table; name them in `rows` and `columns`.")
    if across in down:
        raise InvalidInput(f"Column {across.name!r} cannot stand both in `rows` and in `columns`.")
    return down, across


def _metric(table: Table) -> Metric:
    number = last_number(table)
    return Metric(fn=Fn.SUM, column=number.name) if number else Metric(fn=Fn.COUNT)


def _values(table: Table, across: Column, most: int) -> tuple[list[object], int]:
    """The most frequent values as texts, sorted, and how many there are in all."""
    rows = table.rows(
        f"SELECT CAST({across.sql} AS VARCHAR) AS v, count(*) AS n, count(*) OVER () AS total"
        f" FROM {table.sql} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {most}"
    )
    if not rows:
        raise InvalidInput("The table has no rows to turn.")
    texts = sorted((row[0] for row in rows), key=lambda text: (text is None, text or ""))
    return texts, rows[0][2]


def _names(down: list[Column], values: list[object]) -> list[str]:
    """A name for each value's column, none taken twice: `Web` beside `web` becomes `Web_`."""
    taken = {column.name.lower() for column in down}
    names: list[str] = []
    for value in values:
        name = str(cell(NULL if value is None else str(value)))[:MAX_NAME] or "(empty)"
        while name.lower() in taken:
            name += "_"
        taken.add(name.lower())
        names.append(name)
    refuse_twice(names)
    return names
