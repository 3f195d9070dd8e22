"""The built-in data set `sensors`: twelve sensors on four sites, one reading each in five minutes.

To be found in it: spikes, a sensor that stands still for an hour each morning, readings sent
twice, nulls, batteries that run down, and blanks behind some states. Warm air is drier.
"""

from taskforge.handlers.data.generated.rows import Recipe, hashed_rows, items, pick, repeated

COLUMNS = {
    "read_at": "TIMESTAMP",
    "sensor": "VARCHAR",
    "site": "VARCHAR",
    "state": "VARCHAR",
    "battery_volts": "DOUBLE",
    "humidity": "DOUBLE",
    "temperature": "DOUBLE",
}
SITES = ("Harbour", "Mill", "Station", "Tower")
DAILY = (-35, -40, -44, -46, -45, -40, -30, -16, 0, 14, 26, 35, 42, 46, 47, 44, 38, 28, 16, 4, -8)
"""How warm it is by the hour, in tenths of a degree from the day's mean; the last three follow."""
NIGHT = (-18, -26, -31)
SENSORS = 12
STUCK = 8
"""Its readings do not change from eight to nine in the morning."""
DOUBLE_EVERY = 197


def _select() -> str:
    daily = items(DAILY + NIGHT)
    return f"""
SELECT
  TIMESTAMP '2025-02-01' + to_seconds(step * 300),
  's-' || lpad((sensor + 1)::VARCHAR, 2, '0'),
  {pick(SITES, "sensor")},
  CASE WHEN (d >> 9) % 211 = 0 THEN NULL WHEN millivolts < 2600 THEN 'low battery'
    WHEN d % 17 = 0 THEN 'ok ' ELSE 'ok' END,
  millivolts / 1000,
  CASE WHEN (c >> 8) % 83 > 0 THEN least(1000, 1000 - 2 * air + b % 61 - 30) / 10 END,
  CASE WHEN c % 61 = 0 THEN NULL
    WHEN (c >> 4) % 499 = 0 THEN CASE WHEN a % 2 = 0 THEN 85 ELSE -40 END
    WHEN sensor = {STUCK} AND step % 288 BETWEEN 96 AND 107 THEN 21.5
    ELSE air / 10 END
FROM (
  SELECT *,
    3300 - step * 2 % 900 - sensor * 7 AS millivolts,
    180 + 15 * (sensor % 4) + {daily}[1 + step // 12 % 24] + a % 31 - 15 AS air
  FROM (
    SELECT n % {SENSORS} AS sensor, n // {SENSORS} AS step, a, b, c, d
    FROM {hashed_rows(repeated(DOUBLE_EVERY))}
  )
)"""


RECIPE = Recipe(COLUMNS, _select())
