"""How rows are made from their numbers and a seed.

Every value comes from integer arithmetic on 32-bit hashes of (row, seed), never from DuckDB's own
`hash` or `random`, so that a seed gives the same rows in any version and in chunks of any size.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeVar

MASK = 0xFFFFFFFF
GOLDEN = 0x9E3779B9


class Recipe(NamedTuple):
    """A built-in data set."""

    columns: Mapping[str, str]
    """Names and types."""
    select: str
    """Takes three bound values: the first row, from 0; the row after the last; the mixed seed."""

    def create(self, table: str) -> str:
        """A statement that makes an empty table; the name comes quoted."""
        columns = ", ".join(f"{name} {kind}" for name, kind in self.columns.items())
        return f"CREATE TABLE {table} ({columns})"

    def insert(self, table: str) -> str:
        """A statement that adds rows, with the values that `select` takes."""
        return f"INSERT INTO {table} {self.select}"


def mixed_seed(seed: int) -> int:
    """The seed as statements want it, 0 to 2^32 - 1."""
    return mix((seed + GOLDEN) & MASK)


def mix(value: int) -> int:
    """The finaliser of MurmurHash3: every bit of the input sways every bit of the result."""
    value = ((value ^ value >> 16) * 0x85EBCA6B) & MASK
    value = ((value ^ value >> 13) * 0xC2B2AE35) & MASK
    return value ^ value >> 16


def hashed_rows(original: str = "range") -> str:
    """A subquery of rows (i, n, a, b, c, d): row number, whom it is made after, four hashes of n.

    Args:
        original: SQL over `range`, the row's number: the row that it repeats, or itself.
    """
    sql = (
        f"(SELECT i, n, ((n::UBIGINT + 1) * {GOLDEN} + $3::UBIGINT) & {MASK} AS h"
        f" FROM (SELECT range AS i, {original} AS n FROM range($1::BIGINT, $2::BIGINT)))"
    )
    kept = "i, n"
    # Each level is a subquery of its own: an expression that names its input several times over
    # would otherwise grow eightfold with every hash.
    for name in "abcd":
        sql = f"(SELECT {kept}, (xor(h, h >> 16) * {0x85EBCA6B}) & {MASK} AS h FROM {sql})"
        sql = f"(SELECT {kept}, (xor(h, h >> 13) * {0xC2B2AE35}) & {MASK} AS h FROM {sql})"
        sql = f"(SELECT {kept}, xor(h, h >> 16) AS {name} FROM {sql})"
        kept += f", {name}"
        if name != "d":
            sql = f"(SELECT {kept}, ({name} + {GOLDEN}) & {MASK} AS h FROM {sql})"
    return (
        f"(SELECT i, n, a::BIGINT AS a, b::BIGINT AS b, c::BIGINT AS c, d::BIGINT AS d FROM {sql})"
    )


def repeated(every: int) -> str:
    """For `hashed_rows`: one row in so many is made after the one before it."""
    return f"range - CASE WHEN range % {every} = {every - 1} THEN 1 ELSE 0 END"


ItemT = TypeVar("ItemT")


def spread(values: Sequence[ItemT], weights: Sequence[int]) -> list[ItemT]:
    """Each value as often as it weighs, so that a remainder picks by weight."""
    return [value for value, weight in zip(values, weights, strict=True) for _ in range(weight)]


def items(values: Sequence[str | int]) -> str:
    """A list in SQL, of plain texts or numbers of ours."""
    return "[" + ", ".join(repr(value) for value in values) + "]"


def pick(values: Sequence[str | int], number: str) -> str:
    """SQL for one of some values, by the remainder of a number that is not negative."""
    return f"{items(values)}[1 + ({number}) % {len(values)}]"
