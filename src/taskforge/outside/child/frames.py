"""What a worker and its child process say to each other: four bytes of length, then JSON.

The worker sends one `Request`, without a length: it closes its end. The child answers with any
number of `Told`, then `Done` or `Failed`.
"""

from typing import Any

import msgspec

from taskforge.core.job import Progress
from taskforge.core.sandbox import SandboxLimits

HEADER_BYTES = 4
MAX_FRAME_BYTES = 16 * 1024 * 1024
"""The largest answer that may leave a child."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What the child is to do."""

    function: str
    """`package.module:function`."""
    args: list[Any]
    limits: SandboxLimits


class Told(msgspec.Struct, frozen=True, tag="told"):
    """Progress."""

    progress: Progress


class Done(msgspec.Struct, frozen=True, tag="done"):
    """The function returned."""

    value: Any


class Failed(msgspec.Struct, frozen=True, kw_only=True, tag="failed"):
    """The function raised."""

    lineage: list[str]
    """The exception's class and its bases, nearest first, as `module:name`."""
    message: str
    attributes: dict[str, Any]
    """What else the exception carries (`retry_after`), as far as it is JSON."""
    trace: str


Frame = Told | Done | Failed


def framed(frame: msgspec.Struct) -> bytes:
    """A frame as it goes over the pipe.

    Raises:
        ValueError: larger than MAX_FRAME_BYTES.
        TypeError: the value has parts that JSON cannot carry.
    """
    body = msgspec.json.encode(frame)
    if len(body) > MAX_FRAME_BYTES:
        size, most = len(body) / 1024 / 1024, MAX_FRAME_BYTES >> 20
        raise ValueError(
            f"it has {size:.1f} MiB, and at most {most} MiB may leave the child process"
        )
    return len(body).to_bytes(HEADER_BYTES) + body


decode_frame = msgspec.json.Decoder(Frame).decode
