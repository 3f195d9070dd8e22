"""Spans of time in log-scaled buckets: what the counters keep instead of every single duration.

Bucket -1 means "no time", 0 is below 1 ms, and each further bucket is 15 % wider than the one
before, up to 7 days; what is longer falls into the last. A quantile read from such a histogram is
within 7.5 % of the true one. PostgreSQL finds buckets by the same bounds (`BUCKET_SQL`), so both
sides agree on every number, whatever their logarithms do.
"""

from bisect import bisect_right
from collections.abc import Mapping
from typing import Final

NO_TIME: Final = -1
"""The bucket of a change that lasted nothing worth counting."""

SHORTEST: Final = 0.001
"""Seconds: everything below is one bucket."""
LONGEST: Final = 7 * 86_400.0
"""Seconds: everything from here on is one bucket."""
GROWTH: Final = 1.15


def _bounds() -> tuple[float, ...]:
    bounds: list[float] = []
    bound = SHORTEST
    while bound < LONGEST:
        bounds.append(float(f"{bound:.4g}"))
        bound *= GROWTH
    return (*bounds, LONGEST)


BOUNDS: Final = _bounds()
"""Bucket i holds durations from BOUNDS[i - 1] up to, not including, BOUNDS[i]; ascending."""

BUCKETS: Final = len(BOUNDS) + 1

BUCKET_SQL: Final = (
    "COALESCE(width_bucket(CAST({} AS float8), CAST(ARRAY["
    + ",".join(f"{bound:g}" for bound in BOUNDS)
    + f"] AS float8[])), {NO_TIME})"
)
"""The same as `bucket_of` in SQL; `.format()` it with an expression in seconds. NULL is NO_TIME."""


def bucket_of(seconds: float | None) -> int:
    """The bucket of a duration; None is NO_TIME, a negative one counts as 0."""
    return NO_TIME if seconds is None else bisect_right(BOUNDS, seconds)


def middle_of(bucket: int) -> float:
    """The seconds that stand for all durations of a bucket: its geometric mean.

    Args:
        bucket: 0 to BUCKETS - 1.
    """
    if bucket <= 0:
        return SHORTEST / 2
    if bucket >= len(BOUNDS):
        return LONGEST
    return (BOUNDS[bucket - 1] * BOUNDS[bucket]) ** 0.5


def quantile(histogram: Mapping[int, int], fraction: float) -> float | None:
    """Seconds that `fraction` of the durations do not exceed, within 7.5 %.

    Args:
        histogram: bucket to how many; NO_TIME and counts of zero or less are passed over.
        fraction: above 0, at most 1; 0.5 is the median.

    Returns:
        None when nothing was counted.
    """
    counted = sorted((b, n) for b, n in histogram.items() if b != NO_TIME and n > 0)
    left = fraction * sum(n for _, n in counted)
    for bucket, n in counted:
        left -= n
        if left <= 0:
            return middle_of(bucket)
    return middle_of(counted[-1][0]) if counted else None
