"""The event stream's writing end: frames go in after the commit, best effort (R-71).

A frame is a hint. Losing one leaves a screen old for some seconds and nothing else wrong, so
nothing here raises, and nothing here makes a caller wait for a Redis that is away.
"""

import asyncio
import time
from collections.abc import Iterable, Iterator, Sequence

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from taskforge.bus.cursor import EPOCH_KEY, FRAMES_FIELD, STREAM_KEY, new_epoch
from taskforge.core.batch import Batcher
from taskforge.core.events import Frame
from taskforge.log import get_logger
from taskforge.metrics.events import LOST, PUBLISHED

KEPT_FRAMES = 100_000
"""About so many frames stay readable for clients that resume (R-72)."""
ENTRY_FRAMES = 128
ENTRY_BYTES = 256 * 1024
FLUSH_CALLS = 512
"""Announcements that one round trip may carry."""
MAX_WAITING = 20_000
"""Frames that may wait for Redis; what comes on top is lost, and counted."""
WAIT_SECONDS = 0.25
"""The longest that `announce` holds its caller."""
SILENCE_SECONDS = 0.5
"""After a failure frames are dropped for so long, instead of running into the next timeout."""
LOG_SECONDS = 10.0

_log = get_logger(__name__)
_encoder = msgspec.json.Encoder()
_UNENCODABLE = (msgspec.MsgspecError, ValueError, TypeError, OverflowError, RecursionError)


class EventStream:
    """Announces frames to every API process.

    Args:
        redis: any client; one round trip carries all frames that came during the last one.
        kept_frames: about how many frames the stream keeps.
    """

    def __init__(self, redis: Redis, *, kept_frames: int = KEPT_FRAMES) -> None:
        self._redis = redis
        self._kept_frames = kept_frames
        self._batcher: Batcher[Sequence[Frame], None] = Batcher(self._flush, limit=FLUSH_CALLS)
        self._waiting = 0
        self._frames_per_entry = 1.0
        self._silent_until = 0.0
        self._log_at = 0.0
        self.sent = 0
        """Frames that Redis has taken."""
        self.lost = 0
        """Frames that no client will see."""

    async def announce(self, frames: Sequence[Frame]) -> None:
        """Send frames and wait until Redis has them, at most `WAIT_SECONDS`; never raises."""
        future = self._enqueue(frames)
        if future is not None:
            await asyncio.wait({future}, timeout=WAIT_SECONDS)

    def announce_soon(self, frames: Sequence[Frame]) -> None:
        """Send frames without waiting; never raises."""
        self._enqueue(frames)

    async def close(self) -> None:
        """Send what waits. The client stays open: it is its opener's to close."""
        await self._batcher.drain()

    def _enqueue(self, frames: Sequence[Frame]) -> asyncio.Future[None] | None:
        if not frames:
            return None
        if self._waiting + len(frames) > MAX_WAITING:
            self._lose(len(frames), "too many frames wait for Redis")
            return None
        if self._is_silent():
            self._lose(len(frames), "Redis failed a moment ago")
            return None
        self._waiting += len(frames)
        return self._batcher.add(frames)

    async def _flush(self, calls: Sequence[Sequence[Frame]]) -> list[None]:
        frames = [frame for call in calls for frame in call]
        if self._is_silent():
            self._lose(len(frames), "Redis failed a moment ago")
        else:
            await self._try_to_send(list(_pack(self._encoded(frames))))
        self._waiting -= len(frames)
        return [None] * len(calls)

    def _is_silent(self) -> bool:
        return time.monotonic() < self._silent_until

    async def _try_to_send(self, entries: list[tuple[int, bytes]]) -> None:
        try:
            await self._send(entries)
        except (RedisError, OSError) as error:
            self._silent_until = time.monotonic() + SILENCE_SECONDS
            self._lose(sum(count for count, _ in entries), repr(error))

    async def _send(self, entries: list[tuple[int, bytes]]) -> None:
        if not entries:
            return
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.set(EPOCH_KEY, new_epoch(), nx=True)
            for count, body in entries:
                # Redis counts entries, and a client's memory is counted in frames: so the cap
                # follows the usual size of an entry, slowly, that one bulk call may not decide.
                self._frames_per_entry += (count - self._frames_per_entry) / 64
                cap = max(int(self._kept_frames / self._frames_per_entry), 1)
                pipe.xadd(STREAM_KEY, {FRAMES_FIELD: body}, maxlen=cap, approximate=True)
            await pipe.execute()
        sent = sum(count for count, _ in entries)
        self.sent += sent
        PUBLISHED.inc(sent)

    def _encoded(self, frames: Sequence[Frame]) -> Iterator[bytes]:
        for frame in frames:
            try:
                yield _encoder.encode(frame)
            except _UNENCODABLE as error:  # one bad frame must not take its neighbours along
                self._lose(1, f"cannot be written as JSON: {type(error).__name__}")

    def _lose(self, count: int, reason: str) -> None:
        self.lost += count
        LOST.inc(count)
        now = time.monotonic()
        if now >= self._log_at:
            self._log_at = now + LOG_SECONDS
            _log.warning("frames.lost", reason=reason, count=count, since_start=self.lost)


def _pack(frames: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """JSON arrays of at most ENTRY_FRAMES frames and, but for a single large one, ENTRY_BYTES."""
    entry: list[bytes] = []
    size = 0
    for frame in frames:
        if entry and (len(entry) == ENTRY_FRAMES or size + len(frame) > ENTRY_BYTES):
            yield len(entry), b"[%b]" % b",".join(entry)
            entry, size = [], 0
        entry.append(frame)
        size += len(frame)
    if entry:
        yield len(entry), b"[%b]" % b",".join(entry)
