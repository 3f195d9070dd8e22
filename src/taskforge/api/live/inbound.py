"""What clients say on a socket: little, small, and of a closed form (S-40)."""

import time
from collections import deque
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from taskforge.api.live.frames import Wanted
from taskforge.api.live.subscriber import Topic
from taskforge.core.states import JobStatus

MAX_BYTES = 4_096
MAX_MESSAGES, MAX_MESSAGES_SECONDS = 20, 10.0
MAX_INTERVAL_MS = 10_000

Interval = Annotated[int, Meta(ge=0, le=MAX_INTERVAL_MS)]
"""Milliseconds between batches; 0 is no batches."""
Topics = Annotated[list[Topic], Meta(max_length=10)]


class Ping(msgspec.Struct, frozen=True, tag_field="event", tag="ping", forbid_unknown_fields=True):
    """Asks for a pong."""


class Pong(msgspec.Struct, frozen=True, tag_field="event", tag="pong", forbid_unknown_fields=True):
    """Answers the server's ping."""


class Subscribe(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    tag_field="event",
    tag="subscribe",
    forbid_unknown_fields=True,
):
    """Narrows what comes, in place of what was wanted before; an absent part is everything."""

    jobs: Annotated[list[UUID], Meta(max_length=100)] | None = None
    """Also brings the log lines and the streamed text of these jobs."""
    logs: Annotated[list[UUID], Meta(max_length=100)] = []
    """Jobs whose log lines and streamed text come, whatever else is wanted."""
    types: Annotated[list[Annotated[str, Meta(max_length=64)]], Meta(max_length=100)] | None = None
    statuses: list[JobStatus] | None = None
    batch: Interval | UnsetType = UNSET
    """Absent: as it was."""
    topics: Topics | UnsetType = UNSET
    """What comes besides events; absent: as it was."""

    def wanted(self) -> Wanted:
        """The filter."""
        return Wanted(
            logs=frozenset(str(job) for job in self.logs),
            jobs=None if self.jobs is None else frozenset(str(job) for job in self.jobs),
            types=None if self.types is None else frozenset(self.types),
            statuses=None if self.statuses is None else frozenset(s.value for s in self.statuses),
        )


Message = Ping | Pong | Subscribe

_decoder = msgspec.json.Decoder(Message)
_WORDS: dict[str, Message] = {"ping": Ping(), "pong": Pong()}


def read(text: str) -> Message | None:
    """What a client says; None when it makes no sense."""
    word = _WORDS.get(text)
    if word is not None:
        return word
    try:
        return _decoder.decode(text)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


class Pace:
    """Counts a client's messages over the last seconds."""

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=MAX_MESSAGES)

    def allows(self) -> bool:
        """Whether one more is fine now; it is counted."""
        now = time.monotonic()
        full = len(self._times) == MAX_MESSAGES and now - self._times[0] < MAX_MESSAGES_SECONDS
        self._times.append(now)
        return not full
