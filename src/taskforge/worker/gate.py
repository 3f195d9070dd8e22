"""When a fetch makes sense: consumer threads wait here instead of polling.

A consumer fetches only while the unit has a free slot and knows of no backlog: with a backlog, each
freed slot is filled from the database, and hints can stay where another unit may take them. It
wakes when a push is announced or a slot frees. Every queue has a counter rather than a bare
event, so a wake-up between an empty fetch and the wait is not lost.
"""

import threading
import time
from collections.abc import Iterable


class Gate:
    """Shared by the loop thread, which opens and closes it, and the consumer threads."""

    def __init__(self, queues: Iterable[str]) -> None:
        self._changed = threading.Condition()
        self._ticks = dict.fromkeys(queues, 0)
        self._polled = dict.fromkeys(self._ticks, time.monotonic())
        self._room = 0

    @property
    def room(self) -> int:
        """How many hints are wanted at this moment."""
        return self._room

    def ticks(self, queue: str) -> int:
        """How often this queue was woken; read it before the fetch, give it to `wait`."""
        return self._ticks[queue]

    @property
    def silence(self) -> float:
        """Seconds since the consumer that has been still longest came by."""
        return time.monotonic() - min(self._polled.values())

    def come_by(self, queue: str) -> None:
        """The consumer of a queue shows that it moves."""
        self._polled[queue] = time.monotonic()

    def admit(self, room: int) -> None:
        """Say how many hints are wanted; opening a closed gate wakes every consumer."""
        was_closed, self._room = self._room <= 0, room
        if was_closed and room > 0:
            self.wake()

    def wake(self, queue: str = "") -> None:
        """Wake the consumer of a queue that has a new hint; "" wakes all."""
        with self._changed:
            for name in self._ticks:
                if queue in ("", name):
                    self._ticks[name] += 1
            self._changed.notify_all()

    def wait(self, queue: str, seen: int, seconds: float) -> None:
        """Block until the queue's counter differs from `seen`, at most `seconds`."""
        with self._changed:
            self._changed.wait_for(lambda: self._ticks[queue] != seen, timeout=seconds)
