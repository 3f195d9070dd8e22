"""Messages that the sink took in place of a mail server, and how they are read for people."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from email import policy
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from taskforge.core.plain import plain_text

MAX_MESSAGE_BYTES = 16 * 1024**2
"""10 MiB of attachments, encoded, and the rest of the message."""
HEADER_BYTES = 65_536
SUBJECT_LIMIT = 500
BODY_LIMIT = 262_144
"""Characters of a body that are shown."""
PARTS_LIMIT = 200
JOB_HEADER = "X-TaskForge-Job"

_BROKEN = (MessageError, LookupError, ValueError, RecursionError)
"""What the parser raises for messages that nobody should send; UnicodeError is a ValueError."""


class Caught(NamedTuple):
    """A message that came for one recipient."""

    sender: str
    recipient: str
    subject: str
    message_id: str
    job_id: UUID | None
    source: bytes


class MailItem(msgspec.Struct, frozen=True, kw_only=True):
    """A message in the list."""

    id: UUID
    at: datetime
    job_id: UUID | None
    """The job that sent it, as its header says."""
    sender: str
    recipient: str
    """Whom it came for; a message with copies is listed once for each."""
    subject: str
    message_id: str
    size_bytes: int


class MailHeader(msgspec.Struct, frozen=True, kw_only=True):
    """One header field, decoded."""

    name: str
    value: str


class MailAttachment(msgspec.Struct, frozen=True, kw_only=True):
    """A file that came with a message."""

    filename: str
    media_type: str
    size_bytes: int


class MailParts(msgspec.Struct, frozen=True, kw_only=True):
    """What a message consists of."""

    headers: list[MailHeader]
    text: str | None = None
    html: str | None = None
    """To be shown in a sandboxed frame, without scripts and without remote images."""
    attachments: list[MailAttachment] = []
    truncated: bool = False
    """Whether there is more than is shown, or the message is broken."""


def caught(sender: str, recipients: list[str], source: bytes) -> list[Caught]:
    """A message as it is kept: once for each recipient."""
    head = BytesHeaderParser(policy=policy.compat32).parsebytes(source[:HEADER_BYTES])
    subject = plain_text(_decoded(head.get("Subject")), SUBJECT_LIMIT)
    message_id = plain_text(_decoded(head.get("Message-ID")), SUBJECT_LIMIT)
    job_id = _uuid(_decoded(head.get(JOB_HEADER)))
    return [
        Caught(plain_text(sender, 320), plain_text(one, 320), subject, message_id, job_id, source)
        for one in recipients
    ]


def read_parts(source: bytes) -> MailParts:
    """Take a message apart, however broken it is; some milliseconds for each megabyte."""
    try:
        message = BytesParser(policy=policy.compat32).parsebytes(source)
        parts = list(_leaves(message))
    except _BROKEN:
        head = BytesHeaderParser(policy=policy.compat32).parsebytes(source[:HEADER_BYTES])
        return MailParts(headers=_headers(head), truncated=True)
    bodies: dict[str, str] = {}
    files: list[MailAttachment] = []
    for part in parts[:PARTS_LIMIT]:
        kind = part.get_content_type()
        if kind in ("text/plain", "text/html") and kind not in bodies and not _filename(part):
            bodies[kind] = _text(part)
        else:
            files.append(_file(part, kind))
    return MailParts(
        headers=_headers(message),
        text=_shown(bodies.get("text/plain")),
        html=_shown(bodies.get("text/html")),
        attachments=files,
        truncated=len(parts) > PARTS_LIMIT or any(len(b) > BODY_LIMIT for b in bodies.values()),
    )


def _headers(message: Message) -> list[MailHeader]:
    return [
        MailHeader(name=plain_text(name, 100), value=plain_text(_decoded(value), 2_000))
        for name, value in message.items()[:PARTS_LIMIT]
    ]


def _leaves(message: Message) -> Iterator[Message]:
    """The parts that hold something, in order; a message in a message is one of them."""
    for part in message.walk():
        if not part.is_multipart():
            yield part


def _text(part: Message) -> str:
    content = _content(part)
    try:
        return content.decode(part.get_content_charset("utf-8"), errors="replace")
    except _BROKEN:
        return content.decode("utf-8", errors="replace")


def _content(part: Message) -> bytes:
    payload: Any = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _file(part: Message, kind: str) -> MailAttachment:
    return MailAttachment(
        filename=plain_text(_filename(part) or "unnamed", 200),
        media_type=plain_text(kind, 100),
        size_bytes=len(_content(part)),
    )


def _filename(part: Message) -> str:
    try:
        return part.get_filename("")
    except _BROKEN:
        return "unreadable"


def _shown(body: str | None) -> str | None:
    return None if body is None else plain_text(body, BODY_LIMIT)


def _decoded(value: Any) -> str:
    """A header field as people read it: encoded words decoded, on one line."""
    text = str(value or "")
    with suppress(*_BROKEN):  # left as it stands, then
        text = str(make_header(decode_header(text)))
    return " ".join(text.split())


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
