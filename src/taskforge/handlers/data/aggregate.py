"""The operation `aggregate`: groups, and figures for each."""

from collections.abc import Sequence

from taskforge.core.failures import InvalidInput
from taskforge.handlers.base import Report
from taskforge.handlers.data.conditions import order, where
from taskforge.handlers.data.engine import input_faults, quote
from taskforge.handlers.data.operation import Outcome
from taskforge.handlers.data.payload import AggregateParams, Fn, Metric, Order
from taskforge.handlers.data.table import Column, Kind, Table

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

FEW = 50
"""A text column with at most so many values is worth grouping by when nobody has said."""


def aggregate(table: Table, params: AggregateParams, report: Report) -> Outcome:
    """Write one row for each group to the table `result`.

    Raises:
        InvalidInput: no such column, a figure that its type does not allow, or a name used twice.
    """
    warnings: list[str] = []
    group_by = table.pick(params.group_by) if params.group_by is not None else _groups(table)
    metrics = params.metrics if params.metrics is not None else _metrics(table)
    keys = [column.sql for column in group_by]
    figures = [f"{_expression(table, metric)} AS {quote(metric.name)}" for metric in metrics]
    _refuse_twice([column.name for column in group_by] + [metric.name for metric in metrics])
    by = f"GROUP BY {', '.join(keys)}" if keys else ""
    with input_faults("The groups cannot be worked out"):
        table.engine.execute(
            f"CREATE TABLE groups AS SELECT {', '.join(keys + figures)} FROM {table.sql} {by}"
        )
    groups = Table(table.engine, "groups")
    result = _select(groups, params, metrics)
    total, left = groups.count(), result.count()
    if left == params.limit < total:
        warnings.append(f"Only the first {left:,} groups are in the result (`limit`).")
    facts = {
        "by": [column.name for column in group_by],
        "metrics": [metric.name for metric in metrics],
        "chosen": [name for name in ("group_by", "metrics") if getattr(params, name) is None],
        "total": total,
    }
    return Outcome(table=result, columns=result.columns, facts={"groups": facts}, warnings=warnings)


def _select(groups: Table, params: AggregateParams, metrics: Sequence[Metric]) -> Table:
    having = where(groups, params.having)
    orders = params.order_by if params.order_by is not None else _largest_first(metrics)
    # What the orders leave open is settled by the groups, so that a run can be repeated.
    named = {item.column.lower() for item in orders}
    rest = [Order(column=c.name) for c in groups.columns if c.name.lower() not in named]
    with input_faults("The groups cannot be selected"):
        groups.engine.execute(
            f"CREATE TABLE result AS SELECT * FROM groups WHERE {having.sql}"
            f" {order(groups, [*orders, *rest])} LIMIT {params.limit}",
            having.values,
        )
    return Table(groups.engine, "result")


def _largest_first(metrics: Sequence[Metric]) -> list[Order]:
    sums = [metric for metric in metrics if metric.fn is Fn.SUM] or list(metrics)
    return [Order(column=sums[0].name, desc=True)]


def _expression(table: Table, metric: Metric) -> str:
    if metric.column is None:
        return "count(*)"
    column = table.column(metric.column)
    if metric.fn in _NUMBERS_ONLY and column.kind is not Kind.NUMBER:
        raise InvalidInput(f"`{metric.fn}` needs numbers; {column.name!r} is {column.type}.")
    if metric.fn in _ORDERED_ONLY and column.kind is Kind.OTHER:
        raise InvalidInput(f"`{metric.fn}` does not work on {column.name!r} ({column.type}).")
    return _SQL[metric.fn].format(column.sql)


def _refuse_twice(names: Sequence[str]) -> None:
    lower = [name.lower() for name in names]
    for name in names:
        if lower.count(name.lower()) > 1:
            raise InvalidInput(f"Two columns of the result are named {name!r}; use `as`.")


def _groups(table: Table) -> list[Column]:
    """The first text column with few values, and the next that is not of one piece with it."""
    few = [
        (column, distinct)
        for column in table.columns
        if column.kind is Kind.TEXT and 2 <= (distinct := _distinct(table, column.sql)) <= FEW
    ]
    if not few:
        return []
    first, many = few[0]
    for column, distinct in few[1:]:
        # As many pairs as values: each country has one region, so region and country say no more.
        if _distinct(table, f"({first.sql}, {column.sql})") > max(many, distinct):
            return [first, column]
    return [first]


def _distinct(table: Table, what: str) -> int:
    return table.value(f"SELECT count(DISTINCT {what}) FROM {table.sql}")


def _metrics(table: Table) -> list[Metric]:
    numbers = [column for column in table.columns if column.kind is Kind.NUMBER]
    if not numbers:
        return [Metric(fn=Fn.COUNT)]
    # The last: tables tend to begin with keys and to end with what they are about.
    name = numbers[-1].name
    return [
        Metric(fn=Fn.COUNT),
        Metric(fn=Fn.SUM, column=name),
        Metric(fn=Fn.AVG, column=name),
    ]
