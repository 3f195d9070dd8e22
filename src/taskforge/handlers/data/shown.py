"""Values as JSON shows them: prepared by SQL as far as it goes, finished in Python."""

import math
from typing import Any

from taskforge.handlers.data.table import Column, Kind

MAX_TEXT = 1_000
"""Characters of a text in a preview."""

EXACT_INT = 2**53 - 1
"""Largest whole number that every JSON reader keeps (RFC 8259 §6); beyond it, text."""


def shown(column: Column, value: str) -> str:
    """An SQL expression for a value of a column that comes out as number, text or boolean.

    Times become ISO 8601 text in the engine, since Python's cannot hold all that DuckDB's can.
    """
    if column.kind is Kind.BOOL:
        return value
    if column.kind is Kind.NUMBER:
        return f"({value})::DOUBLE" if column.type.startswith("DECIMAL") else value
    text = f"CAST({value} AS VARCHAR)"
    if column.kind is Kind.TIME:
        return f"replace({text}, ' ', 'T')"
    return f"left({text}, {MAX_TEXT})"


def cell(value: Any) -> Any:
    """A value that JSON and PostgreSQL can carry; what is no number becomes null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > EXACT_INT:
        return str(value)
    return value.replace("\0", "\N{REPLACEMENT CHARACTER}") if isinstance(value, str) else value
