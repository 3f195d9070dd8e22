"""The operation `timeseries`: buckets of time, a figure for each, gaps filled."""

from collections.abc import Mapping
from datetime import timedelta

from taskforge.core.failures import InvalidInput
from taskforge.handlers.base import Report
from taskforge.handlers.data.choices import last_number, number_of, time_of
from taskforge.handlers.data.engine import input_faults, quote
from taskforge.handlers.data.figures import figure, refuse_twice
from taskforge.handlers.data.operation import Outcome
from taskforge.handlers.data.params import Every, TimeseriesParams
from taskforge.handlers.data.series import MAX_POINTS, Series, drawn, parted
from taskforge.handlers.data.shown import shown
from taskforge.handlers.data.table import Column, Table
from taskforge.handlers.data.terms import Fn, Metric

LENGTHS: Mapping[Every, timedelta] = {
    Every.MINUTE: timedelta(minutes=1),
    Every.FIVE_MINUTES: timedelta(minutes=5),
    Every.QUARTER_HOUR: timedelta(minutes=15),
    Every.HOUR: timedelta(hours=1),
    Every.SIX_HOURS: timedelta(hours=6),
    Every.DAY: timedelta(days=1),
    Every.WEEK: timedelta(weeks=1),
    Every.MONTH: timedelta(days=28),
    Every.QUARTER: timedelta(days=90),
    Every.YEAR: timedelta(days=365),
}
"""The shortest of each, so that counts of buckets are never too low."""
GOOD = 200
"""Buckets that a chart shows well."""
MAX_BUCKETS = 10_000
MAX_LINES = 8
_OF_ANYTHING = (Fn.COUNT, Fn.DISTINCT)

_FILLS = {
    "none": "{value}",
    "null": "{value}",
    "zero": "coalesce({value}, 0)",
    "previous": "last_value({value} IGNORE NULLS) OVER ({window})",
    "linear": "fill(({value})::DOUBLE ORDER BY bucket) OVER ({window})",
}


def timeseries(table: Table, params: TimeseriesParams, report: Report) -> Outcome:
    """Write one row for each bucket, or bucket and line, to the table `result`, in order of time.

    Raises:
        InvalidInput: no such column, no times, or more buckets than are worked out.
    """
    warnings: list[str] = []
    time = time_of(table, params.time)
    metric = _metric(table, params)
    line = table.column(params.split_by) if params.split_by is not None else None
    every = _every(table, time, params.every)
    names = [time.name, *([line.name] if line else []), metric.name]
    refuse_twice(names)
    _count(table, time, line, figure(table, metric), every)
    if line is not None:
        dropped = _keep_most_frequent(table, line)
        if dropped:
            warnings.append(
                f"Lines are the {MAX_LINES} most frequent values of {line.name!r} only."
            )
    result = table.derive("result", _filled(names, params.fill, every, split=line is not None))
    facts = {
        "time": time.name,
        "value": metric.column,
        "fn": str(metric.fn),
        "every": str(every),
        "fill": params.fill,
        "buckets": result.value(f"SELECT count(DISTINCT {quote(time.name)}) FROM {result.sql}"),
        "split_by": line.name if line else None,
    }
    series = _lines(result) if line else drawn(result, result.columns[:1], result.columns[1:])
    return Outcome(
        table=result,
        columns=result.columns,
        facts={"timeseries": facts},
        series=series,
        warnings=warnings,
    )


def _metric(table: Table, params: TimeseriesParams) -> Metric:
    if params.value is None and (
        params.fn is Fn.COUNT or (params.fn is None and last_number(table) is None)
    ):
        return Metric(fn=Fn.COUNT)
    if params.fn is not None and params.fn in _OF_ANYTHING and params.value is not None:
        return Metric(fn=params.fn, column=table.column(params.value).name)
    return Metric(fn=params.fn or Fn.SUM, column=number_of(table, params.value).name)


