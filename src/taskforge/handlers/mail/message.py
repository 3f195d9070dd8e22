"""A message for one recipient, as it goes over the wire.

Header fields are parsed, encoded and folded by the standard library's SMTP policy, which refuses
line breaks in them. The bodies are put together from bytes: `EmailMessage` takes 2 ms to do the
same for a message of two parts, and would encode megabytes of files anew for each recipient.
"""

import re
from binascii import b2a_qp
from collections.abc import Mapping, Sequence
from datetime import datetime
from email import policy
from email.headerregistry import Address
from email.utils import format_datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from taskforge.handlers.mail.address import Mailbox
from taskforge.handlers.mail.attachments import Encoded
from taskforge.handlers.mail.rendering import Bodies

JOB_HEADER = "X-TaskForge-Job"
LINE_LIMIT = 900
"""Bytes of a line that is sent as it is; SMTP takes 998."""

_PLAIN = re.compile(r"[!-<>-~]([ -<>-~]{0,58}[!-<>-~])?")
"""Short and printable ASCII, and no `=`, with which encoded words begin."""
_WORDS = re.compile(r"([A-Za-z0-9]+( [A-Za-z0-9]+)*)?")
_POLICY: Any = policy.SMTP
_PRIORITIES = {"high": ("1", "high"), "low": ("5", "low")}


class Letter(NamedTuple):
    """What a message is made of, beside its bodies."""

    job_id: UUID
    sender: Mailbox
    to: Mailbox
    cc: tuple[Mailbox, ...]
    reply_to: Mailbox | None
    subject: str
    headers: Mapping[str, str]
    priority: str
    unsubscribe: str | None
    """An https address, for one click (RFC 8058)."""


def message_id(job_id: UUID, sender: Mailbox, to: Mailbox) -> str:
    """The same for each attempt of a job to write to a recipient, so that a repeat can be told."""
    return f"<{job_id}.{to.digest}@{sender.email.rpartition('@')[2]}>"


def compose(letter: Letter, bodies: Bodies, files: Sequence[Encoded], at: datetime) -> bytes:
    """The message: header, text, HTML where there is one, and files; all of it ASCII.

    Args:
        letter: of this recipient.
        bodies: of this recipient.
        files: encoded for all messages of the job alike, and put in as they are.
        at: for `Date`.

    Raises:
        ValueError: a header field with a line break.
    """
    body = _text("plain", bodies.text)
    if bodies.html is not None:
        body = _multipart("alternative", [body, _text("html", bodies.html)])
    if files:
        body = _multipart("mixed", [body, *(one.part for one in files)])
    return b"".join([*_fields(letter), _plain_fields(letter, at), body])


def _fields(letter: Letter) -> list[bytes]:
    fields: list[tuple[str, str | tuple[Mailbox, ...]]] = [
        ("From", (letter.sender,)),
        ("To", (letter.to,)),
        ("Subject", letter.subject),
    ]
    if letter.cc:
        fields.append(("Cc", letter.cc))
    if letter.reply_to:
        fields.append(("Reply-To", (letter.reply_to,)))
    if letter.priority in _PRIORITIES:
        number, word = _PRIORITIES[letter.priority]
        fields += [("X-Priority", number), ("Importance", word)]
    return [_field(name, value) for name, value in [*fields, *letter.headers.items()]]


@lru_cache(maxsize=256)
def _field(name: str, value: str | tuple[Mailbox, ...]) -> bytes:
    """A field, encoded and folded; most are the same for all messages of a job."""
    written = value if isinstance(value, str) else _plain_address(value)
    if written is not None and _PLAIN.fullmatch(written):
        return f"{name}: {written}\r\n".encode("ascii")  # as the policy would have it, at once
    given: Any = value
    if not isinstance(value, str):
        given = [Address(display_name=one.name, addr_spec=one.email) for one in value]
    return _POLICY.fold_binary(*_POLICY.header_store_parse(name, given))


def _plain_address(mailboxes: tuple[Mailbox, ...]) -> str | None:
    """One address whose name needs no quotes; None for any other."""
    (first, *others) = mailboxes
    if others or not _WORDS.fullmatch(first.name):
        return None
    return f"{first.name} <{first.email}>" if first.name else first.email


def _plain_fields(letter: Letter, at: datetime) -> bytes:
    """Fields of plain ASCII that must not be folded: readers differ in how they put them back."""
    fields = [
        f"Date: {format_datetime(at)}",
        f"Message-ID: {message_id(letter.job_id, letter.sender, letter.to)}",
        f"{JOB_HEADER}: {letter.job_id}",
        "MIME-Version: 1.0",
    ]
    if letter.unsubscribe:
        fields += [
            f"List-Unsubscribe: <{letter.unsubscribe}>",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        ]
    return "\r\n".join([*fields, ""]).encode("ascii")


def _text(kind: str, text: str) -> bytes:
    """A part with text: as it is where that is ASCII in lines, in quoted-printable otherwise."""
    lines = text.splitlines()
    encoding, content = "7bit", "\r\n".join([*lines, ""]).encode(errors="replace")
    if not content.isascii() or b"\0" in content or max(map(len, lines), default=0) > LINE_LIMIT:
        encoding, content = "quoted-printable", b2a_qp(content, istext=True)
    head = f'Content-Type: text/{kind}; charset="utf-8"\r\nContent-Transfer-Encoding: {encoding}'
    return b"\r\n\r\n".join([head.encode("ascii"), content])


def _multipart(kind: str, parts: Sequence[bytes]) -> bytes:
    # The boundary cannot stand in a part: nobody knew it when the parts were written.
    boundary = f"=_{uuid4().hex}"
    head = f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'
    start, end = f"--{boundary}\r\n", f"--{boundary}--\r\n"
    pieces = [piece for part in parts for piece in (start.encode(), part, b"\r\n")]
    return b"".join([head.encode(), *pieces, end.encode()])
