"""The rules that `validate` can hold a column to, told apart by `rule`; all but one pass nulls."""

from typing import Annotated

from msgspec import Meta

from taskforge.handlers.base import Payload
from taskforge.handlers.data.terms import ColumnName, ColumnType, Scalar


class ColumnRule(Payload, frozen=True, tag_field="rule"):
    """What all rules share."""

    column: ColumnName


class NotNull(ColumnRule, frozen=True, tag="not_null"):
    """There is a value in every row."""


class Unique(ColumnRule, frozen=True, tag="unique"):
    """No value stands in two rows; all rows that share one fail."""


class Between(ColumnRule, frozen=True, tag="between"):
    """Every value lies between two ends, both included; either may be left open."""

    low: Scalar = None
    high: Scalar = None

    def __post_init__(self) -> None:
        if self.low is None and self.high is None:
            raise ValueError("`between` needs `low`, `high` or both")


class Regex(ColumnRule, frozen=True, tag="regex"):
    """Every value, as text, fits a pattern as a whole."""

    pattern: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=500,
            description="In RE2's syntax: no look-around, no back-references.",
            examples=["[a-z]+@[a-z]+[.]com"],
        ),
    ]


class InSet(ColumnRule, frozen=True, tag="in_set"):
    """Every value is one of these."""

    values: Annotated[tuple[Scalar, ...], Meta(min_length=1, max_length=1_000)]

    def __post_init__(self) -> None:
        if None in self.values:
            raise ValueError("null is not compared; use the rule `not_null`")


class OfType(ColumnRule, frozen=True, tag="type"):
    """Every value can be read as this type."""

    type: ColumnType


Rule = NotNull | Unique | Between | Regex | InSet | OfType
