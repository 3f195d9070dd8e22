"""What an operation hands on: a table to describe and preview, and facts of its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from taskforge.handlers.base import Report
from taskforge.handlers.data.series import Series
from taskforge.handlers.data.table import Column, Table


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The end of the stage `transform`."""

    table: Table
    columns: Sequence[Column]
    """Those of the table's columns that the result shows."""
    full: bool = False
    """Whether each column is described in full."""
    facts: dict[str, Any] = field(default_factory=dict[str, Any])
    """The result's parts that only this operation has."""
    series: list[Series] = field(default_factory=list[Series])
    """The same for a chart, if it can be drawn."""
    warnings: list[str] = field(default_factory=list[str])


Operation = Callable[[Table, Any, Report], Outcome]
"""From the loaded table and the operation's params to its outcome."""
