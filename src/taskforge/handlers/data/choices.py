"""What is chosen to suit a table when nobody has said: columns to group by, to add up, to plot."""

from taskforge.core.failures import InvalidInput
from taskforge.handlers.data.table import Column, Kind, Table
from taskforge.handlers.data.terms import Fn, Metric

FEW = 50
"""A text column with at most so many values is worth grouping by."""


def choose_groups(table: Table) -> list[Column]:
    """The first text column with few values, and the next that is not of one piece with it."""
    few = [
        (column, distinct)
        for column in table.of_kind(Kind.TEXT)
        if 2 <= (distinct := _distinct(table, column.sql)) <= FEW
    ]
    if not few:
        return []
    first, many = few[0]
    for column, distinct in few[1:]:
        # As many pairs as values: each country has one region, so region and country say no more.
        if _distinct(table, f"({first.sql}, {column.sql})") > max(many, distinct):
            return [first, column]
    return [first]


def choose_metrics(table: Table) -> list[Metric]:
    """How many rows, and sum and mean of the last column of numbers, if there is one."""
    number = last_number(table)
    if number is None:
        return [Metric(fn=Fn.COUNT)]
    return [
        Metric(fn=Fn.COUNT),
        Metric(fn=Fn.SUM, column=number.name),
        Metric(fn=Fn.AVG, column=number.name),
    ]


def last_number(table: Table) -> Column | None:
    """The last column of numbers: tables tend to begin with keys and to end with what they tell."""
    numbers = table.of_kind(Kind.NUMBER)
    return numbers[-1] if numbers else None


def number_of(table: Table, name: str | None) -> Column:
    """The column of numbers of this name; without one, the last.

    Raises:
        InvalidInput: no such column, or none of numbers.
    """
    column = table.column(name) if name is not None else last_number(table)
    if column is None:
        raise InvalidInput("The table has no column of numbers; `clean` can read texts as numbers.")
    if column.kind is not Kind.NUMBER:
        raise InvalidInput(f"This needs numbers; {column.name!r} is {column.type}.")
    return column


def time_of(table: Table, name: str | None) -> Column:
    """The column of dates or timestamps of this name; without one, the first.

    Raises:
        InvalidInput: no such column, or none of times.
    """
    times = table.of_kind(Kind.TIME)
    column = table.column(name) if name is not None else times[0] if times else None
    if column is None:
        raise InvalidInput("The table has no dates or timestamps; `clean` can read texts as such.")
    if column.kind is not Kind.TIME:
        raise InvalidInput(f"This needs dates or timestamps; {column.name!r} is {column.type}.")
    return column


def _distinct(table: Table, what: str) -> int:
    return table.value(f"SELECT count(DISTINCT {what}) FROM {table.sql}")
