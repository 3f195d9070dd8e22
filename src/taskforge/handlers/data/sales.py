"""The built-in data set `sales_q1`: orders of January to March 2025, made from row number and seed.

Every value comes from integer arithmetic on 32-bit hashes of (row, seed), never from DuckDB's own
`hash` or `random`, so that a seed gives the same rows in any version and in chunks of any size.
"""

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

MASK = 0xFFFFFFFF
GOLDEN = 0x9E3779B9

COLUMNS = {
    "order_id": "BIGINT",
    "ordered_at": "TIMESTAMP",
    "region": "VARCHAR",
    "country": "VARCHAR",
    "product": "VARCHAR",
    "category": "VARCHAR",
    "quantity": "INTEGER",
    "unit_price": "DECIMAL(10,2)",
    "discount": "DECIMAL(4,2)",
    "revenue": "DECIMAL(12,2)",
    "channel": "VARCHAR",
}


class Market(NamedTuple):
    """A country and its share of the orders."""

    country: str
    region: str
    weight: int


class Product(NamedTuple):
    """Something sold."""

    name: str
    category: str
    cents: int
    """List price."""
    weight: int


MARKETS = (
    Market("United States", "North America", 24),
    Market("Canada", "North America", 6),
    Market("Germany", "Europe", 12),
    Market("United Kingdom", "Europe", 10),
    Market("France", "Europe", 8),
    Market("Spain", "Europe", 5),
    Market("Japan", "Asia Pacific", 10),
    Market("Australia", "Asia Pacific", 6),
    Market("India", "Asia Pacific", 9),
    Market("Brazil", "Latin America", 6),
    Market("Mexico", "Latin America", 4),
)
PRODUCTS = (
    Product("Laptop 14", "Computers", 109_900, 6),
    Product("Workstation", "Computers", 249_900, 2),
    Product("Monitor 27", "Displays", 32_900, 9),
    Product("Monitor 34", "Displays", 61_900, 4),
    Product("Keyboard", "Accessories", 7_900, 18),
    Product("Mouse", "Accessories", 3_900, 22),
    Product("Headset", "Accessories", 12_900, 13),
    Product("Docking station", "Accessories", 18_900, 8),
    Product("Desk", "Furniture", 44_900, 5),
    Product("Chair", "Furniture", 38_900, 7),
    Product("Support plan", "Services", 9_900, 6),
)
DISCOUNTS = (0, 0, 0, 0, 0, 5, 5, 10, 10, 15, 20)
"""Per cent."""
CHANNELS = ("web", "web", "web", "web", "store", "store", "partner", "phone")
DAYS = 90


def insert_sql(table: str) -> str:
    """A statement that inserts rows.

    It takes three bound values: the first row, from 0; the row after the last; the mixed seed.

    Args:
        table: quoted name of a table with COLUMNS.
    """
    market = _spread(MARKETS, [m.weight for m in MARKETS])
    product = _spread(PRODUCTS, [p.weight for p in PRODUCTS])
    # Each level is a subquery of its own: an expression that names its input several times over
    # would otherwise grow eightfold with every hash.
    return f"""
INSERT INTO {table}
SELECT
  100001 + i,
  TIMESTAMP '2025-01-01' + to_seconds(
    (c % {DAYS}) * 86400 + (6 + (c >> 7) % 9 + (d >> 4) % 9) * 3600 + (c >> 11) % 3600
  ),
  {_list([m.region for m in market])}[1 + a % {len(market)}],
  {_list([m.country for m in market])}[1 + a % {len(market)}],
  {_list([p.name for p in product])}[1 + b % {len(product)}],
  {_list([p.category for p in product])}[1 + b % {len(product)}],
  quantity,
  (cents / 100)::DECIMAL(10,2),
  CASE WHEN (c >> 16) % 50 > 0 THEN (off / 100)::DECIMAL(4,2) END,
  ((quantity * cents * (100 - CASE WHEN (c >> 16) % 50 > 0 THEN off ELSE 0 END)) // 100
    / 100)::DECIMAL(12,2),
  CASE WHEN (d >> 16) % 33 > 0 THEN {_list(CHANNELS)}[1 + (b >> 16) % {len(CHANNELS)}] END
FROM (
  SELECT i, a, b, c, d,
    1 + (d % 1000) * (d % 1000) // 90000 AS quantity,
    {_list([p.cents for p in product])}[1 + b % {len(product)}]::BIGINT
      * (90 + (b >> 8) % 21) // 100 AS cents,
    {_list(DISCOUNTS)}[1 + (a >> 16) % {len(DISCOUNTS)}] AS off
  FROM (
    SELECT i, a::BIGINT AS a, b::BIGINT AS b, c::BIGINT AS c, d::BIGINT AS d
    FROM {_hashes()}
  )
)"""


def mixed_seed(seed: int) -> int:
    """The seed as `insert_sql` wants it, 0 to 2^32 - 1."""
    return mix((seed + GOLDEN) & MASK)


def mix(value: int) -> int:
    """The finaliser of MurmurHash3: every bit of the input sways every bit of the result."""
    value = ((value ^ value >> 16) * 0x85EBCA6B) & MASK
    value = ((value ^ value >> 13) * 0xC2B2AE35) & MASK
    return value ^ value >> 16


def _hashes() -> str:
    """Rows (i, a, b, c, d): the row number and four chained hashes."""
    sql = (
        f"(SELECT range AS i, ((range::UBIGINT + 1) * {GOLDEN} + $3::UBIGINT) & {MASK} AS h"
        " FROM range($1::BIGINT, $2::BIGINT))"
    )
    kept = "i"
    for name in "abcd":
        sql = f"(SELECT {kept}, (xor(h, h >> 16) * {0x85EBCA6B}) & {MASK} AS h FROM {sql})"
        sql = f"(SELECT {kept}, (xor(h, h >> 13) * {0xC2B2AE35}) & {MASK} AS h FROM {sql})"
        sql = f"(SELECT {kept}, xor(h, h >> 16) AS {name} FROM {sql})"
        kept += f", {name}"
        if name != "d":
            sql = f"(SELECT {kept}, ({name} + {GOLDEN}) & {MASK} AS h FROM {sql})"
    return sql


ItemT = TypeVar("ItemT")


def _spread(items: Sequence[ItemT], weights: Sequence[int]) -> list[ItemT]:
    return [item for item, weight in zip(items, weights, strict=True) for _ in range(weight)]


def _list(values: Sequence[str | int]) -> str:
    return "[" + ", ".join(repr(value) for value in values) + "]"
