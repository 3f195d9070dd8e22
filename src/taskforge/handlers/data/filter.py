"""The operation `filter`: keep the rows that fit."""

from taskforge.handlers.base import Report
from taskforge.handlers.data.conditions import order, where
from taskforge.handlers.data.engine import input_faults
from taskforge.handlers.data.operation import Outcome
from taskforge.handlers.data.params import FilterParams
from taskforge.handlers.data.table import Table


def keep_matching(table: Table, params: FilterParams, report: Report) -> Outcome:
    """Write the matching rows to the table `result`.

    Raises:
        InvalidInput: no such column, or a value that it cannot be compared with.
    """
    condition = where(table, params.where, match=params.match)
    columns = table.pick(params.columns) if params.columns else table.columns
    names = ", ".join(column.sql for column in columns)
    with input_faults("The rows cannot be filtered"):
        table.engine.execute(
            f"CREATE TABLE result AS SELECT {names} FROM {table.sql}"
            f" WHERE {condition.sql} {order(table, params.order_by)}",
            condition.values,
        )
    result = Table(table.engine, "result")
    total, matched = table.count(), result.count()
    share = round(100 * matched / total, 4) if total else 0.0
    warnings = [] if params.where else ["There are no conditions (`where`): every row fits."]
    return Outcome(
        table=result,
        columns=result.columns,
        facts={"matched": {"rows": matched, "percent": share}},
        warnings=warnings,
    )
