"""Frames on their way to clients: read once, written once, sent as the same text to everyone."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from taskforge.bus.cursor import Cursor
from taskforge.bus.follow import Entry
from taskforge.core.events import Event

_WATCHED = frozenset({Event.JOB_LOG.value, Event.JOB_STREAM.value})
"""Only for clients that watch certain jobs: nobody reads them all."""
_BY_THE_WAY = _WATCHED | {Event.JOB_PROGRESS.value}


class Head(msgspec.Struct, frozen=True):
    """What filters and coalescing need of a frame; the rest stays unread."""

    event: str
    job_id: str | None = None
    type: str | None = None
    status: str | None = None
    version: int = 0
    worker_id: str | None = None
    queue: str | None = None

    @property
    def is_change(self) -> bool:
        """Whether it tells of a new version of a job, not only of how one gets on."""
        return self.job_id is not None and self.event not in _BY_THE_WAY


class LiveFrame(NamedTuple):
    """One event as clients get it."""

    cursor: Cursor
    head: Head
    text: str
    """JSON, with the cursor as `id`."""
    key: str
    """Frames with the same key replace each other in a batch: one for each job, worker, queue."""


class Wanted(msgspec.Struct, frozen=True):
    """What a client has asked for; None is everything.

    Frames of workers and queues have no job, type or status, so they pass unless the client watches
    certain jobs only. Log lines and streamed text come for watched jobs alone.
    """

    jobs: frozenset[str] | None = None
    types: frozenset[str] | None = None
    statuses: frozenset[str] | None = None
    logs: frozenset[str] = frozenset()
    """Jobs watched beside everything else."""

    @property
    def watched(self) -> frozenset[str]:
        """The jobs that the client has named."""
        return self.logs if self.jobs is None else self.logs | self.jobs

    def takes(self, head: Head) -> bool:
        """Whether the client wants this frame."""
        if head.job_id is None:
            return self.jobs is None
        if head.event in _WATCHED and head.job_id in self.logs:
            return True
        if self.jobs is None:
            if head.event in _WATCHED:
                return False
        elif head.job_id not in self.jobs:
            return False
        if self.types is not None and head.type not in self.types:
            return False
        return self.statuses is None or head.status in self.statuses


class Outgoing(NamedTuple):
    """One message to a client."""

    text: str
    frames: tuple[LiveFrame, ...] = ()
    """What it carries; none when the connection itself speaks."""
    cursor: Cursor | None = None
    """Where the client stands when it has read it."""


class Pending:
    """Frames that wait to be sent together: the latest of each key, in the order they changed."""

    def __init__(self) -> None:
        self._frames: dict[str, LiveFrame] = {}

    def __len__(self) -> int:
        return len(self._frames)

    def __iter__(self) -> Iterator[LiveFrame]:
        return iter(self._frames.values())

    def add(self, frame: LiveFrame) -> None:
        """Keep a frame, unless a newer version of the same job is here already (R-70)."""
        known = self._frames.get(frame.key)
        if known is not None:
            if known.head.version > frame.head.version:
                return
            del self._frames[frame.key]
        self._frames[frame.key] = frame

    def take(self) -> tuple[LiveFrame, ...]:
        """All frames; none are left."""
        frames = tuple(self._frames.values())
        self._frames.clear()
        return frames


_heads = msgspec.json.Decoder(Head)


def live_frames(epoch: str, entry: Entry) -> list[LiveFrame]:
    """The frames of a stream entry; what is no frame of ours is left out."""
    frames: list[LiveFrame] = []
    for nth, raw in enumerate(entry.frames, entry.offset):
        try:
            body = bytes(raw).decode()
            head = _heads.decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            continue
        cursor = Cursor(epoch, entry.id, nth)
        key = head.job_id or head.worker_id or head.queue or head.event
        if head.event in _WATCHED:
            key = f"{key}.{entry.id}.{nth}"  # lines do not replace each other
        frames.append(LiveFrame(cursor, head, f'{{"id":"{cursor}",{body[1:]}', key))
    return frames


def single(frame: LiveFrame) -> Outgoing:
    """A frame as a message of its own."""
    return Outgoing(frame.text, (frame,), frame.cursor)


def batch(frames: tuple[LiveFrame, ...]) -> Outgoing:
    """Frames as one message; its `id` is the furthest cursor among them."""
    last = max(frame.cursor for frame in frames)
    events = ",".join([frame.text for frame in frames])
    return Outgoing(f'{{"event":"batch","id":"{last}","events":[{events}]}}', frames, last)


def notice(event: str, *, cursor: Cursor | None = None, **facts: Any) -> Outgoing:
    """A message of the connection itself, such as `connected` or `resync`."""
    if cursor is not None:
        facts = {"id": str(cursor), "epoch": cursor.epoch, **facts}
    text = msgspec.json.encode({"event": event, **facts, "at": datetime.now(UTC)}).decode()
    return Outgoing(text, cursor=cursor)
