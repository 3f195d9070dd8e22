"""The result of an `email` job, kept within its size."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec

from taskforge.core.plain import plain_text
from taskforge.handlers.mail.ledger import Delivery, Status

MAX_BYTES = 240_000
PREVIEW_TEXT = 10_000
PREVIEW_HTML = 40_000
SINK_WARNING = (
    "Nothing left this machine: no mail server is set (SMTP_URL), and the messages are in the"
    " mailbox."
)
LEDGER = "deliveries.json"


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """The first recipient's message; its HTML is to be shown in a sandboxed frame alone."""

    sender: str = msgspec.field(name="from")
    to: str
    subject: str
    text: str
    html: str | None
    attachments: tuple[str, ...]


class Stats(msgspec.Struct, frozen=True, kw_only=True):
    """What the work cost."""

    elapsed_ms: int
    sent: int
    """Messages that this attempt handed over."""
    messages_per_second: float
    connections: int


class Result(msgspec.Struct, kw_only=True):
    """What a job gives back."""

    version: int = 1
    backend: str
    transport: str
    """`smtp`, or `sink`: nothing left the machine."""
    deliveries: list[Delivery]
    """In the order of the payload."""
    summary: dict[str, int]
    """How many recipients by status, and `total`."""
    preview: Preview
    warnings: list[str]
    stats: Stats


def summary_of(deliveries: Sequence[Delivery]) -> dict[str, int]:
    """How many recipients there are of each status, and in all."""
    counted = Counter(one.status for one in deliveries)
    return {**{status.value: counted[status] for status in Status}, "total": len(deliveries)}


def in_words(deliveries: Sequence[Delivery]) -> str:
    """Such as `2 accepted, 1 rejected`."""
    counts = summary_of(deliveries)
    parts = [f"{counts[status.value]} {status.value}" for status in Status if counts[status.value]]
    return ", ".join(parts) or "none"


def cut(preview: Preview) -> tuple[Preview, list[str]]:
    """The preview within its size, and a warning if something is left out."""
    text = plain_text(preview.text, PREVIEW_TEXT)
    html = None if preview.html is None else plain_text(preview.html, PREVIEW_HTML)
    is_short = len(preview.text) > PREVIEW_TEXT or len(preview.html or "") > PREVIEW_HTML
    warnings = ["The preview shows the beginning of the message only."] if is_short else []
    return msgspec.structs.replace(preview, text=text, html=html), warnings


def fit(result: Result) -> tuple[dict[str, Any], bool]:
    """The result as plain values of at most 240 kB, and whether records were left out of it.

    The server's answers to accepted messages go first, then the records of those messages.
    """
    if _size(result) > MAX_BYTES:
        result.warnings.append(
            "The servers' answers to accepted messages are left out for want of room."
        )
        result.deliveries = [
            msgspec.structs.replace(one, message="") if one.status is Status.ACCEPTED else one
            for one in result.deliveries
        ]
    had = len(result.deliveries)
    if _size(result) > MAX_BYTES:
        others = [one for one in result.deliveries if one.status is not Status.ACCEPTED]
        accepted = [one for one in result.deliveries if one.status is Status.ACCEPTED]
        result.deliveries = [*others, *accepted]
        while result.deliveries and _size(result) > MAX_BYTES:
            del result.deliveries[-max(len(result.deliveries) // 10, 1) :]
        result.warnings.append(
            f"Only {len(result.deliveries)} of {had} recipients are listed; {LEDGER} has all."
        )
    return msgspec.to_builtins(result), len(result.deliveries) < had


def _size(result: Result) -> int:
    return len(msgspec.json.encode(result))
