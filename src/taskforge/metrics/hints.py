"""Hints over Redis."""

from typing import Final

from prometheus_client import Counter

HINTS: Final = Counter("taskforge_hints_total", "Jobs hinted over Redis", ["result"])
PUSHED: Final = HINTS.labels("pushed")
LOST: Final = HINTS.labels("lost")
