"""The operation `export`: the table as it is, to be written to a file."""

from taskforge.handlers.base import Report
from taskforge.handlers.data.conditions import order
from taskforge.handlers.data.operation import Outcome
from taskforge.handlers.data.params import ExportParams
from taskforge.handlers.data.table import Table


def export(table: Table, params: ExportParams, report: Report) -> Outcome:
    """Pick and sort, if that is asked for.

    Raises:
        InvalidInput: no such column.
    """
    columns = table.pick(params.columns) if params.columns else table.columns
    if params.order_by:
        table = table.derive("result", f"SELECT * FROM {table.sql} {order(table, params.order_by)}")
    return Outcome(table=table, columns=columns)
