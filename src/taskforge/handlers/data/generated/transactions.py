"""The built-in data set `transactions`: card payments of the first half of 2025.

To be found in it: charges made twice within seconds, sums sixty times too high, refunds below
zero, nulls, and blanks behind the names of some merchants.
"""

from typing import NamedTuple

from taskforge.handlers.data.generated.rows import (
    Recipe,
    hashed_rows,
    items,
    pick,
    repeated,
    spread,
)

COLUMNS = {
    "transaction_id": "BIGINT",
    "charged_at": "TIMESTAMP",
    "account": "VARCHAR",
    "merchant": "VARCHAR",
    "category": "VARCHAR",
    "currency": "VARCHAR",
    "card_present": "BOOLEAN",
    "status": "VARCHAR",
    "amount": "DECIMAL(12,2)",
}


class Merchant(NamedTuple):
    """Where money is spent."""

    name: str
    category: str
    cents: int
    """A usual sum."""
    weight: int


MERCHANTS = (
    Merchant("Corner Grocery", "Food", 2_400, 26),
    Merchant("Station Cafe", "Food", 650, 20),
    Merchant("City Transit", "Travel", 320, 18),
    Merchant("Blue Rail", "Travel", 5_400, 6),
    Merchant("Night Pharmacy", "Health", 1_900, 8),
    Merchant("Book Barn", "Leisure", 2_200, 7),
    Merchant("Grand Cinema", "Leisure", 1_400, 6),
    Merchant("Hammer and Nail", "Home", 7_800, 5),
    Merchant("Power and Gas", "Home", 11_000, 4),
)
CURRENCIES = ("EUR", "EUR", "EUR", "EUR", "EUR", "EUR", "USD", "USD", "USD", "GBP")
STATUSES = {"settled": 90, "pending": 4, "declined": 4, "refunded": 2}
DAYS = 181
ACCOUNTS = 400
DOUBLE_EVERY = 173
SECONDS_APART = 8


def _select() -> str:
    merchant = spread(MERCHANTS, [m.weight for m in MERCHANTS])
    status = spread(list(STATUSES), list(STATUSES.values()))
    return f"""
SELECT
  900001 + i,
  TIMESTAMP '2025-01-01' + to_seconds((c % {DAYS}) * 86400
    + (7 + (c >> 8) % 8 + (d >> 4) % 9) * 3600 + (c >> 12) % 3600
    + CASE WHEN i <> n THEN {SECONDS_APART} ELSE 0 END),
  'A-' || (1000 + (a >> 6) % {ACCOUNTS}),
  CASE WHEN d % 71 > 0
    THEN {items([m.name for m in merchant])}[1 + a % 100]
      || CASE WHEN (d >> 9) % 20 = 0 THEN ' ' ELSE '' END END,
  {items([m.category for m in merchant])}[1 + a % 100],
  {pick(CURRENCIES, "b >> 5")},
  CASE WHEN (b >> 11) % 40 > 0 THEN (b >> 14) % 3 > 0 END,
  status,
  (cents * CASE WHEN status = 'refunded' THEN -1 ELSE 1 END
    * CASE WHEN (d >> 15) % 397 = 0 THEN 60 ELSE 1 END / 100)::DECIMAL(12,2)
FROM (
  SELECT *, {pick(status, "c >> 5")} AS status,
    {items([m.cents for m in merchant])}[1 + a % 100]::BIGINT * (40 + b % 121) // 100 AS cents
  FROM {hashed_rows(repeated(DOUBLE_EVERY))}
)"""


RECIPE = Recipe(COLUMNS, _select())
