"""The built-in data set `customers`: people who have signed up.

To be found in it: people registered twice (in capitals, with a blank behind the name), addresses
that are none, years of birth that cannot be, a few who spend a hundredfold, and nulls.
"""

from taskforge.handlers.data.generated.rows import Recipe, hashed_rows, pick, repeated, spread

COLUMNS = {
    "customer_id": "BIGINT",
    "name": "VARCHAR",
    "email": "VARCHAR",
    "country": "VARCHAR",
    "plan": "VARCHAR",
    "signed_up_on": "DATE",
    "birth_year": "INTEGER",
    "newsletter": "BOOLEAN",
    "monthly_spend": "DECIMAL(10,2)",
}
FIRST = (
    "Ada", "Ben", "Chen", "Dora", "Emil", "Farah", "Goran", "Hana", "Ines", "Jonas", "Kira",
    "Luis", "Mina", "Noah", "Olga", "Pavel", "Rosa", "Sven", "Tara", "Umar", "Vera", "Yusuf",
)  # fmt: skip
LAST = (
    "Adler", "Baker", "Costa", "Diaz", "Evans", "Fischer", "Gupta", "Haas", "Ito", "Jensen",
    "Kowalski", "Lopez", "Moreau", "Novak", "Okafor", "Petrov", "Rossi", "Schmidt", "Tanaka",
)  # fmt: skip
COUNTRIES = {"Germany": 26, "France": 18, "Spain": 14, "Italy": 12, "Poland": 10, "Norway": 8,
             "Ireland": 12}  # fmt: skip
PLANS = {"free": 50, "basic": 30, "pro": 15, "team": 5}
PRICES = {"free": 0, "basic": 900, "pro": 2_900, "team": 9_900}
"""Cents a month."""
DOUBLE_EVERY = 37


def _select() -> str:
    plans = spread(list(PLANS), list(PLANS.values()))
    countries = spread(list(COUNTRIES), list(COUNTRIES.values()))
    prices = [PRICES[plan] for plan in plans]
    return f"""
SELECT
  20001 + i,
  first || ' ' || last || CASE WHEN i <> n THEN ' ' ELSE '' END,
  CASE WHEN i <> n THEN upper(email) WHEN c % 89 = 0 THEN replace(email, '@', ' at ')
    ELSE email END,
  CASE WHEN d % 29 > 0 THEN {pick(countries, "d >> 6")} END,
  {pick(plans, "b >> 3")},
  DATE '2021-01-01' + (c % 1500)::INTEGER,
  CASE (a >> 5) % 233 WHEN 0 THEN 1900 WHEN 1 THEN 2094 ELSE 1945 + (b >> 7) % 60 END,
  CASE WHEN (d >> 13) % 11 > 0 THEN (d >> 17) % 3 = 0 END,
  ((cents + CASE WHEN cents > 0 THEN (c >> 12) % 700 ELSE 0 END)
    * CASE WHEN (a >> 9) % 401 = 0 THEN 100 ELSE 1 END / 100)::DECIMAL(10,2)
FROM (
  SELECT *, lower(first) || '.' || lower(last) || n || '@example.com' AS email
  FROM (
    SELECT *, {pick(FIRST, "a")} AS first, {pick(LAST, "b")} AS last,
      {pick(prices, "b >> 3")} AS cents
    FROM {hashed_rows(repeated(DOUBLE_EVERY))}
  )
)"""


RECIPE = Recipe(COLUMNS, _select())
