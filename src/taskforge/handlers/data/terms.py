"""Words that the parameters of several operations share: conditions, sort orders, figures."""

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from taskforge.handlers.base import Payload

INT64 = 2**63 - 1

ColumnName = Annotated[
    str, Meta(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f]+$(?!\n)")
]
Scalar = bool | Annotated[int, Meta(ge=-INT64, le=INT64)] | float | str | None


class ColumnType(StrEnum):
    """What a column can be read as."""

    INTEGER = "integer"
    NUMBER = "number"
    TEXT = "text"
    BOOLEAN = "boolean"
    DATE = "date"
    TIMESTAMP = "timestamp"


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


class OrderBy(Payload, frozen=True):
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
