"""One colour for each outcome and state, on every panel; dark and light backgrounds bear them all.

No panel tells by colour alone: legends, tooltips and tables have the words.
"""

GOOD, WAITING, WARNING, BAD = "#14b8a6", "#64748b", "#eab308", "#f43f5e"
BUSY, LATER, AWAY, LOST = "#3b82f6", "#a855f7", "#94a3b8", "#9f1239"

OUTCOMES = {
    "success": GOOD,
    "retrying": WARNING,
    "failed": BAD,
    "dead_letter": LOST,
    "cancelled": AWAY,
    "released": BUSY,
    "lost": LATER,
}
"""Of jobs and of attempts."""
QUEUES = {"critical": "#d946ef", "high": "#8b5cf6", "default": BUSY, "low": WAITING}
"""From violet to grey, as urgency falls."""
FLEET = {"online": GOOD, "late": WARNING, "draining": BUSY, "lost": BAD}
SLOTS = {"busy": BUSY, "free": AWAY}
SOURCES = {"single": BUSY, "bulk": LATER, "schedule": GOOD}
ANSWERS = {"1xx": AWAY, "2xx": GOOD, "3xx": BUSY, "4xx": WARNING, "5xx": BAD}
FIRES = {"fired": GOOD, "held": WARNING, "skipped": AWAY}
CALLS = {"delivered": GOOD, "retrying": WARNING, "failed": BAD}
RECEIVERS = {"healthy": GOOD, "failing": WARNING, "disabled": BAD}
HINTS = {"lost": BAD, "redis_restarted": LATER, "unhinted": WARNING, "stranded": BUSY}
QUANTILES = {"p50": GOOD, "p95": WARNING, "p99": BAD}
CONNECTIONS = {"websocket": BUSY, "sse": GOOD}
EVENTS = {
    "published": BUSY, "sent to clients": GOOD, "lost": BAD, "told from the database": WARNING,
}  # fmt: skip
