"""Requests to the API, and what is refused of them."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

HTTP_SECONDS: Final = Histogram(
    "taskforge_http_request_seconds",
    "Time from the head of a request to the end of its response",
    ["method", "route", "status_class"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
RATE_LIMITED: Final = Counter(
    "taskforge_rate_limited_total", "Requests refused by a rate limit", ["policy"]
)
AUTH_FAILURES: Final = Counter(
    "taskforge_auth_failures_total", "Requests refused for their credentials", ["reason"]
)
PASSWORD_SECONDS: Final = Histogram(
    "taskforge_password_hash_seconds",
    "Time to hash or to compare a password, with the wait for a thread",
    buckets=(0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
LIMITER_AWAY: Final = Gauge(
    "taskforge_limiter_away",
    "1 while Redis does not answer the rate limiter: limits but those of sign-in are open",
    multiprocess_mode="livemax",
)
for _policy in ("default", "bulk", "address"):
    RATE_LIMITED.labels(_policy)
