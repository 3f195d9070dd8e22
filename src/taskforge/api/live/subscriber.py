"""One client's place in the fan-out: what it wants, and a bounded queue of what it gets (R-75)."""

import asyncio
import sys
import time
from collections import deque
from typing import Final, Literal, NamedTuple

from taskforge.api.live.frames import Head, Outgoing, Pending, Wanted, batch, single
from taskforge.bus.cursor import BEGINNING, EntryId
from taskforge.core.events import Event

MAX_QUEUED = 256
"""Messages."""
MAX_QUEUED_BYTES = 1_048_576
PULSE_SECONDS = 1.0
"""Between two pulses to one client, at least."""

UNTOLD: Final = -1
"""The version of a job that nothing has been told of."""
GONE: Final = sys.maxsize
"""The version of a job that was deleted: no other comes after it."""
SNAPSHOT_SECONDS: Final = 30.0
"""What a client shows when it begins to watch is not older, and no two clocks are further apart."""

Topic = Literal["summary"]
"""What comes only to those who ask: `summary`, how the installation stands."""

INTERNAL = 1011
GOING_AWAY = 1012
TRY_LATER = 1013
SIGN_IN = 4401
"""The credential has ended: refresh it, or sign in."""
FORBIDDEN = 4403
"""The credential is good, and may not do this any more."""


class Closing(NamedTuple):
    """Why a connection ends: a WebSocket close code (RFC 6455 §7.4) and a sentence."""

    code: int
    reason: str
    """At most 123 bytes."""
    retry_ms: int | None = None
    """When to come back."""


SLOW = Closing(TRY_LATER, "too slow: reconnect, and resume from the last id", 1_000)
AWAY = Closing(TRY_LATER, "live events are not available just now", 3_000)


class Subscriber:
    """Takes messages without ever making the giver wait, and hands them out one by one.

    Args:
        wanted: which frames.
        interval: seconds between messages at least, each a batch; 0 sends each frame at once.
        topics: what is to come besides frames.
    """

    def __init__(
        self, wanted: Wanted, interval: float = 0.0, topics: frozenset[Topic] = frozenset()
    ) -> None:
        self.wanted = wanted
        self.interval = interval
        self.topics = topics
        self.after: EntryId = BEGINNING
        """Entries up to this one it has seen already."""
        self.pending = Pending()
        """Its own next batch, until it can share that of its channel."""
        self.told = dict.fromkeys(wanted.watched, UNTOLD)
        """The jobs it watches, each with the latest version that it was given."""
        self.ahead: set[str] = set()
        """Jobs of which it was told apart from the stream, which may still come to that."""
        self.unsure_from = time.time() - SNAPSHOT_SECONDS
        """Seconds since 1970: of a job that nothing was told of yet, it has seen what is older."""
        self.closing: Closing | None = None
        """Why the connection is to end."""
        self.closed = asyncio.Event()
        """Set when there is a reason."""
        self._queue: deque[Outgoing] = deque()
        self._size = 0
        self._woken = asyncio.Event()
        self._unsent_pulse: Outgoing | None = None
        self._shown: Outgoing | None = None
        self._shown_at = float("-inf")

    def want(self, wanted: Wanted, interval: float) -> None:
        """Another filter and pace; of jobs still watched it is known what was told."""
        self.wanted, self.interval = wanted, interval
        self.told = {job: self.told.get(job, UNTOLD) for job in wanted.watched}
        self.ahead &= wanted.watched

    def knows_until(self, at: float) -> None:
        """What happened before this time, in seconds since 1970, it has seen or been told."""
        self.unsure_from = at - SNAPSHOT_SECONDS

    def note(self, head: Head) -> bool:
        """Remember what the stream tells of a job it watches.

        Returns:
            Whether that is news: not if it was told apart from the stream before.
        """
        job = head.job_id or ""
        told = self.told.get(job)
        if told is None or not head.is_change:
            return True
        version = GONE if head.event == Event.JOB_DELETED else head.version
        if version <= told:
            return job not in self.ahead
        self.told[job] = version
        self.ahead.discard(job)
        return True

    def offer(self, message: Outgoing) -> None:
        """Queue a message; a client too slow for that is closed."""
        if self.closing is not None:
            return
        self._put(message)
        if self._is_full():
            self._coalesce()
            if self._is_full():
                self.close(SLOW)
        self._woken.set()

    def show(self, pulse: Outgoing, now: float) -> bool:
        """Send a pulse once, in the place of one that is still unsent, and none too soon.

        Args:
            pulse: the latest.
            now: monotonic, in seconds.

        Returns:
            Whether it is taken; otherwise it is to be shown again.
        """
        if pulse is self._shown or now < self._shown_at + max(self.interval, PULSE_SECONDS):
            return False
        self._shown, self._shown_at = pulse, now
        self._unsent_pulse = pulse
        self._woken.set()
        return True

    def close(self, closing: Closing) -> None:
        """End the connection: nothing queued is sent any more. The first reason stays."""
        if self.closing is None:
            self.closing = closing
            self._queue.clear()
            self.closed.set()
            self._woken.set()

    async def next(self) -> Outgoing | None:
        """The next message; None when the connection is to end, for the reason in `closing`."""
        while self.closing is None:
            if self._queue:
                message = self._queue.popleft()
                self._size -= len(message.text)
                return message
            if (pulse := self._unsent_pulse) is not None:
                self._unsent_pulse = None
                return pulse
            self._woken.clear()
            await self._woken.wait()
        return None

    def _put(self, message: Outgoing) -> None:
        self._queue.append(message)
        self._size += len(message.text)

    def _is_full(self) -> bool:
        # A single message may be larger than the limit: it is what an idle client just got.
        many = len(self._queue) > 1
        return many and (len(self._queue) > MAX_QUEUED or self._size > MAX_QUEUED_BYTES)

    def _coalesce(self) -> None:
        """Keep the latest state of each job only."""
        latest = Pending()
        spoken = [message for message in self._queue if not message.frames]
        for message in self._queue:
            for frame in message.frames:
                latest.add(frame)
        frames = latest.take()
        self._queue.clear()
        self._size = 0
        for message in spoken:
            self._put(message)
        if self.interval and frames:
            self._put(batch(frames))
        else:
            for frame in frames:
                self._put(single(frame))
