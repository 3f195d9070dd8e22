"""The fan-out: one reader of the event stream per process, any number of clients (R-74, R-75).

The reader runs while there are clients. It gives each entry to the channels, which never wait for
a client; each client has its own bounded queue.
"""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import contextmanager
from contextvars import Context

import msgspec
from redis.exceptions import RedisError

from taskforge.api.live.channel import Channel
from taskforge.api.live.frames import Outgoing, Pending, Wanted, batch, live_frames, notice, single
from taskforge.api.live.subscriber import GOING_AWAY, INTERNAL, Closing, Subscriber, Topic
from taskforge.bus.cursor import BEGINNING, WHOLE_ENTRY, Cursor, EntryId
from taskforge.bus.follow import PAGE_ENTRIES, Entry, Extent, StreamReader
from taskforge.core.events import Frame
from taskforge.log import get_logger
from taskforge.metrics.sockets import GAPS, LAG_SECONDS

MAX_REPLAY = 5_000
"""Frames that a client may have missed; one further behind reloads its snapshot instead."""
STALE_SECONDS = 30.0
"""A reader that was held up for so long looks whether the stream has been trimmed meanwhile."""
FIRST_RETRY_SECONDS, LAST_RETRY_SECONDS = 0.1, 3.0
RECONNECT_MS = 10_000
"""Clients of a process that ends come back spread over so long (R-91)."""
ENTRIES_AT_ONCE = 16
"""Entries handed out before other tasks get their turn."""

_log = get_logger(__name__)