def _every(table: Table, time: Column, asked: Every | None) -> Every:
    """What was asked for, or the shortest that makes few buckets.

    Raises:
        InvalidInput: no times at all, or too many buckets.
    """
    seconds = table.rows(
        f"SELECT date_diff('second', min(t), max(t)) FROM"
        f" (SELECT {_moment(time)} AS t FROM {table.sql} WHERE isfinite({time.sql}))"
    )[0][0]
    if seconds is None:
        raise InvalidInput(f"Column {time.name!r} has no times.")
    counts = {every: seconds / length.total_seconds() for every, length in LENGTHS.items()}
    fit = [every for every in Every if counts[every] <= GOOD]
    every = asked or (fit[0] if fit else Every.YEAR)
    if counts[every] > MAX_BUCKETS:
        enough = next((e for e in Every if counts[e] <= MAX_BUCKETS), Every.YEAR)
        raise InvalidInput(
            f"Every {every} would make {counts[every]:,.0f} buckets; at most {MAX_BUCKETS:,} are"
            f" worked out. Use {str(enough)!r} or longer."
        )
    return every


def _count(table: Table, time: Column, line: Column | None, value: str, every: Every) -> None:
    """Make the table `counted`: bucket, line, value; a bucket begins where the calendar does."""
    by = f"coalesce({shown(line, line.sql)}::VARCHAR, 'null')" if line else "''"
    with input_faults("The times cannot be put into buckets"):
        table.derive(
            "counted",
            f"SELECT time_bucket({_interval(every)}, {_moment(time)}) AS bucket, {by} AS line,"
            f" {value} AS value, count(*) AS n"
            f" FROM {table.sql} WHERE isfinite({time.sql}) GROUP BY ALL",
        )


def _keep_most_frequent(table: Table, line: Column) -> int:
    """Leave the lines with the most rows; return how many rows of `counted` are gone."""
    before = table.value("SELECT count(*) FROM counted")
    table.engine.execute(
        "DELETE FROM counted WHERE line NOT IN (SELECT line FROM counted GROUP BY line"
        f" ORDER BY sum(n) DESC, line LIMIT {MAX_LINES})"
    )
    return before - table.value("SELECT count(*) FROM counted")


def _filled(names: list[str], fill: str, every: Every, *, split: bool) -> str:
    """A statement for the result: every bucket from the first to the last, with every line."""
    value = _FILLS[fill].format(value="value", window="PARTITION BY line ORDER BY bucket")
    picked = ["bucket", *(["line"] if split else []), value]
    aliased = ", ".join(f"{sql} AS {quote(name)}" for sql, name in zip(picked, names, strict=True))
    grid = "counted"
    if fill != "none":
        grid = (
            "(SELECT unnest(generate_series(min(bucket), max(bucket),"
            f" {_interval(every)})) AS bucket FROM counted)"
            " CROSS JOIN (SELECT DISTINCT line FROM counted)"
            " LEFT JOIN counted USING (bucket, line)"
        )
    return f"SELECT {aliased} FROM {grid} ORDER BY bucket, line"


def _lines(result: Table) -> list[Series]:
    time, line, value = result.columns
    lines = max(result.value(f"SELECT count(DISTINCT {line.sql}) FROM {result.sql}"), 1)
    most = MAX_POINTS // lines
    rows = result.rows(
        f"SELECT {line.sql}, {shown(time, time.sql)}, {shown(value, value.sql)} FROM {result.sql}"
        f" QUALIFY row_number() OVER (PARTITION BY {line.sql} ORDER BY {time.sql} DESC) <= {most}"
        f" ORDER BY {line.sql}, {time.sql}"
    )
    return parted(rows, result.count() // lines)


def _moment(time: Column) -> str:
    return f"CAST({time.sql} AS TIMESTAMP)"


def _interval(every: Every) -> str:
    text = str(every)
    return f"INTERVAL '{text if text[0].isdigit() else f'1 {text}'}'"
