"""How late the job loop does what is due: a clock that ticks where the jobs run."""

import asyncio
import time
from typing import NamedTuple

TICK_SECONDS = 0.1


class Delays(NamedTuple):
    """Seconds by which ticks came late."""

    mean: float
    worst: float


class Lag:
    """Ticks on a loop, and keeps how late each tick comes; read from any thread.

    Args:
        loop: where it ticks.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._delays: list[float] = []
        self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to tick; on the loop."""
        self._due = time.monotonic() + TICK_SECONDS
        self._timer = self._loop.call_later(TICK_SECONDS, self._tick)

    def stop(self) -> None:
        """Tick no more; on the loop."""
        if self._timer:
            self._timer.cancel()

    def take(self) -> Delays | None:
        """What has come since it was last asked; None when nothing has.

        A tick that is overdue counts: a loop that hangs is late now, not only when it is over.
        """
        # A tick between the two may still write to the old list, which costs one sample at most.
        delays, self._delays = self._delays, []
        overdue = time.monotonic() - self._due
        if self._timer and overdue > 0:
            delays = [*delays, overdue]
        return Delays(sum(delays) / len(delays), max(delays)) if delays else None

    def _tick(self) -> None:
        # The loop's own clock has milliseconds, so a tick may seem to come early.
        self._delays.append(max(time.monotonic() - self._due, 0.0))
        self.start()
