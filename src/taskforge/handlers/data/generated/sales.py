"""The built-in data set `sales_q1`: orders of January to March 2025, clean but for some nulls."""

from typing import NamedTuple

from taskforge.handlers.data.generated.rows import Recipe, hashed_rows, items, spread

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


def _select() -> str:
    market = spread(MARKETS, [m.weight for m in MARKETS])
    product = spread(PRODUCTS, [p.weight for p in PRODUCTS])
    return f"""
SELECT
  100001 + i,
  TIMESTAMP '2025-01-01' + to_seconds(
    (c % {DAYS}) * 86400 + (6 + (c >> 7) % 9 + (d >> 4) % 9) * 3600 + (c >> 11) % 3600
  ),
  {items([m.region for m in market])}[1 + a % {len(market)}],
  {items([m.country for m in market])}[1 + a % {len(market)}],
  {items([p.name for p in product])}[1 + b % {len(product)}],
  {items([p.category for p in product])}[1 + b % {len(product)}],
  quantity,
  (cents / 100)::DECIMAL(10,2),
  CASE WHEN (c >> 16) % 50 > 0 THEN (off / 100)::DECIMAL(4,2) END,
  ((quantity * cents * (100 - CASE WHEN (c >> 16) % 50 > 0 THEN off ELSE 0 END)) // 100
    / 100)::DECIMAL(12,2),
  CASE WHEN (d >> 16) % 33 > 0 THEN {items(CHANNELS)}[1 + (b >> 16) % {len(CHANNELS)}] END
FROM (
  SELECT i, a, b, c, d,
    1 + (d % 1000) * (d % 1000) // 90000 AS quantity,
    {items([p.cents for p in product])}[1 + b % {len(product)}]::BIGINT
      * (90 + (b >> 8) % 21) // 100 AS cents,
    {items(DISCOUNTS)}[1 + (a >> 16) % {len(DISCOUNTS)}] AS off
  FROM {hashed_rows()}
)"""


RECIPE = Recipe(COLUMNS, _select())
