"""What a worker and a companion say to each other: four bytes of length, then JSON, both ways.

The worker sends `Begin`, then any number of `Ask`, one at a time. The companion answers each with
any number of `Part`, then `Done` or `Failed`. `Halt` says that nobody waits for the answer any
more; it comes all the same.
"""

from typing import Any

import msgspec

from taskforge.core.sandbox import SandboxLimits
from taskforge.outside.child.frames import Done, Failed


class Begin(msgspec.Struct, frozen=True, kw_only=True, tag="begin"):
    """What the companion is."""

    function: str
    """`package.module:function`."""
    limits: SandboxLimits


class Ask(msgspec.Struct, frozen=True, kw_only=True, tag="ask"):
    """One request."""

    request: Any
    seconds: float
    """Wall time; the companion ends itself some time after it, should nobody have done it."""


class Halt(msgspec.Struct, frozen=True, tag="halt"):
    """The answer to the request under way is not wanted any more."""


class Part(msgspec.Struct, frozen=True, tag="part"):
    """A piece of the answer, or a word about it, before its end."""

    value: Any


Order = Begin | Ask | Halt
Reply = Part | Done | Failed

decode_order = msgspec.json.Decoder(Order).decode
decode_reply = msgspec.json.Decoder(Reply).decode
