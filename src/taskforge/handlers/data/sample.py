"""The operation `sample`: rows drawn at random, the same ones for the same seed."""

from taskforge.handlers.base import Report
from taskforge.handlers.data.engine import quote
from taskforge.handlers.data.generated.rows import GOLDEN, MASK, mixed_seed
from taskforge.handlers.data.operation import Outcome
from taskforge.handlers.data.params import SampleParams
from taskforge.handlers.data.table import Table


def sample(table: Table, params: SampleParams, report: Report) -> Outcome:
    """Write the drawn rows to the table `result`, in their order.

    Each row draws a lot, hashed from its place and the seed, never from DuckDB's own `hash`, so
    that another version draws the same. The lowest lots win. Of each stratum its share is drawn,
    rounded up, so that there may be a few rows more.

    Raises:
        InvalidInput: no such column.
    """
    number, lot = table.spare("row"), table.spare("lot")
    strata = table.column(params.stratify_by).sql if params.stratify_by is not None else None
    table.derive("lots", _lots(table, number, lot), [mixed_seed(params.seed)])
    names = ", ".join(column.sql for column in table.columns)
    total = table.count()
    order = f"{quote(lot)}, {quote(number)}"
    drawn = f"SELECT * FROM lots ORDER BY {order} LIMIT {params.size}"
    if strata is not None:
        drawn = (
            f"SELECT * FROM lots QUALIFY row_number() OVER (PARTITION BY {strata} ORDER BY {order})"
            f" <= ceil({params.size} * count(*) OVER (PARTITION BY {strata}) / {max(total, 1)})"
        )
    result = table.derive("result", f"SELECT {names} FROM ({drawn}) ORDER BY {quote(number)}")
    drawn_rows = result.count()
    warnings: list[str] = []
    if total <= params.size:
        warnings.append(f"There are {total:,} rows; all of them are in the sample.")
    facts = {
        "size": drawn_rows,
        "percent": round(100 * drawn_rows / total, 4) if total else 0.0,
        "stratify_by": params.stratify_by,
        "seed": params.seed,
    }
    return Outcome(table=result, columns=result.columns, facts={"sample": facts}, warnings=warnings)


def _lots(table: Table, number: str, lot: str) -> str:
    """A statement that gives each row its lot; it takes the mixed seed."""
    name = quote(lot)
    first = f"({quote(number)}::UBIGINT * {GOLDEN} + ?::UBIGINT) & {MASK}"
    sql = f"SELECT *, {first} AS {name} FROM {table.numbered(number)}"
    # One level for each step, as in `generated.rows`.
    for step in (
        f"(xor({name}, {name} >> 16) * {0x85EBCA6B}) & {MASK}",
        f"(xor({name}, {name} >> 13) * {0xC2B2AE35}) & {MASK}",
        f"xor({name}, {name} >> 16)",
    ):
        sql = f"SELECT * REPLACE ({step} AS {name}) FROM ({sql})"
    return sql
