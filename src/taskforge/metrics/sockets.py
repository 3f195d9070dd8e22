"""Live connections of an API process: open ones, what they are sent, and what they miss."""

from typing import Final, Literal

from prometheus_client import Counter, Gauge, Histogram

Transport = Literal["websocket", "sse"]
Gap = Literal["cursor", "behind", "stream"]
"""A cursor that is too old, a client too far behind, a stream that has lost its memory."""

CONNECTIONS: Final = Gauge(
    "taskforge_ws_connections",
    "Live connections that are open",
    ["transport"],
    multiprocess_mode="livesum",
)
FRAMES: Final = Counter("taskforge_ws_frames_total", "Event frames sent to live clients")
GAPS: Final = Counter(
    "taskforge_ws_gaps_total", "Times a live client was told to reload what it shows", ["reason"]
)
CLOSED: Final = Counter(
    "taskforge_ws_closed_total", "Live connections that ended, by close code", ["code"]
)
LAG_SECONDS: Final = Histogram(
    "taskforge_events_lag_seconds",
    "Time from when Redis had an event to when it was handed to its clients",
    buckets=(0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 5, 10, 30),
)
REPAIRED: Final = Counter(
    "taskforge_events_repaired_total",
    "Changes of watched jobs that clients were told from the database, before any event came",
)
for _transport in ("websocket", "sse"):
    CONNECTIONS.labels(_transport)
for _gap in ("cursor", "behind", "stream"):
    GAPS.labels(_gap)
