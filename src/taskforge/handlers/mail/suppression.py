"""Addresses that do not exist, as servers said lately: not written to for 30 days.

Kept in the memory of the job type, in 64 parts, so that 500 recipients cost few look-ups. Two jobs
that add to one part at once may lose an entry; the next bounce brings it back.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, cast

from taskforge.handlers.base import Context
from taskforge.handlers.mail.address import Mailbox

NO_SUCH_MAILBOX = "5.1.1"
KEPT = timedelta(days=30)
PARTS = 64
MAX_ENTRIES = 1_500
"""Of one part; the oldest go first."""


async def suppressed(ctx: Context, mailboxes: Iterable[Mailbox], now: datetime) -> set[str]:
    """Those of the addresses (their keys) that are not to be written to."""
    by_part: dict[str, list[Mailbox]] = {}
    for one in mailboxes:
        by_part.setdefault(_part(one), []).append(one)
    found: set[str] = set()
    for part, members in by_part.items():
        entries = await _entries(ctx, part)
        found |= {one.key for one in members if entries.get(one.digest, 0) > now.timestamp()}
    return found


async def suppress(ctx: Context, mailbox: Mailbox, now: datetime) -> None:
    """Do not write to this address for 30 days."""
    part = _part(mailbox)
    entries = await _entries(ctx, part)
    entries[mailbox.digest] = (now + KEPT).timestamp()
    alive = sorted(
        ((until, digest) for digest, until in entries.items() if until > now.timestamp()),
        reverse=True,
    )
    await ctx.remember(part, {digest: until for until, digest in alive[:MAX_ENTRIES]})


async def _entries(ctx: Context, part: str) -> dict[str, float]:
    kept: Any = await ctx.recall(part)
    return cast("dict[str, float]", kept) if isinstance(kept, dict) else {}


def _part(mailbox: Mailbox) -> str:
    return f"suppressed/{int(mailbox.digest[:2], 16) % PARTS}"
