"""Live events: published, followed, sent."""

from typing import Final

from prometheus_client import Counter

PUBLISHED: Final = Counter("taskforge_events_published_total", "Live frames that Redis took")
LOST: Final = Counter("taskforge_events_lost_total", "Live frames that Redis never had")
