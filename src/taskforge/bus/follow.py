"""The event stream's reading end: one reader per API process, and history for who resumes."""

import asyncio
from typing import NamedTuple, cast

import msgspec
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from taskforge.bus.cursor import (
    BEGINNING,
    EPOCH_KEY,
    FRAMES_FIELD,
    STREAM_KEY,
    Cursor,
    EntryId,
    new_epoch,
)

BLOCK_MS = 2_000
"""Below the client's socket timeout, or each quiet spell looks like a failure (R-74)."""
READ_ENTRIES = 500
PAGE_ENTRIES = 16
LOOKUPS_AT_ONCE = 8
"""Connections for history: hundreds of clients that come back at once must not use up all."""

_decoder = msgspec.json.Decoder(list[msgspec.Raw])
_Pairs = list[tuple[bytes, dict[bytes, bytes]]]


class Entry(NamedTuple):
    """One entry of the stream: its frames as the JSON objects that were announced."""

    id: EntryId
    frames: list[msgspec.Raw]
    offset: int = 0
    """How many frames of the entry stand before these."""


class Found(NamedTuple):
    """What a read brought."""

    epoch: str | None
    """None: the stream has lost it."""
    entries: list[Entry]
    """The oldest first."""
    waited: float
    """Seconds that the first of them had been in Redis; 0 without any."""


class Extent(NamedTuple):
    """What the stream remembers."""

    epoch: str
    first: EntryId | None
    """None: it holds nothing."""
    last: EntryId
    """The newest entry ever, kept or not."""
    untrimmed: bool
    """Nothing has been dropped from it yet."""

    def covers(self, cursor: Cursor) -> bool:
        """Whether all that came after the cursor is still there (R-72)."""
        if cursor.epoch != self.epoch or cursor.entry > self.last:
            return False
        if self.untrimmed or cursor.entry == self.last:
            return True
        return self.first is not None and cursor.entry >= self.first


class StreamReader:
    """Reads the stream.

    Args:
        redis: a client whose socket timeout is above `BLOCK_MS`; a blocking read takes one of
            its connections for as long as it lasts.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._lookups = asyncio.Semaphore(LOOKUPS_AT_ONCE)

    async def extent(self) -> Extent:
        """What the stream holds now; gives it an epoch if it has none.

        Raises:
            redis.RedisError: Redis is away.
        """
        async with self._lookups, self._redis.pipeline(transaction=True) as pipe:
            pipe.set(EPOCH_KEY, new_epoch(), nx=True)
            pipe.get(EPOCH_KEY)
            pipe.xinfo_stream(STREAM_KEY)
            _, epoch, info = await pipe.execute(raise_on_error=False)
        for reply in (epoch, info):
            if isinstance(reply, Exception) and "no such key" not in str(reply):
                raise reply
        name = cast(bytes, epoch).decode()
        if isinstance(info, ResponseError):
            return Extent(name, None, BEGINNING, untrimmed=True)
        first = info["first-entry"]
        return Extent(
            name,
            _id(first[0]) if first else None,
            _id(info["last-generated-id"]),
            untrimmed=info["entries-added"] == info["length"],
        )

    async def read(self, after: EntryId, *, block_ms: int = BLOCK_MS) -> Found:
        """Wait for entries, at most `block_ms`.

        Raises:
            redis.RedisError: Redis is away.
        """
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.xread({STREAM_KEY: str(after)}, count=READ_ENTRIES, block=block_ms)
            pipe.get(EPOCH_KEY)  # after the wait: it is the epoch that the entries belong to
            pipe.time()
            streams, epoch, (seconds, micros) = await pipe.execute()
        pairs = cast(_Pairs, streams[0][1]) if streams else []
        name = cast(bytes | None, epoch)
        entries = [_entry(*pair) for pair in pairs]
        # By the clock that the ids are of: no other has to agree with it.
        waited = seconds + micros / 1e6 - entries[0].id.ms / 1e3 if entries else 0.0
        return Found(name.decode() if name else None, entries, max(waited, 0.0))

    async def page(self, cursor: Cursor) -> list[Entry]:
        """The next entries after a cursor, fewer than `PAGE_ENTRIES` only at the end of the stream.

        First ask `Extent.covers`.

        The cursor's own entry comes again, without the frames that the cursor has seen, unless
        it has seen them all.

        Raises:
            redis.RedisError: Redis is away.
        """
        begin = str(cursor.entry)
        async with self._lookups:
            found = await self._redis.xrange(STREAM_KEY, min=begin, count=PAGE_ENTRIES + 1)
        pairs = cast(_Pairs, found)
        entries = [_entry(*pair) for pair in pairs]
        if entries and entries[0].id == cursor.entry:
            seen = cursor.nth + 1
            rest = entries[0].frames[seen:]
            entries[:1] = [Entry(cursor.entry, rest, seen)] if rest else []
        return entries[:PAGE_ENTRIES]


def _id(raw: bytes) -> EntryId:
    return EntryId.parse(raw.decode())


def _entry(raw_id: bytes, fields: dict[bytes, bytes]) -> Entry:
    try:
        return Entry(_id(raw_id), _decoder.decode(fields.get(FRAMES_FIELD, b"[]")))
    except msgspec.DecodeError:  # not written by us; skip it, and stay alive
        return Entry(_id(raw_id), [])
