"""The built-in data set `web_logs`: a week of requests to a shop.

To be found in it: an hour of errors at the checkout, a few very slow requests, requests logged
twice, nulls, and blanks behind some user agents.
"""

from taskforge.handlers.data.generated.rows import (
    Recipe,
    hashed_rows,
    items,
    pick,
    repeated,
    spread,
)

COLUMNS = {
    "request_id": "BIGINT",
    "requested_at": "TIMESTAMP",
    "server": "VARCHAR",
    "client_ip": "VARCHAR",
    "method": "VARCHAR",
    "path": "VARCHAR",
    "status": "INTEGER",
    "bytes": "BIGINT",
    "user_agent": "VARCHAR",
    "referrer": "VARCHAR",
    "duration_ms": "DECIMAL(9,1)",
}
PATHS = {
    "/": 20,
    "/products": 24,
    "/products/search": 16,
    "/cart": 12,
    "/checkout": 8,
    "/api/stock": 10,
    "/login": 6,
    "/static/app.js": 4,
}
STATUSES = {200: 86, 304: 5, 302: 3, 404: 4, 500: 1, 503: 1}
AGENTS = ("Firefox/135.0", "Chrome/133.0", "Safari/18.3", "Edge/133.0", "PriceBot/2.1")
REFERRERS = ("https://www.example.com/", "https://search.example.net/", "https://news.example.org/")
DOUBLE_EVERY = 211
OUTAGE_DAY, OUTAGE_HOUR = 3, 14
"""Thursday, two to three in the afternoon."""


def _select() -> str:
    paths = spread(list(PATHS), list(PATHS.values()))
    statuses = spread(list(STATUSES), list(STATUSES.values()))
    return f"""
SELECT
  500001 + n,
  TIMESTAMP '2025-03-03' + to_seconds(day * 86400 + hour * 3600 + (a >> 12) % 3600),
  {pick(("web-1", "web-2", "web-3"), "b >> 4")},
  '203.0.113.' || (1 + (a >> 7) % 254),
  CASE WHEN path IN ('/cart', '/checkout', '/login') AND c % 3 = 0 THEN 'POST' ELSE 'GET' END,
  path,
  status,
  CASE WHEN status = 304 THEN 0
    WHEN (c >> 9) % 47 > 0 THEN 400 + (d % 1000) * (d % 1000) // 16 END,
  {items(AGENTS)}[1 + (c >> 20) % {len(AGENTS)}] || CASE WHEN d % 16 = 0 THEN '  ' ELSE '' END,
  CASE WHEN (b >> 20) % 5 > 1 THEN {pick(REFERRERS, "b >> 17")} END,
  ((80 + (a >> 4) % 400 + ((d >> 10) % 1000) * ((d >> 10) % 1000) // 800
    + CASE WHEN broken THEN 40000 + d % 30000 ELSE 0 END)
    * CASE WHEN c % 997 = 0 THEN 50 ELSE 1 END / 10)::DECIMAL(9,1)
FROM (
  SELECT n, a, b, c, d, day, hour, path, broken,
    CASE WHEN broken THEN 500 ELSE {items(statuses)}[1 + (b >> 8) % 100] END AS status
  FROM (
    SELECT *, path = '/checkout' AND day = {OUTAGE_DAY} AND hour = {OUTAGE_HOUR} AND b % 10 < 7
      AS broken
    FROM (
      SELECT n, a, b, c, d, c % 7 AS day, (c >> 3) % 12 + (d >> 5) % 13 AS hour,
        {items(paths)}[1 + a % 100] AS path
      FROM {hashed_rows(repeated(DOUBLE_EVERY))}
    )
  )
)"""


RECIPE = Recipe(COLUMNS, _select())
