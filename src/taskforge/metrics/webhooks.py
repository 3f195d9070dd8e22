"""Calls to receivers of webhooks."""

from typing import Final

from prometheus_client import Counter, Histogram

DELIVERIES: Final = Counter(
    "taskforge_webhook_deliveries_total",
    "Calls to receivers of webhooks, by what became of them",
    ["result"],
)
DELIVERY_SECONDS: Final = Histogram(
    "taskforge_webhook_delivery_seconds",
    "Time of one call to a receiver",
    buckets=(0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30),
)
DISABLED: Final = Counter(
    "taskforge_webhook_endpoints_disabled_total", "Receivers switched off because they failed"
)
for _result in ("delivered", "retrying", "failed"):
    DELIVERIES.labels(_result)
