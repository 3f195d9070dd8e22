"""What each operation may be told, one struct each; what is left out suits the table."""

from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from taskforge.handlers.base import Payload
from taskforge.handlers.data.rules import Rule
from taskforge.handlers.data.terms import (
    ColumnName,
    ColumnType,
    Condition,
    Fn,
    Metric,
    OrderBy,
    Scalar,
)

MAX_COLUMNS = 500
MAX_CORRELATED = 20

Columns = Annotated[
    tuple[ColumnName, ...], Meta(max_length=MAX_COLUMNS, description="All columns when empty.")
]
Conditions = Annotated[
    tuple[Condition, ...], Meta(max_length=50, description="Every row when empty.")
]
Orders = Annotated[tuple[OrderBy, ...], Meta(max_length=5)]


class ProfileParams(Payload, frozen=True):
    """What to describe."""

    columns: Columns = ()


class FillWith(StrEnum):
    """What takes the place of a null."""

    VALUE = "value"
    MEAN = "mean"
    MEDIAN = "median"
    MODE = "mode"
    """The most frequent value, of equals the smallest."""
    PREVIOUS = "previous"
    """The last value above it that is none."""


class Fill(Payload, frozen=True):
    """How the nulls of a column are filled."""

    column: ColumnName
    with_: FillWith = msgspec.field(name="with", default=FillWith.VALUE)
    value: Annotated[Scalar, Meta(description="What to write, for `value`.")] = None

    def __post_init__(self) -> None:
        if (self.with_ is FillWith.VALUE) == (self.value is None):
            raise ValueError("Give `value`, or another way in `with`, and not both")


class Cast(Payload, frozen=True):
    """What a column is read as; a value that cannot be becomes null, and is counted."""

    column: ColumnName
    to: ColumnType


class Rename(Payload, frozen=True):
    """A new name for a column."""

    column: ColumnName
    to: ColumnName


class CleanParams(Payload, frozen=True):
    """What to put right, in the order of these fields; columns go by the names they came with."""

    trim: Annotated[bool, Meta(description="Cut blanks around texts.")] = True
    blank_to_null: Annotated[bool, Meta(description="Read empty texts as nulls.")] = True
    cast: Annotated[tuple[Cast, ...], Meta(max_length=MAX_COLUMNS)] = ()
    fill: Annotated[tuple[Fill, ...], Meta(max_length=MAX_COLUMNS)] = ()
    drop_nulls: Annotated[
        tuple[ColumnName, ...],
        Meta(max_length=MAX_COLUMNS, description="Drop rows with a null in any of these columns."),
    ] = ()
    rename: Annotated[tuple[Rename, ...], Meta(max_length=MAX_COLUMNS)] = ()


class AggregateParams(Payload, frozen=True):
    """Groups, and figures for each; what is left out is chosen to suit the table."""

    group_by: (
        Annotated[
            tuple[ColumnName, ...], Meta(max_length=5, description="Empty: one group of all rows.")
        ]
        | None
    ) = None
    metrics: Annotated[tuple[Metric, ...], Meta(min_length=1, max_length=20)] | None = None
    having: Annotated[
        tuple[Condition, ...],
        Meta(max_length=20, description="Conditions on the result's columns; all must hold."),
    ] = ()
    order_by: Annotated[
        Orders | None,
        Meta(description="Columns of the result; by default the first sum, largest first."),
    ] = None
    limit: Annotated[int, Meta(ge=1, le=10_000, description="Groups in the result.")] = 1_000


class FilterParams(Payload, frozen=True):
    """Which rows and columns to keep."""

    where: Conditions = ()
    match: Annotated[
        Literal["all", "any"], Meta(description="How many of the conditions must hold.")
    ] = "all"
    columns: Columns = ()
    order_by: Orders = ()


class DeduplicateParams(Payload, frozen=True):
    """Which rows are the same, and which of them stay."""

    columns: Columns = ()
    keep: Annotated[
        Literal["first", "last", "none"],
        Meta(description="Of rows that are the same; `none` drops all of them."),
    ] = "first"
    loose: Annotated[
        bool, Meta(description="Take texts as the same whatever their case and outer blanks.")
    ] = False


