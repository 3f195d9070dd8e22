"""What `taskforge top` knows of an installation, and the rates that follow from it."""

from collections import deque
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

import msgspec

from taskforge.core.failure_group import FailureGroup
from taskforge.core.fleet import QueueView, WorkerView
from taskforge.core.states import FINAL, JobStatus

SPAN_SECONDS = 60.0
"""How far back rates are remembered."""
RATE_SECONDS = 10.0
"""The present rate is the mean over so long."""


class Spread(msgspec.Struct, frozen=True):
    """Of a figure in the last hour; none without any."""

    p50: float | None = None
    p95: float | None = None


class Figures(msgspec.Struct, frozen=True):
    """Of the summary, what is shown."""

    by_status: dict[JobStatus, int]
    duration_seconds: Spread
    wait_seconds: Spread
    throughput_per_minute: float
    at: datetime

    @property
    def ended(self) -> int:
        """Jobs that there are and that have ended."""
        return sum(self.by_status.get(status, 0) for status in FINAL)


class View(NamedTuple):
    """How things stand, as far as is known."""

    figures: Figures
    queues: Sequence[QueueView]
    workers: Sequence[WorkerView]
    failures: Sequence[FailureGroup]
    live: bool = False
    """Whether a socket tells of changes; else they are asked for every few seconds."""
    away: str | None = None
    """Why nothing newer is known; None: the API answers."""


class Rates:
    """How many jobs end, from how many have."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int]] = deque()

    def note(self, at: float, ended: int) -> None:
        """Remember a figure.

        Args:
            at: monotonic seconds.
            ended: jobs that had ended by then.
        """
        self._samples.append((at, ended))
        while len(self._samples) > 2 and self._samples[1][0] < at - SPAN_SECONDS:
            self._samples.popleft()

    def per_second(self, now: float) -> float | None:
        """The mean of the last seconds; None until there are some."""
        if not self._samples or now - self._samples[0][0] < 1:
            return None
        begin = max(now - RATE_SECONDS, self._samples[0][0])
        return max(self._ended(now) - self._ended(begin), 0) / (now - begin)

    def history(self, now: float, bars: int) -> list[int]:
        """Jobs that ended in each of `bars` equal parts of the last minute, the oldest first."""
        step = SPAN_SECONDS / bars
        marks = [self._ended(now - step * n) for n in range(bars, -1, -1)]
        # Fewer than before means that ended jobs were deleted or queued again.
        return [max(after - before, 0) for before, after in pairwise(marks)]

    def _ended(self, at: float) -> int:
        known = [ended for when, ended in self._samples if when <= at]
        return known[-1] if known else self._samples[0][1] if self._samples else 0


def shares(wants: Sequence[int], room: int) -> list[int]:
    """How many rows each part gets: what it wants, as long as none has more than its share."""
    given = [0] * len(wants)
    for _ in range(max(room, 0)):
        hungry = [n for n, want in enumerate(wants) if given[n] < want]
        if not hungry:
            break
        given[min(hungry, key=lambda n: given[n])] += 1
    return given
