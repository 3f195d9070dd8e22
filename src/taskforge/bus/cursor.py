"""Places in the event stream, and the keys it lives under.

    taskforge:events         stream; each entry carries 1 to 128 frames as one JSON array, field "f"
    taskforge:events:epoch   random text, new whenever the stream has lost its memory (R-72)

Entry ids alone cannot tell a stream from its successor: after a FLUSHALL they start again. So a
cursor names the epoch, the entry, and how far into the entry its owner has come.
"""

import re
from typing import NamedTuple

from taskforge.core.ids import new_token

STREAM_KEY = "taskforge:events"
EPOCH_KEY = "taskforge:events:epoch"
FRAMES_FIELD = b"f"

WHOLE_ENTRY = 99_999
"""`nth` of a cursor that has every frame of its entry behind it."""

_FORM = re.compile(r"([A-Za-z0-9_-]{1,32})\.([0-9]{1,20})-([0-9]{1,20})\.([0-9]{1,5})")


class EntryId(NamedTuple):
    """Id of a stream entry; compares as Redis orders it."""

    ms: int
    """Milliseconds since 1970, by the clock of the Redis server."""
    seq: int

    def __str__(self) -> str:
        return f"{self.ms}-{self.seq}"

    @classmethod
    def parse(cls, text: str) -> "EntryId":
        """Read what Redis calls an entry id, `<ms>-<seq>`.

        Raises:
            ValueError: it is not one.
        """
        ms, _, seq = text.partition("-")
        return cls(int(ms), int(seq))


BEGINNING = EntryId(0, 0)


class Cursor(NamedTuple):
    """What a client has seen: everything up to and with frame `nth` of `entry`."""

    epoch: str
    entry: EntryId
    nth: int = WHOLE_ENTRY
    """From 0."""

    def __str__(self) -> str:
        return f"{self.epoch}.{self.entry}.{self.nth}"

    @classmethod
    def parse(cls, text: str) -> "Cursor | None":
        """Read a cursor that a client sends; None when it is not one of ours."""
        match = _FORM.fullmatch(text)
        if match is None:
            return None
        epoch, ms, seq, nth = match.groups()
        return cls(epoch, EntryId(int(ms), int(seq)), int(nth))


def new_epoch() -> str:
    """A fresh epoch. Every proposal must be a new one, or two losses in a row look like none."""
    return new_token(9)
