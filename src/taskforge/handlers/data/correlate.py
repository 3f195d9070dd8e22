"""The operation `correlate`: how columns of numbers move together."""

from itertools import combinations

from taskforge.core.failures import InvalidInput
from taskforge.handlers.base import Report
from taskforge.handlers.data.choices import number_of
from taskforge.handlers.data.engine import input_faults, quote
from taskforge.handlers.data.operation import Outcome
from taskforge.handlers.data.params import MAX_CORRELATED, CorrelateParams
from taskforge.handlers.data.shown import cell
from taskforge.handlers.data.table import Column, Kind, Table

Pair = tuple[int, int, float | None, int]
"""Two columns by number, how they correlate, and how many rows have both."""


def correlate(table: Table, params: CorrelateParams, report: Report) -> Outcome:
    """Write one row for each pair of columns to the table `result`, the strongest first.

    Each pair is worked out from the rows that have both; ranks are those within a column.

    Raises:
        InvalidInput: fewer than two columns of numbers, or values beyond the range of numbers.
    """
    columns = [number_of(table, name) for name in params.columns] or table.of_kind(Kind.NUMBER)
    table.pick(column.name for column in columns)  # none twice
    if len(columns) < 2:
        raise InvalidInput("Two columns of numbers at least are needed to correlate.")
    warnings: list[str] = []
    if len(columns) > MAX_CORRELATED:
        warnings.append(f"Only the first {MAX_CORRELATED} of {len(columns)} columns are compared.")
        columns = columns[:MAX_CORRELATED]
    values = _ranks(table, columns) if params.method == "spearman" else _values(table, columns)
    pairs = list(combinations(range(len(columns)), 2))
    wanted = ", ".join(f"corr(c{a}, c{b}), regr_count(c{a}, c{b})" for a, b in pairs)
    with input_faults("The columns cannot be compared"):
        found = table.rows(f"SELECT {wanted} FROM {values}")[0]
    names = [column.name for column in columns]
    strengths = {pair: cell(found[2 * n]) for n, pair in enumerate(pairs)}
    rows = [(*pair, strengths[pair], found[2 * n + 1]) for n, pair in enumerate(pairs)]
    result = _result(table, names, rows)
    constant = [names[n] for n in range(len(names)) if _unknown(n, strengths)]
    if constant:
        listed = ", ".join(map(repr, constant[:5]))
        warnings.append(f"There is no correlation with {listed}: too few values, or all equal.")
    facts = {"columns": names, "method": params.method, "matrix": _matrix(len(names), strengths)}
    return Outcome(
        table=result, columns=result.columns, facts={"correlation": facts}, warnings=warnings
    )


def _values(table: Table, columns: list[Column]) -> str:
    finite = ", ".join(
        f"CASE WHEN isfinite(({c.sql})::DOUBLE) THEN ({c.sql})::DOUBLE END AS c{n}"
        for n, c in enumerate(columns)
    )
    return f"(SELECT {finite} FROM {table.sql})"


def _ranks(table: Table, columns: list[Column]) -> str:
    """Ranks from 1, equal values sharing the mean of theirs; nulls have none."""
    names = range(len(columns))
    ranks = ", ".join(
        f"CASE WHEN c{n} IS NOT NULL THEN rank() OVER (ORDER BY c{n} NULLS LAST)"
        f" + (count(*) OVER (PARTITION BY c{n}) - 1) / 2 END AS c{n}"
        for n in names
    )
    return f"(SELECT {ranks} FROM {_values(table, columns)})"


def _result(table: Table, names: list[str], rows: list[Pair]) -> Table:
    columns = ("first", "second", "correlation", "rows")
    types = ("VARCHAR", "VARCHAR", "DOUBLE", "BIGINT")
    lists: list[object] = [
        [names[row[0]] for row in rows],
        [names[row[1]] for row in rows],
        [row[2] for row in rows],
        [row[3] for row in rows],
    ]
    unnested = ", ".join(
        f"unnest(?::{kind}[]) AS {quote(name)}" for name, kind in zip(columns, types, strict=True)
    )
    return table.derive(
        "result",
        f"SELECT * FROM (SELECT {unnested})"
        " ORDER BY abs(correlation) DESC NULLS LAST, first, second",
        lists,
    )


def _unknown(column: int, strengths: dict[tuple[int, int], float | None]) -> bool:
    return all(value is None for pair, value in strengths.items() if column in pair)


def _matrix(size: int, strengths: dict[tuple[int, int], float | None]) -> list[list[float | None]]:
    """A row for each column; 1 on the diagonal."""
    return [
        [1.0 if a == b else strengths[min(a, b), max(a, b)] for b in range(size)]
        for a in range(size)
    ]
