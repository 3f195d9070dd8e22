"""Prometheus metrics of this process; other rooms add theirs here, by the same rules.

Names begin with `taskforge_` and use base units. Labels have small closed sets of values: never an
id, a user or an address.
"""

from prometheus_client import Counter, Gauge, Histogram

from taskforge import __version__

HTTP_SECONDS = Histogram(
    "taskforge_http_request_seconds",
    "Time from the head of a request to the end of its response",
    ["method", "route", "status_class"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
RATE_LIMITED = Counter(
    "taskforge_rate_limited_total", "Requests refused by a rate limit", ["policy"]
)
LIMITER_AWAY = Gauge(
    "taskforge_limiter_away",
    "1 while Redis does not answer the rate limiter: limits but those of sign-in are open",
)
AUTH_FAILURES = Counter(
    "taskforge_auth_failures_total", "Requests refused for their credentials", ["reason"]
)
PASSWORD_SECONDS = Histogram(
    "taskforge_password_hash_seconds",
    "Time to hash or to compare a password, with the wait for a thread",
    buckets=(0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
BUILD = Gauge("taskforge_build_info", "Constant 1; the label tells the version", ["version"])
BUILD.labels(__version__).set(1)
