"""How the duties of a scheduler fare (R-95)."""

import time
from typing import Final

from prometheus_client import Counter, Gauge, Histogram

PASSES: Final = Counter(
    "taskforge_duty_passes_total", "Passes of a scheduler's duties", ["duty", "result"]
)
ITEMS: Final = Counter(
    "taskforge_duty_items_total", "What those passes did: jobs, rows or files", ["duty"]
)
SECONDS: Final = Histogram(
    "taskforge_duty_seconds",
    "Time of one pass",
    ["duty"],
    buckets=(0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30),
)
PERIOD_SECONDS: Final = Gauge(
    "taskforge_duty_period_seconds", "From the start of one pass to the next", ["duty"]
)
LAST_SUCCESS: Final = Gauge(
    "taskforge_duty_last_success_timestamp_seconds",
    "When the last good pass ended, since 1970; before the first one, when the scheduler started",
    ["duty"],
)


def begins(duty: str, period: float) -> None:
    """A duty is taken up; `period` in seconds."""
    PERIOD_SECONDS.labels(duty).set(period)
    LAST_SUCCESS.labels(duty).set(time.time())
    for result in ("ok", "failed"):
        PASSES.labels(duty, result)
    ITEMS.labels(duty)


def passed(duty: str, *, seconds: float, did: int, ok: bool) -> None:
    """A pass has ended.

    Args:
        duty: its name.
        seconds: how long it took.
        did: how much it did.
        ok: whether it came to its end.
    """
    PASSES.labels(duty, "ok" if ok else "failed").inc()
    ITEMS.labels(duty).inc(did)
    SECONDS.labels(duty).observe(seconds)
    if ok:
        LAST_SUCCESS.labels(duty).set(time.time())
