"""Moments of schedules, and how punctual they were."""

from typing import Final

from prometheus_client import Counter, Histogram

FIRES: Final = Counter(
    "taskforge_schedule_fires_total", "Moments of schedules, by what became of them", ["result"]
)
FIRE_DELAY_SECONDS: Final = Histogram(
    "taskforge_schedule_fire_delay_seconds",
    "Time from when a schedule was due to the pass that fired it",
    buckets=(0.03, 0.1, 0.3, 1, 3, 10, 30, 60, 300, 900, 3_600),
)
FIRED: Final = FIRES.labels("fired")
SKIPPED: Final = FIRES.labels("skipped")
HELD: Final = FIRES.labels("held")
