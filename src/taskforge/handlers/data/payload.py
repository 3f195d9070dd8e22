"""What a `data_processing` job asks for: one struct per operation, told apart by `operation`."""

from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from taskforge.handlers.base import Payload

MAX_INLINE_ROWS = 10_000
MAX_INLINE_BYTES = 2_000_000
MAX_GENERATED_ROWS = 5_000_000
MAX_PREVIEW_ROWS = 200
INT64 = 2**63 - 1

ColumnName = Annotated[str, Meta(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f]+$")]
Scalar = bool | Annotated[int, Meta(ge=-INT64, le=INT64)] | float | str | None
FileName = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9_][A-Za-z0-9_ ./-]{0,199}\.(csv|tsv|parquet|ndjson|jsonl|json)$",
        description="A file in the installation's data folder, by its path inside it.",
        examples=["orders.csv"],
    ),
]


class Source(Payload, frozen=True):
    """A table given with the job, or a file on the server: one of the two."""

    inline: (
        Annotated[list[dict[ColumnName, Scalar]], Meta(min_length=1, max_length=MAX_INLINE_ROWS)]
        | UnsetType
    ) = UNSET
    """At most 2 MB of JSON."""
    file: FileName | UnsetType = UNSET

    def __post_init__(self) -> None:
        if (self.inline is UNSET) == (self.file is UNSET):
            raise ValueError("Give either `inline` or `file`")
        if isinstance(self.file, str) and ".." in self.file.split("/"):
            raise ValueError("`file` must stay inside the data folder")
        if self.inline is not UNSET and len(msgspec.json.encode(self.inline)) > MAX_INLINE_BYTES:
            raise ValueError(f"`inline` has more than {MAX_INLINE_BYTES:,} bytes")


Dataset = Literal["sales_q1"] | Source


class Output(Payload, frozen=True):
    """How much of the result to show."""

    preview_rows: Annotated[int, Meta(ge=0, le=MAX_PREVIEW_ROWS)] = 50


class Op(StrEnum):
    """How a condition compares."""

    EQ = "eq"
    NE = "ne"
    LT = "lt"
    LE = "le"
    GT = "gt"
    GE = "ge"
    IN = "in"
    NOT_IN = "not_in"
    BETWEEN = "between"
    CONTAINS = "contains"
    STARTS_WITH = "starts_with"
    ENDS_WITH = "ends_with"
    IS_NULL = "is_null"
    NOT_NULL = "not_null"


VALUELESS = frozenset({Op.IS_NULL, Op.NOT_NULL})
LISTED = frozenset({Op.IN, Op.NOT_IN, Op.BETWEEN})
TEXTUAL = frozenset({Op.CONTAINS, Op.STARTS_WITH, Op.ENDS_WITH})


class Condition(Payload, frozen=True):
    """One comparison of a column with a value; a null never matches but by `is_null`."""

    column: ColumnName
    op: Op
    value: Scalar | Annotated[list[Scalar], Meta(min_length=1, max_length=1_000)] = None
    """A list for `in`, `not_in` and `between` (its two ends, both included)."""

    def __post_init__(self) -> None:
        several = isinstance(self.value, list)
        if self.op in VALUELESS and self.value is not None:
            raise ValueError(f"`{self.op}` takes no value")
        if self.op in LISTED and not several:
            raise ValueError(f"`{self.op}` takes a list of values")
        if self.op not in LISTED | VALUELESS and (several or self.value is None):
            raise ValueError(f"`{self.op}` takes one value; use `is_null` or `in`")
        if isinstance(self.value, list):
            if self.op is Op.BETWEEN and len(self.value) != 2:
                raise ValueError("`between` takes two values")
            if None in self.value:
                raise ValueError("null cannot be compared; use `is_null`")


class Order(Payload, frozen=True):
    """A column to sort by; nulls come last."""

    column: ColumnName
    desc: bool = False


class Fn(StrEnum):
    """What is worked out for each group; `std` of one row and all of none are null."""

    COUNT = "count"
    DISTINCT = "distinct"
    SUM = "sum"
    AVG = "avg"
    MIN = "min"
    MAX = "max"
    MEDIAN = "median"
    P95 = "p95"
    STDDEV = "stddev"


class Metric(Payload, frozen=True):
    """One figure of each group."""

    fn: Fn
    column: ColumnName | None = None
    """`count` without a column counts rows, with one the values that are not null."""
    as_: Annotated[ColumnName | None, Meta(description="Name; `fn_column` by default")] = (
        msgspec.field(name="as", default=None)
    )

    def __post_init__(self) -> None:
        if self.column is None and self.fn is not Fn.COUNT:
            raise ValueError(f"`{self.fn}` needs a column")

    @property
    def name(self) -> str:
        """The column of the result that holds it."""
        return self.as_ or (f"{self.fn}_{self.column}" if self.column else str(self.fn))


class DataJob(Payload, frozen=True, tag_field="operation"):
    """What all operations share."""

    dataset: Dataset
    rows: Annotated[int, Meta(ge=1, le=MAX_GENERATED_ROWS)] = 10_000
    """How many to generate; of other sources, how many to read at most."""
    seed: Annotated[int, Meta(ge=0, le=2**32 - 1)] = 42
    """The same seed makes the same generated rows."""
    output: Output = Output()


class ProfileParams(Payload, frozen=True):
    """What to describe."""

    columns: Annotated[tuple[ColumnName, ...], Meta(max_length=500)] = ()
    """All columns when empty."""


class AggregateParams(Payload, frozen=True):
    """Groups, and figures for each; what is left out is chosen to suit the table."""

    group_by: Annotated[tuple[ColumnName, ...], Meta(max_length=5)] | None = None
    """An empty list: one group of all rows."""
    metrics: Annotated[tuple[Metric, ...], Meta(min_length=1, max_length=20)] | None = None
    having: Annotated[tuple[Condition, ...], Meta(max_length=20)] = ()
    """Conditions on the columns of the result; all must hold."""
    order_by: Annotated[tuple[Order, ...], Meta(max_length=5)] | None = None
    """Columns of the result; by default the first sum, largest first."""
    limit: Annotated[int, Meta(ge=1, le=10_000)] = 1_000


class FilterParams(Payload, frozen=True):
    """Which rows and columns to keep."""

    where: Annotated[tuple[Condition, ...], Meta(max_length=50)] = ()
    match: Literal["all", "any"] = "all"
    columns: Annotated[tuple[ColumnName, ...], Meta(max_length=500)] = ()
    """All columns when empty."""
    order_by: Annotated[tuple[Order, ...], Meta(max_length=5)] = ()


class Profile(DataJob, frozen=True, tag="profile"):
    """Describe every column: types, nulls, distinct values, quartiles, histogram."""

    params: ProfileParams = ProfileParams()


class Aggregate(DataJob, frozen=True, tag="aggregate"):
    """Group rows and work out figures for each group."""

    params: AggregateParams = AggregateParams()


class Filter(DataJob, frozen=True, tag="filter"):
    """Keep the rows that fit."""

    params: FilterParams = FilterParams()


DataPayload = Profile | Aggregate | Filter


def dataset_name(dataset: Dataset) -> str:
    """A data set as people call it."""
    if isinstance(dataset, str):
        return dataset
    return dataset.file if isinstance(dataset.file, str) else "an inline table"


def operation_of(job: DataJob) -> str:
    """The word that a client wrote in `operation`."""
    config: Any = job.__struct_config__
    return str(config.tag)
