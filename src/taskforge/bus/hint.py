"""The hint itself: a Dramatiq message that names job ids and nothing that can go stale (R-D4)."""

import time
from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from taskforge.core.priority import Priority

NAMESPACE = "taskforge"
MAX_BYTES = 65_536
MAX_IDS = 1_000

_Ids = Annotated[list[UUID], Meta(max_length=MAX_IDS)]
_Short = Annotated[str, Meta(min_length=1, max_length=200)]


class _Options(msgspec.Struct, forbid_unknown_fields=True):
    redis_message_id: _Short
    # Dramatiq adds these when it moves a message between queues or retires it.
    traceback: str | None = None


class Hint(msgspec.Struct):
    """A message as Dramatiq lays it out."""

    queue_name: _Short
    actor_name: _Short
    args: tuple[_Ids]
    kwargs: Annotated[dict[str, Any], Meta(max_length=0)]
    options: _Options
    message_id: _Short
    message_timestamp: int


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Hint)


def encode_hint(priority: Priority, ids: Sequence[UUID], message_id: str) -> bytes:
    """One message in Dramatiq's own format."""
    return _encoder.encode(
        {
            "queue_name": priority.queue,
            "actor_name": priority.actor,
            "args": [ids],
            "kwargs": {},
            "options": {"redis_message_id": message_id},
            "message_id": message_id,
            "message_timestamp": int(time.time() * 1000),
        }
    )


def read_hint(data: bytes, priority: Priority) -> Hint | None:
    """The hint in a message taken from a queue; None when it is anything else.

    Whoever can write to Redis can put anything there. What passes has our own shape, names the
    queue it came from and its actor, and carries no option that Dramatiq would act on (S-53).
    """
    if len(data) > MAX_BYTES:
        return None
    try:
        hint = _decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    ours = hint.queue_name == priority.queue and hint.actor_name == priority.actor
    return hint if ours else None
