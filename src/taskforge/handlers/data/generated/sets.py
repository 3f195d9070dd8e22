"""The built-in data sets by name."""

from collections.abc import Mapping

from taskforge.handlers.data.generated import customers, logs, sales, sensors, transactions
from taskforge.handlers.data.generated.rows import Recipe

RECIPES: Mapping[str, Recipe] = {
    "sales_q1": sales.RECIPE,
    "web_logs": logs.RECIPE,
    "sensors": sensors.RECIPE,
    "customers": customers.RECIPE,
    "transactions": transactions.RECIPE,
}