class Hub:
    """Where clients come to follow the stream.

    Args:
        reader: the stream's reading end.
    """

    def __init__(self, reader: StreamReader) -> None:
        self._reader = reader
        self._channels: dict[tuple[Wanted, float], Channel] = {}
        self._attached: dict[Subscriber, Channel] = {}
        self._everyone: set[Subscriber] = set()
        self._nobody = asyncio.Event()
        self._nobody.set()
        self._epoch = ""
        self._position: EntryId = BEGINNING
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    def __len__(self) -> int:
        return len(self._everyone)

    @property
    def position(self) -> EntryId:
        """How far the stream has been read."""
        return self._position

    @property
    def is_reading(self) -> bool:
        """Whether the position counts. A reader that nobody needs any more lingers for a moment."""
        return bool(self._attached)

    def followers(self, topic: Topic) -> list[Subscriber]:
        """Guests who asked for a topic."""
        return [it for it in self._everyone if topic in it.topics]

    def attached(self) -> list[Subscriber]:
        """Guests who get what happens now: those still busy with history are not among them."""
        return list(self._attached)

    def tell(self, subscribers: Sequence[Subscriber], frame: Frame) -> bool:
        """Give clients a frame that is in no stream; whether any of them is here and wants it."""
        entry = Entry(self._position, [msgspec.Raw(msgspec.json.encode(frame))], WHOLE_ENTRY)
        [live] = live_frames(self._epoch, entry)
        taken = False
        for one in subscribers:
            channel = self._attached.get(one)
            if channel is not None and one.closing is None and one.wanted.takes(live.head):
                channel.hand(one, live)
                taken = True
        return taken

    @contextmanager
    def guest(self, subscriber: Subscriber) -> Generator[None]:
        """Be here until all has been said, goodbye included: `close` waits for that."""
        if self._closed:
            subscriber.close(_goodbye())
        self._everyone.add(subscriber)
        self._nobody.clear()
        try:
            yield
        finally:
            self._everyone.discard(subscriber)
            if not self._everyone:
                self._nobody.set()

    async def follow(
        self, subscriber: Subscriber, since: Cursor | None
    ) -> AsyncGenerator[Outgoing]:
        """What a guest gets, from the first message on, until its connection is to end.

        Raises:
            redis.RedisError: Redis is away, so there is nothing to begin with.
        """
        if subscriber.closing is not None:
            return
        try:
            async for message in self._beginning(subscriber, since):
                yield message
            while (message := await subscriber.next()) is not None:
                yield message
        finally:
            self._detach(subscriber)

    def change(self, subscriber: Subscriber, wanted: Wanted, interval: float) -> None:
        """Give a client another filter or pace; what it still wants of what waits, it gets."""
        attached = subscriber in self._attached
        self._detach(subscriber)
        subscriber.want(wanted, interval)
        for frame in subscriber.pending.take():
            if wanted.takes(frame.head):
                subscriber.pending.add(frame)
        if attached:
            self._attach(subscriber, max(subscriber.after, self._position))

    async def close(self, patience: float) -> None:
        """Send everyone away and wait for them to leave, at most `patience` seconds (R-91)."""
        self._closed = True
        for subscriber in list(self._everyone):
            subscriber.close(_goodbye())
        try:
            async with asyncio.timeout(patience):
                await self._nobody.wait()
        except TimeoutError:
            _log.warning("connections.left_open", count=len(self))
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _beginning(
        self, subscriber: Subscriber, since: Cursor | None
    ) -> AsyncGenerator[Outgoing]:
        """Greeting and history; in the end the client is attached to the live part."""
        extent = None
        if since is not None or not self.is_reading:
            extent = await self._reader.extent()
        if since is not None and extent is not None and extent.covers(since):
            subscriber.knows_until(since.entry.ms / 1000)
            yield notice("connected", cursor=since, resumed=True)
            async for message in self._missed(subscriber, since):
                yield message
            return
        cursor = self._join(subscriber, extent)
        yield notice("connected", cursor=cursor, resumed=False)
        if since is not None:
            GAPS.labels("cursor").inc()
            yield _resync(cursor, "the cursor is too old, or not of this stream")

    async def _missed(self, subscriber: Subscriber, cursor: Cursor) -> AsyncGenerator[Outgoing]:
        """History, page by page, until the live part is reached."""
        missed = 0
        attached = False
        while not attached and subscriber.closing is None:
            if missed > MAX_REPLAY or (self.is_reading and cursor.epoch != self._epoch):
                GAPS.labels("behind").inc()
                yield _resync(self._join(subscriber, await self._reader.extent()), "too much")
                return
            reached = self._position if self.is_reading else cursor.entry
            page = await self._reader.page(cursor)
            # An empty page: all that is kept up to where the fan-out was has been seen.
            cursor = Cursor(cursor.epoch, page[-1].id if page else max(cursor.entry, reached))
            # The first client starts the reader, at the end: history is paced by its reader.
            ready = self.is_reading or len(page) < PAGE_ENTRIES
            attached = ready and self._try_to_attach(subscriber, cursor)
            for message in _replayed(subscriber, cursor.epoch, page):
                yield message
            missed += sum(len(entry.frames) for entry in page)

    def _join(self, subscriber: Subscriber, extent: Extent | None) -> Cursor:
        """Attach a client without history: where the fan-out is, or else at the end."""
        if extent is not None and not self.is_reading:
            self._epoch, self._position = extent.epoch, extent.last
        elif extent is not None and extent.epoch != self._epoch:
            self._restart(extent)
        self._attach(subscriber, self._position)
        return Cursor(self._epoch, self._position)

    def _try_to_attach(self, subscriber: Subscriber, cursor: Cursor) -> bool:
        """Join the live part, unless it has given out something after the cursor already."""
        if not self.is_reading:
            self._epoch, self._position = cursor.epoch, cursor.entry
        if cursor.epoch != self._epoch or self._position > cursor.entry:
            return False
        self._attach(subscriber, cursor.entry)
        return True

    def _attach(self, subscriber: Subscriber, after: EntryId) -> None:
        subscriber.after = after
        key = (subscriber.wanted, subscriber.interval)
        channel = self._channels.get(key) or self._channels.setdefault(key, Channel(*key))
        channel.join(subscriber)
        self._attached[subscriber] = channel
        if (self._task is None or self._task.done()) and not self._closed:
            self._task = asyncio.get_running_loop().create_task(self._read(), context=Context())
            self._task.add_done_callback(self._reader_ended)

    def _detach(self, subscriber: Subscriber) -> None:
        channel = self._attached.pop(subscriber, None)
        if channel is not None:
            channel.leave(subscriber)
            if not len(channel):
                channel.close()
                del self._channels[channel.wanted, channel.interval]

    async def _read(self) -> None:
        retry = FIRST_RETRY_SECONDS
        sure_at = time.monotonic()
        while self._attached:
            try:
                if time.monotonic() - sure_at > STALE_SECONDS:
                    self._check(await self._reader.extent())
                after = self._position
                found = await self._reader.read(after)
                read_at = time.monotonic()
                if found.epoch != self._epoch:
                    self._check(await self._reader.extent())
                elif after == self._position and found.entries:
                    await self._dispatch(found.entries)
                    LAG_SECONDS.observe(found.waited + time.monotonic() - read_at)
                sure_at, retry = time.monotonic(), FIRST_RETRY_SECONDS
            except (RedisError, OSError) as error:
                _log.warning("stream.unreadable", error=error, retry_seconds=retry)
                await asyncio.sleep(retry * random.uniform(0.5, 1.0))  # noqa: S311 - spread only
                retry = min(retry * 2, LAST_RETRY_SECONDS)
                sure_at = float("-inf")

    async def _dispatch(self, entries: Sequence[Entry]) -> None:
        epoch = self._epoch
        for number, entry in enumerate(entries, 1):
            if self._epoch != epoch:
                return
            frames = live_frames(epoch, entry)
            self._position = entry.id
            for channel in self._channels.values():
                channel.dispatch(entry.id, frames)
            if number % ENTRIES_AT_ONCE == 0:
                await asyncio.sleep(0)

    def _check(self, extent: Extent) -> None:
        """Begin anew if the stream is not the one that was read, or has lost what comes next."""
        if not extent.covers(Cursor(self._epoch, self._position)):
            self._restart(extent)

    def _restart(self, extent: Extent) -> None:
        self._epoch, self._position = extent.epoch, extent.last
        message = _resync(Cursor(extent.epoch, extent.last), "the stream has lost its memory")
        GAPS.labels("stream").inc(len(self._attached))
        for subscriber in self._attached:
            subscriber.after = BEGINNING
            subscriber.offer(message)

    def _reader_ended(self, task: asyncio.Task[None]) -> None:
        """Let clients reconnect when the reader fails, which starts it again."""
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("stream.reader_failed", exc_info=error)
            for subscriber in list(self._attached):
                subscriber.close(Closing(INTERNAL, "the event reader failed: reconnect"))


def _replayed(subscriber: Subscriber, epoch: str, page: Sequence[Entry]) -> list[Outgoing]:
    frames = [
        frame
        for entry in page
        for frame in live_frames(epoch, entry)
        if subscriber.wanted.takes(frame.head) and subscriber.note(frame.head)
    ]
    if not frames or not subscriber.interval:
        return [single(frame) for frame in frames]
    latest = Pending()
    for frame in frames:
        latest.add(frame)
    return [batch(latest.take())]


def _resync(cursor: Cursor, reason: str) -> Outgoing:
    return notice("resync", cursor=cursor, reason=reason)


def _goodbye() -> Closing:
    delay = random.randrange(RECONNECT_MS)  # noqa: S311 - spread only
    return Closing(GOING_AWAY, f"restarting: reconnect in {delay} ms", delay)
