"""What a crawl keeps: outcomes for later attempts, and pages with validators for later jobs.

Records are packed into texts that fit under one key each. They are written in order and one batch
at a time, so a crash costs at most the batch that was under way.
"""

import asyncio
import base64
import hashlib
import zlib
from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec

from taskforge.handlers.context import Context
from taskforge.handlers.web.payload import WebPayload
from taskforge.handlers.web.records import Entry, Outcome, Seeds

PIECE = 60_000
"""Characters under one key."""
MAX_UNPACKED = 64 * 1024 * 1024
MAX_REMEMBERED = 4 * 1024 * 1024
"""Bytes of JSON of the pages that a later job may find unchanged."""
MAX_REMEMBERED_PIECES = 100

_entry = msgspec.json.Decoder(Entry)
_outcomes = msgspec.json.Decoder(list[Outcome])


def pack(data: bytes) -> list[str]:
    """Bytes as texts of at most `PIECE` characters, one at least."""
    text = base64.b64encode(zlib.compress(data)).decode()
    return [text[start : start + PIECE] for start in range(0, len(text), PIECE)]


def unpack(pieces: Sequence[str]) -> bytes:
    """What was packed.

    Raises:
        ValueError: it was not.
    """
    unpacker = zlib.decompressobj()
    try:
        return unpacker.decompress(base64.b64decode("".join(pieces)), MAX_UNPACKED)
    except zlib.error as error:
        raise ValueError(str(error)) from error


class Journal:
    """The outcomes of one job, over all its attempts."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._next = 0
        self._pending: list[Outcome] = []
        self._turn = asyncio.Lock()

    async def replay(self) -> AsyncIterator[Entry]:
        """What earlier attempts wrote, in order; to be read to its end before `add`."""
        while True:
            start = self._next
            first = await self._piece(start, start)
            if first is None:
                return
            pieces = [first["data"]]
            for number in range(start + 1, start + first["of"]):
                piece = await self._piece(number, start)
                if piece is None:
                    return  # cut short by a crash: its pages are fetched anew
                pieces.append(piece["data"])
            yield _entry.decode(unpack(pieces))
            self._next = start + first["of"]

    async def sow(self, seeds: Seeds) -> None:
        """Keep the addresses of a sitemap."""
        async with self._turn:
            await self._write(Entry(seeds=seeds))

    async def add(self, outcome: Outcome) -> None:
        """Keep an outcome; it is stored when this returns.

        While one batch is being written the next collects.
        """
        self._pending.append(outcome)
        async with self._turn:
            if any(outcome is other for other in self._pending):
                batch, self._pending = self._pending, []
                await self._write(Entry(outcomes=batch))

    async def _write(self, entry: Entry) -> None:
        pieces = pack(msgspec.json.encode(entry))
        for offset, data in enumerate(pieces):
            value = {"start": self._next, "of": len(pieces), "data": data}
            await self._ctx.checkpoint(value, key=f"journal/{self._next + offset}")
        self._next += len(pieces)

    async def _piece(self, number: int, start: int) -> dict[str, Any] | None:
        """A piece, if it belongs to the entry that begins at `start`, and not to an older one."""
        piece = await self._ctx.resume(f"journal/{number}")
        return piece if piece is not None and piece["start"] == start else None


class SiteMemory:
    """Pages that jobs with the same start and the same wishes found, with their validators."""

    def __init__(self, ctx: Context, ask: WebPayload) -> None:
        self._ctx = ctx
        wishes = [ask.url, ask.selectors, ask.item, ask.extract, ask.scope, ask.hosts, ask.include,
                  ask.exclude, ask.respect_robots]  # fmt: skip
        self._key = hashlib.sha256(msgspec.json.encode(wishes)).hexdigest()[:32]
        self._kept: list[bytes] = []
        self._size = 0

    async def recall(self) -> dict[str, Outcome]:
        """By address; empty when the last job wrote nothing, or is still writing."""
        first = await self._ctx.recall(f"{self._key}/0")
        if first is None:
            return {}
        pieces = [first]
        for number in range(1, first["of"]):
            piece = await self._ctx.recall(f"{self._key}/{number}")
            if piece is None or piece["job"] != first["job"]:
                return {}
            pieces.append(piece)
        try:
            outcomes = _outcomes.decode(unpack([piece["data"] for piece in pieces]))
        except (ValueError, msgspec.MsgspecError):
            return {}
        return {outcome.url: outcome for outcome in outcomes}

    def keep(self, outcome: Outcome) -> None:
        """Have an outcome remembered, if it can be asked after and there is room."""
        if outcome.error or not (outcome.etag or outcome.modified):
            return
        record = msgspec.json.encode(outcome)
        if self._size + len(record) <= MAX_REMEMBERED:
            self._size += len(record)
            self._kept.append(record)

    async def remember(self) -> None:
        """Write what was kept."""
        pieces = await asyncio.to_thread(pack, b"[" + b",".join(self._kept) + b"]")
        if not self._kept or len(pieces) > MAX_REMEMBERED_PIECES:
            return
        for number, data in enumerate(pieces):
            value = {"job": str(self._ctx.job_id), "of": len(pieces), "data": data}
            await self._ctx.remember(f"{self._key}/{number}", value)
