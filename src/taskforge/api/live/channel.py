"""Clients that want the same thing at the same pace: filtered once, written once, sent to all."""

import asyncio
from collections.abc import Sequence
from itertools import chain

from taskforge.api.live.frames import Head, LiveFrame, Pending, Wanted, batch, single
from taskforge.api.live.subscriber import Subscriber
from taskforge.bus.cursor import BEGINNING, EntryId


class Channel:
    """One filter and one pace.

    A newcomer collects its own first batch: part of what the others have collected may lie before
    its cursor, and the fan-out may still be behind it. With the next flush it becomes a member.

    Args:
        wanted: the filter.
        interval: seconds between flushes at least; 0 sends frame by frame, at once.
    """

    def __init__(self, wanted: Wanted, interval: float) -> None:
        self.wanted = wanted
        self.interval = interval
        self._watched = wanted.watched
        self._members: set[Subscriber] = set()
        self._newcomers: set[Subscriber] = set()
        self._pending = Pending()
        self._seen: EntryId = BEGINNING
        self._timer: asyncio.TimerHandle | None = None
        self._flushed_at = float("-inf")

    def __len__(self) -> int:
        return len(self._members) + len(self._newcomers)

    def join(self, subscriber: Subscriber) -> None:
        """Serve a client from now on; what its `pending` holds goes first."""
        self._newcomers.add(subscriber)
        if subscriber.pending:
            self._arm()

    def leave(self, subscriber: Subscriber) -> None:
        """Serve a client no longer; what it has not been sent is in its `pending`."""
        if subscriber in self._members:
            for frame in self._pending:
                subscriber.pending.add(frame)
        self._members.discard(subscriber)
        self._newcomers.discard(subscriber)

    def hand(self, subscriber: Subscriber, frame: LiveFrame) -> None:
        """Give a frame to one client alone, at its pace, before all that comes from now on."""
        self.leave(subscriber)
        subscriber.ahead.add(frame.head.job_id or "")
        subscriber.pending.add(frame)
        subscriber.after = max(subscriber.after, frame.cursor.entry)
        self.join(subscriber)

    def dispatch(self, entry_id: EntryId, frames: Sequence[LiveFrame]) -> None:
        """Take the frames of one entry; never waits."""
        taken = [
            frame for frame in frames if self.wanted.takes(frame.head) and self._is_news(frame.head)
        ]
        if not taken:
            return
        self._seen = entry_id
        if self.interval:
            self._collect(taken)
        else:
            self._send(taken)

    def flush(self) -> None:
        """Send what has been collected."""
        self._flushed_at = asyncio.get_running_loop().time()
        self._timer = None
        frames = self._pending.take()
        if frames:
            message = batch(frames)
            for member in self._members:
                member.offer(message)
        self._admit()

    def close(self) -> None:
        """Forget the timer; nobody is left."""
        if self._timer is not None:
            self._timer.cancel()

    def _is_news(self, head: Head) -> bool:
        """Note it with all who are here; what each of them was told of before is no news."""
        if head.job_id not in self._watched:
            return True
        told = [one for one in chain(self._members, self._newcomers) if one.note(head)]
        return bool(told)

    def _send(self, frames: Sequence[LiveFrame]) -> None:
        self._admit()
        messages = [single(frame) for frame in frames]
        for member in self._members:
            for message in messages:
                member.offer(message)

    def _collect(self, frames: Sequence[LiveFrame]) -> None:
        late = [one for one in self._newcomers if one.after < self._seen]
        for frame in frames:
            self._pending.add(frame)
            for newcomer in late:
                newcomer.pending.add(frame)
        self._arm()

    def _arm(self) -> None:
        if self._timer is None:
            loop = asyncio.get_running_loop()
            wait = self._flushed_at + self.interval - loop.time()
            self._timer = loop.call_later(max(wait, 0.0), self.flush)

    def _admit(self) -> None:
        for newcomer in list(self._newcomers):
            own = newcomer.pending.take()
            if own and self.interval:
                newcomer.offer(batch(own))
            else:
                for frame in own:
                    newcomer.offer(single(frame))
            if newcomer.after < self._seen:
                self._newcomers.discard(newcomer)
                self._members.add(newcomer)
