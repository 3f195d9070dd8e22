"""An exact sliding window in this process alone: what holds strict limits while Redis is away.

It never forgets a count before its time, however many names a flood invents: when there is no more
room, newcomers share a few counts, and so get less.
"""

import time
from array import array
from bisect import bisect_right
from collections import OrderedDict
from typing import NamedTuple

_MAX_NAMES = 10_000
_SHARED = 1_000
"""Counts that the names share for which there is no room."""


class Taken(NamedTuple):
    """Whether a request may pass."""

    allowed: bool
    remaining: int
    """Cost still free in this window."""
    retry_after: float
    """Seconds until it may pass; 0 when it may now."""


class OwnWindow:
    """Counts of one window length, by name; eight bytes for each that was let pass.

    Args:
        seconds: of the window.
    """

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds
        self._passed: OrderedDict[str | int, array[float]] = OrderedDict()

    def take(self, name: str, *, limit: int, cost: int) -> Taken:
        """Count a request, unless that would be more than `limit` in any window.

        Args:
            name: whose request it is.
            limit: most cost in any window.
            cost: what it counts for; 0 asks only whether a cost of 1 would pass.
        """
        now = time.monotonic()
        place = self._place_of(name, now - self._seconds)
        passed = self._passed.get(place) or array("d")
        del passed[: bisect_right(passed, now - self._seconds)]
        excess = len(passed) + max(cost, 1) - limit
        if excess > 0:
            freed_at = passed[excess - 1] if excess <= len(passed) else now
            return Taken(False, max(0, limit - len(passed)), freed_at + self._seconds - now)
        if cost:
            passed.extend([now] * cost)
            self._passed[place] = passed
            self._passed.move_to_end(place)
        return Taken(True, limit - len(passed), 0.0)

    def _place_of(self, name: str, left: float) -> str | int:
        """Where the name is counted; those that passed longest ago stand first, and leave first.

        Args:
            name: whose request it is.
            left: what passed until this moment has left the window.
        """
        while self._passed:
            place, passed = next(iter(self._passed.items()))
            if passed and passed[-1] > left:
                break
            del self._passed[place]
        shared = hash(name) % _SHARED
        if name in self._passed or (len(self._passed) < _MAX_NAMES and shared not in self._passed):
            return name
        return shared
