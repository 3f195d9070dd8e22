"""The operation `outliers`: the values that are far from the others, the farthest first."""

import math
from typing import NamedTuple

from taskforge.core.failures import InvalidInput
from taskforge.handlers.base import Report
from taskforge.handlers.data.choices import number_of
from taskforge.handlers.data.engine import input_faults, quote
from taskforge.handlers.data.operation import Outcome
from taskforge.handlers.data.params import OutlierMethod, OutliersParams
from taskforge.handlers.data.series import MAX_POINTS, Series
from taskforge.handlers.data.shown import cell, shown
from taskforge.handlers.data.table import Column, Kind, Table

USUAL_K = {OutlierMethod.IQR: 1.5, OutlierMethod.ZSCORE: 3.0, OutlierMethod.MAD: 3.5}
MAD_SCALE = 1.4826
"""Makes the median deviation of a normal distribution its standard deviation."""


class Spread(NamedTuple):
    """How the values lie; the score of a value is its distance from the centre in spreads."""

    least: float
    q1: float
    median: float
    q3: float
    most: float
    centre: float
    spread: float


def outliers(table: Table, params: OutliersParams, report: Report) -> Outcome:
    """Write the rows with such a value to the table `result`, with `score` and `row`.

    Raises:
        InvalidInput: no such column of numbers, or one without values.
    """
    column = number_of(table, params.column)
    k = params.k if params.k is not None else USUAL_K[params.method]
    lie = _spread(table, column, params.method)
    low, high = _bounds(lie, params.method, k)
    value = f"({column.sql})::DOUBLE"
    row, score = table.spare("row"), table.spare("score")
    result = table.derive(
        "result",
        f"SELECT *, round(({value} - ?) / nullif(?, 0), 4) AS {quote(score)}"
        f" FROM {table.numbered(row)}"
        f" WHERE isfinite({value}) AND ({value} < ? OR {value} > ?)"
        f" ORDER BY abs({value} - ?) DESC, {quote(row)}",
        [lie.centre, lie.spread, low, high, lie.centre],
    )
    found, rows = result.count(), table.count()
    facts = {
        "column": column.name,
        "method": str(params.method),
        "k": k,
        "low": cell(low),
        "high": cell(high),
        "rows": found,
        "percent": round(100 * found / rows, 4),
        "box": {name: cell(value) for name, value in lie._asdict().items()},
    }
    warnings: list[str] = []
    if found and not lie.spread:
        warnings.append("At least half of the values are equal: every other value counts as far.")
    series = _points(result, table, column, row)
    return Outcome(
        table=result,
        columns=result.columns,
        facts={"outliers": facts},
        warnings=warnings,
        series=series,
    )


def _spread(table: Table, column: Column, method: OutlierMethod) -> Spread:
    value = f"({column.sql})::DOUBLE"
    with input_faults(f"The values of {column.name!r} cannot be compared"):
        row = table.rows(
            "SELECT min(v), quantile_cont(v, [0.25, 0.5, 0.75]), max(v), avg(v), stddev_pop(v),"
            f" mad(v) FROM (SELECT {value} AS v FROM {table.sql} WHERE isfinite({value}))"
        )[0]
    if row[0] is None:
        raise InvalidInput(f"Column {column.name!r} has no values.")
    least, (q1, median, q3), most, mean, stddev, mad = row
    centre, spread = {
        OutlierMethod.IQR: (median, q3 - q1),
        OutlierMethod.ZSCORE: (mean, stddev),
        OutlierMethod.MAD: (median, MAD_SCALE * mad),
    }[method]
    if not math.isfinite(spread) or not math.isfinite(centre):
        raise InvalidInput(f"The values of {column.name!r} are too far apart to be compared.")
    return Spread(least, q1, median, q3, most, centre, spread)


def _bounds(lie: Spread, method: OutlierMethod, k: float) -> tuple[float, float]:
    if method is OutlierMethod.IQR:
        return lie.q1 - k * lie.spread, lie.q3 + k * lie.spread
    return lie.centre - k * lie.spread, lie.centre + k * lie.spread


def _points(result: Table, table: Table, column: Column, row: str) -> list[Series]:
    times = table.of_kind(Kind.TIME)
    x = shown(times[0], times[0].sql) if times else quote(row)
    rows = result.rows(
        f"SELECT x, y FROM (SELECT {x} AS x, {shown(column, column.sql)} AS y FROM {result.sql}"
        f" LIMIT {MAX_POINTS}) ORDER BY x"
    )
    return [Series(name=column.name, points=[(cell(x), cell(y)) for x, y in rows])]
