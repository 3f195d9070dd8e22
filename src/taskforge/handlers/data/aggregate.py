"""The operation `aggregate`: groups, and figures for each."""

from collections.abc import Sequence

from taskforge.handlers.base import Report
from taskforge.handlers.data.choices import choose_groups, choose_metrics
from taskforge.handlers.data.conditions import order, where
from taskforge.handlers.data.engine import input_faults, quote
from taskforge.handlers.data.figures import figure, refuse_twice
from taskforge.handlers.data.operation import Outcome
from taskforge.handlers.data.params import AggregateParams
from taskforge.handlers.data.series import drawn
from taskforge.handlers.data.table import Table
from taskforge.handlers.data.terms import Fn, Metric, OrderBy


def aggregate(table: Table, params: AggregateParams, report: Report) -> Outcome:
    """Write one row for each group to the table `result`.

    Raises:
        InvalidInput: no such column, a figure that its type does not allow, or a name used twice.
    """
    warnings: list[str] = []
    group_by = table.pick(params.group_by) if params.group_by is not None else choose_groups(table)
    metrics = params.metrics if params.metrics is not None else choose_metrics(table)
    keys = [column.sql for column in group_by]
    figures = [f"{figure(table, metric)} AS {quote(metric.name)}" for metric in metrics]
    refuse_twice([column.name for column in group_by] + [metric.name for metric in metrics])
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
    return Outcome(
        table=result,
        columns=result.columns,
        facts={"groups": facts},
        series=drawn(result, result.columns[: len(keys)], result.columns[len(keys) :]),
        warnings=warnings,
    )


def _select(groups: Table, params: AggregateParams, metrics: Sequence[Metric]) -> Table:
    having = where(groups, params.having)
    orders = params.order_by if params.order_by is not None else _largest_first(metrics)
    # What the orders leave open is settled by the groups, so that a run can be repeated.
    named = {item.column.lower() for item in orders}
    rest = [OrderBy(column=c.name) for c in groups.columns if c.name.lower() not in named]
    with input_faults("The groups cannot be selected"):
        groups.engine.execute(
            f"CREATE TABLE result AS SELECT * FROM groups WHERE {having.sql}"
            f" {order(groups, [*orders, *rest])} LIMIT {params.limit}",
            having.values,
        )
    return Table(groups.engine, "result")


def _largest_first(metrics: Sequence[Metric]) -> list[OrderBy]:
    sums = [metric for metric in metrics if metric.fn is Fn.SUM] or list(metrics)
    return [OrderBy(column=sums[0].name, desc=True)]
