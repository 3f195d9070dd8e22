"""Figures of a group of rows, as SQL."""

from collections.abc import Sequence

from taskforge.core.failures import InvalidInput
from taskforge.handlers.data.table import Kind, Table
from taskforge.handlers.data.terms import Fn, Metric

_SQL = {
    Fn.COUNT: "count({})",
    Fn.DISTINCT: "count(DISTINCT {})",
    Fn.SUM: "sum({})",
    Fn.AVG: "avg({})",
    Fn.MIN: "min({})",
    Fn.MAX: "max({})",
    Fn.MEDIAN: "median(({})::DOUBLE)",
    Fn.P95: "quantile_cont(({})::DOUBLE, 0.95)",
    Fn.STDDEV: "stddev_samp(({})::DOUBLE)",
}
_NUMBERS_ONLY = frozenset({Fn.SUM, Fn.AVG, Fn.MEDIAN, Fn.P95, Fn.STDDEV})
_ORDERED_ONLY = frozenset({Fn.MIN, Fn.MAX, Fn.DISTINCT})


def figure(table: Table, metric: Metric) -> str:
    """The aggregate that a metric asks for.

    Raises:
        InvalidInput: no such column, or one whose type does not allow it.
    """
    if metric.column is None:
        return "count(*)"
    column = table.column(metric.column)
    if metric.fn in _NUMBERS_ONLY and column.kind is not Kind.NUMBER:
        raise InvalidInput(f"`{metric.fn}` needs numbers; {column.name!r} is {column.type}.")
    if metric.fn in _ORDERED_ONLY and column.kind is Kind.OTHER:
        raise InvalidInput(f"`{metric.fn}` does not work on {column.name!r} ({column.type}).")
    return _SQL[metric.fn].format(column.sql)


def refuse_twice(names: Sequence[str]) -> None:
    """Let no two columns of a result have the same name.

    Raises:
        InvalidInput: two have, in upper or lower case.
    """
    lower = [name.lower() for name in names]
    for name in names:
        if lower.count(name.lower()) > 1:
            raise InvalidInput(
                f"Two columns of the result are named {name!r}; use `as` or `rename`."
            )
