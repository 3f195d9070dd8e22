"""A table in the engine: its columns, found by name or refused with a suggestion."""

import difflib
from collections.abc import Iterable, Sequence
from enum import Enum, auto
from typing import NamedTuple

import duckdb

from taskforge.core.failures import InvalidInput
from taskforge.handlers.data.engine import Row, quote

MAX_COLUMNS = 500
MAX_NAME_BYTES = 250


class Kind(Enum):
    """What can be done with a column."""

    NUMBER = auto()
    TEXT = auto()
    TIME = auto()
    """Dates and timestamps."""
    BOOL = auto()
    OTHER = auto()
    """Times of day, intervals, lists, structs, blobs: shown as text, counted, never computed."""


class Column(NamedTuple):
    """One column."""

    name: str
    type: str
    """As DuckDB writes it: `DECIMAL(10,2)`."""

    @property
    def sql(self) -> str:
        """The quoted name."""
        return quote(self.name)

    @property
    def kind(self) -> Kind:
        """Decided by the type."""
        base = self.type.partition("(")[0]
        return Kind.OTHER if self.type.endswith("]") else _KINDS.get(base, Kind.OTHER)

    @property
    def is_float(self) -> bool:
        """Whether values may be infinite or no number at all."""
        return self.type in ("FLOAT", "DOUBLE")


_INTEGERS = ["TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"]
_NUMBERS = [*_INTEGERS, *(f"U{name}" for name in _INTEGERS), "FLOAT", "DOUBLE", "DECIMAL"]
_TIMES = ["DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"]
_KINDS = {
    **dict.fromkeys(_NUMBERS, Kind.NUMBER),
    **dict.fromkeys([*_TIMES, "TIMESTAMP WITH TIME ZONE"], Kind.TIME),
    "VARCHAR": Kind.TEXT,
    "ENUM": Kind.TEXT,
    "BOOLEAN": Kind.BOOL,
}


class Table:
    """A table or view of the engine."""

    def __init__(self, engine: duckdb.DuckDBPyConnection, name: str) -> None:
        self.engine = engine
        self.sql = quote(name)
        described = engine.execute(f"DESCRIBE {self.sql}").fetchall()
        self.columns = [Column(row[0], row[1]) for row in described]
        if len(self.columns) > MAX_COLUMNS:
            raise InvalidInput(
                f"The table has {len(self.columns)} columns; at most {MAX_COLUMNS} are taken."
            )
        if any(len(column.name.encode()) > MAX_NAME_BYTES for column in self.columns):
            raise InvalidInput(
                f"A column's name has more than {MAX_NAME_BYTES} bytes; give it a shorter one."
            )

    def derive(self, name: str, select: str, values: Sequence[object] = ()) -> "Table":
        """Make a new table of what a statement gives."""
        self.engine.execute(f"CREATE TABLE {quote(name)} AS {select}", list(values))
        return Table(self.engine, name)

    def rows(self, select: str, values: Sequence[object] = ()) -> list[Row]:
        """What a statement gives; the caller sees to it that this is little."""
        return self.engine.execute(select, list(values)).fetchall()

    def of_kind(self, kind: Kind) -> list[Column]:
        """The columns of a kind."""
        return [column for column in self.columns if column.kind is kind]

    def spare(self, name: str) -> str:
        """This name, or one like it that no column has yet."""
        taken = {column.name.lower() for column in self.columns}
        while name in taken:
            name += "_"
        return name

    def numbered(self, number: str) -> str:
        """A subquery of all columns and the row's place, from 1, under a spare name."""
        return f"(SELECT *, row_number() OVER () AS {quote(number)} FROM {self.sql})"

    def count(self) -> int:
        """How many rows it has."""
        return self.value(f"SELECT count(*) FROM {self.sql}")

    def value(self, sql: str, values: Sequence[object] = ()) -> int:
        """The one whole number that a statement gives."""
        row = self.engine.execute(sql, list(values)).fetchone()
        return 0 if row is None else int(row[0])

    def pick(self, names: Iterable[str]) -> list[Column]:
        """The columns of these names, in this order.

        Raises:
            InvalidInput: no such column, or one named twice.
        """
        picked: list[Column] = []
        for name in names:
            column = self.column(name)
            if column in picked:
                raise InvalidInput(f"Column {column.name!r} is named twice.")
            picked.append(column)
        return picked

    def column(self, name: str) -> Column:
        """The column of this name; upper and lower case do not matter.

        Raises:
            InvalidInput: no such column; names those that come close.
        """
        by_name = {column.name.lower(): column for column in self.columns}
        found = by_name.get(name.lower())
        if found is None:
            close = difflib.get_close_matches(name.lower(), by_name, n=3)
            hint = [by_name[match].name for match in close]
            names = hint or [column.name for column in self.columns[:20]]
            lead = "Did you mean" if hint else "There are"
            ending = "?" if hint else "." if len(self.columns) <= 20 else ", …"
            listed = ", ".join(map(repr, names))
            raise InvalidInput(f"There is no column {name!r}. {lead} {listed}{ending}")
        return found