class OutlierMethod(StrEnum):
    """How far is far: from the quartiles, from the mean, or from the median."""

    IQR = "iqr"
    """Beyond `k` times the distance of the quartiles from them; 1.5 is usual."""
    ZSCORE = "zscore"
    """Beyond `k` standard deviations from the mean; 3 is usual."""
    MAD = "mad"
    """Beyond `k` scaled median deviations from the median; 3.5 is usual. The most robust."""


class OutliersParams(Payload, frozen=True):
    """Which values are too far out."""

    column: Annotated[
        ColumnName | None, Meta(description="A column of numbers; the last one by default.")
    ] = None
    method: OutlierMethod = OutlierMethod.IQR
    k: Annotated[
        Annotated[float, Meta(gt=0, le=1_000)] | None,
        Meta(description="How far is too far; by default 1.5 (iqr), 3 (zscore), 3.5 (mad)."),
    ] = None


class Every(StrEnum):
    """The length of a bucket of time."""

    MINUTE = "minute"
    FIVE_MINUTES = "5 minutes"
    QUARTER_HOUR = "15 minutes"
    HOUR = "hour"
    SIX_HOURS = "6 hours"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class TimeseriesParams(Payload, frozen=True):
    """Buckets of time, and a figure for each."""

    time: Annotated[
        ColumnName | None, Meta(description="Dates or timestamps; the first such column.")
    ] = None
    value: Annotated[
        ColumnName | None, Meta(description="The last column of numbers by default.")
    ] = None
    every: Annotated[
        Every | None, Meta(description="By default so that there are at most 200 buckets.")
    ] = None
    fn: Annotated[Fn | None, Meta(description="`sum` by default; `count` counts rows.")] = None
    fill: Annotated[
        Literal["none", "null", "zero", "previous", "linear"],
        Meta(description="What stands in a bucket without rows; `none` leaves it out."),
    ] = "null"
    split_by: Annotated[
        ColumnName | None, Meta(description="One series for each of its 8 most frequent values.")
    ] = None


class CorrelateParams(Payload, frozen=True):
    """Which columns to hold against each other."""

    columns: Annotated[
        tuple[ColumnName, ...],
        Meta(max_length=MAX_CORRELATED, description="Of numbers; the first 20 when empty."),
    ] = ()
    method: Annotated[
        Literal["pearson", "spearman"],
        Meta(description="Of the values (linear), or of their ranks (rising or falling)."),
    ] = "pearson"


class PivotParams(Payload, frozen=True):
    """One row for each value of some columns, one column for each value of another."""

    rows: Annotated[tuple[ColumnName, ...], Meta(min_length=1, max_length=3)] | None = None
    columns: Annotated[
        ColumnName | None, Meta(description="The column whose values become columns.")
    ] = None
    metric: Annotated[Metric | None, Meta(description="What stands in the cells.")] = None
    max_columns: Annotated[
        int, Meta(ge=1, le=50, description="The most frequent values that become columns.")
    ] = 20
    limit: Annotated[int, Meta(ge=1, le=10_000, description="Rows in the result.")] = 1_000


class SampleParams(Payload, frozen=True):
    """Which share of the rows to draw."""

    size: Annotated[int, Meta(ge=1, le=1_000_000, description="Rows to draw.")] = 100
    stratify_by: Annotated[
        ColumnName | None, Meta(description="Draw from each of its values by its share.")
    ] = None
    seed: Annotated[int, Meta(ge=0, le=2**32 - 1, description="The same draws the same.")] = 42


class ValidateParams(Payload, frozen=True):
    """What must hold."""

    rules: Annotated[tuple[Rule, ...], Meta(min_length=1, max_length=50)]


class SqlParams(Payload, frozen=True):
    """A query of one's own."""

    query: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=20_000,
            pattern=r"\S",
            description="One SELECT in DuckDB's SQL; the table is called `data`.",
            examples=["SELECT region, sum(revenue) AS total FROM data GROUP BY region"],
        ),
    ]
    limit: Annotated[int, Meta(ge=1, le=1_000_000, description="Rows in the result.")] = 10_000


class ExportParams(Payload, frozen=True):
    """Which columns to write, and in which order."""

    columns: Columns = ()
    order_by: Orders = ()
