"""What became of each recipient, kept before the next message is sent.

A record is a checkpoint of the job. `accepted` and `rejected` are final: no later attempt sends to
that recipient again. Between the server's word and the record lies the one moment in which a crash
leads to a second message; it carries the same Message-ID.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

from taskforge.handlers.base import Context
from taskforge.handlers.mail.address import Mailbox

KEY = "to/"
REPLY_LIMIT = 300
"""Characters of a server's answer that are kept."""

_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?=\s|$)")


class Status(StrEnum):
    """How it stands with a recipient."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    """By a 5xx answer; never tried again by this job."""
    DEFERRED = "deferred"
    """By a 4xx answer; the next attempt tries again."""
    SKIPPED = "skipped"
    """The address bounced lately; see `ignore_suppressed`."""


FINAL = frozenset({Status.ACCEPTED, Status.REJECTED, Status.SKIPPED})


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """The record of one recipient."""

    recipient: str
    status: Status
    code: int | None = None
    enhanced_code: str | None = None
    """Of RFC 3463, such as 5.1.1, where the server gives one."""
    message: str = ""
    """The server's answer, cut to one short line."""
    message_id: str | None = None
    attempts: int = 0
    """How often this job has tried."""
    at: str
    """RFC 3339."""
    refused_copies: tuple[str, ...] = ()
    """Addresses in `cc` and `bcc` that the server refused, with its code."""


def key_of(mailbox: Mailbox) -> str:
    """The checkpoint under which a recipient's record is kept."""
    return f"{KEY}{mailbox.digest}"


async def kept_deliveries(ctx: Context) -> dict[str, Delivery]:
    """What earlier attempts have recorded, by key."""
    kept: Mapping[str, Any] = await ctx.checkpoints()
    return {
        key: msgspec.convert(value, Delivery) for key, value in kept.items() if key.startswith(KEY)
    }


def enhanced_code(answer: str) -> str | None:
    """The status code of RFC 3463 at the beginning of an answer."""
    found = _ENHANCED.match(answer)
    return found[0] if found else None


def short(answer: str) -> str:
    """A server's answer as one printable line."""
    line = " ".join(answer.split())
    line = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line)
    return line if len(line) <= REPLY_LIMIT else f"{line[: REPLY_LIMIT - 1]}…"
