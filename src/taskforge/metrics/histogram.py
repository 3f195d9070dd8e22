"""Prometheus' histogram, for many observations at once."""

from bisect import bisect_left
from collections.abc import Collection
from typing import Any

import prometheus_client


class Histogram(prometheus_client.Histogram):
    """One that takes the observations of a batch together.

    Its values are the library's own, each behind its lock: any thread may count, and processes with
    one address add up as ever. A batch takes a lock for each bucket that it touches, where one
    observation after the other takes two each.
    """

    def observe_all(self, amounts: Collection[float]) -> None:
        """Observe each of these, as `observe` would."""
        own: Any = self  # the library does not type its values
        bounds = self._upper_bounds  # the last one is infinite
        tally = [0] * len(bounds)
        for amount in amounts:
            tally[bisect_left(bounds, amount)] += 1
        own._sum.inc(sum(amounts))
        for bucket, n in zip(own._buckets, tally, strict=True):
            if n:
                bucket.inc(n)
