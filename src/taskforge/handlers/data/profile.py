"""The operation `profile`: describe every column."""

from taskforge.handlers.base import Report
from taskforge.handlers.data.operation import Outcome
from taskforge.handlers.data.params import ProfileParams
from taskforge.handlers.data.table import Table


def profile(table: Table, params: ProfileParams, report: Report) -> Outcome:
    """Leave the rows as they are; the statistics are made for every operation.

    Raises:
        InvalidInput: no such column.
    """
    columns = table.pick(params.columns) if params.columns else table.columns
    return Outcome(table=table, columns=columns, full=True)
