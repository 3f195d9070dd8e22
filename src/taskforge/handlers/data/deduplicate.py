"""The operation `deduplicate`: keep one of the rows that are the same."""

from taskforge.handlers.base import Report
from taskforge.handlers.data.clean import BLANKS
from taskforge.handlers.data.engine import input_faults, quote
from taskforge.handlers.data.operation import Outcome
from taskforge.handlers.data.params import DeduplicateParams
from taskforge.handlers.data.shown import cell, shown
from taskforge.handlers.data.table import Column, Kind, Table

SHOWN_BY = 50
SHOWN_GROUPS = 5
SHOWN_COLUMNS = 10
SHOWN_TEXT = 100

_KEPT = {
    "first": "row_number() OVER (PARTITION BY {keys} ORDER BY {number}) = 1",
    "last": "row_number() OVER (PARTITION BY {keys} ORDER BY {number} DESC) = 1",
    "none": "count(*) OVER (PARTITION BY {keys}) = 1",
}


def deduplicate(table: Table, params: DeduplicateParams, report: Report) -> Outcome:
    """Write what is left to the table `result`, in its order; nulls are the same as nulls.

    Raises:
        InvalidInput: no such column.
    """
    columns = table.pick(params.columns) if params.columns else table.columns
    number = quote(table.spare("row"))
    keys = ", ".join(_key(column, loose=params.loose) for column in columns)
    kept = _KEPT[params.keep].format(keys=keys, number=number)
    names = ", ".join(column.sql for column in table.columns)
    with input_faults("The rows cannot be compared"):
        result = table.derive(
            "result",
            f"SELECT {names} FROM (SELECT * FROM {table.numbered(table.spare('row'))}"
            f" QUALIFY {kept}) ORDER BY {number}",
        )
    groups = table.value(
        f"SELECT count(*) FROM (SELECT 1 FROM {table.sql} GROUP BY {keys} HAVING count(*) > 1)"
    )
    facts = {
        "by": [column.name for column in columns[:SHOWN_BY]],
        "keep": params.keep,
        "groups": groups,
        "removed": table.count() - result.count(),
        "largest": _largest(table, columns[:SHOWN_COLUMNS], keys) if groups else [],
    }
    return Outcome(table=result, columns=result.columns, facts={"duplicates": facts})


def _key(column: Column, *, loose: bool) -> str:
    if loose and column.kind is Kind.TEXT:
        return f"lower(trim(CAST({column.sql} AS VARCHAR), {BLANKS}))"
    return column.sql


def _largest(table: Table, columns: list[Column], keys: str) -> list[dict[str, object]]:
    values = ", ".join(shown(column, f"any_value({column.sql})") for column in columns)
    rows = table.rows(
        f"SELECT count(*), {values} FROM {table.sql} GROUP BY {keys} HAVING count(*) > 1"
        f" ORDER BY 1 DESC, {', '.join(str(place + 2) for place in range(len(columns)))}"
        f" LIMIT {SHOWN_GROUPS}"
    )
    return [
        {
            "rows": row[0],
            "values": {c.name: _short(v) for c, v in zip(columns, row[1:], strict=True)},
        }
        for row in rows
    ]


def _short(value: object) -> object:
    value = cell(value)
    return value[:SHOWN_TEXT] if isinstance(value, str) else value
