"""Files that go with a message: read once for a job, checked, and encoded once."""

import asyncio
import re
from collections.abc import Sequence
from email import policy
from email.message import EmailMessage
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from uuid import UUID

from taskforge.core.failures import InvalidInput
from taskforge.core.files import StoredFile
from taskforge.handlers.base import Context
from taskforge.handlers.mail.payload import Attachment

MAX_BYTES = 10 * 1024**2
MAX_TRAFFIC = 256 * 1024**2
"""Bytes of attachments that one job may send, all recipients together."""

TYPES = {
    "text/plain": ".txt",
    "text/csv": ".csv",
    "text/tab-separated-values": ".tsv",
    "text/markdown": ".md",
    "application/json": ".json",
    "application/x-ndjson": ".ndjson",
    "application/sarif+json": ".sarif",
    "application/pdf": ".pdf",
    "application/vnd.apache.parquet": ".parquet",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/gif": ".gif",
    "image/webp": ".webp",
}
"""What may be attached, with the ending that its name gets."""
FORMATS = {
    "text": "text/plain",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "json": "application/json",
    "ndjson": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
}
"""Formats of uploads."""

_UNFIT = re.compile(r"[^A-Za-z0-9 ._()-]+")


class Encoded(NamedTuple):
    """A file as a part of a message."""

    name: str
    media_type: str
    size_bytes: int
    part: bytes
    """Header and body, lines ended by CR LF."""


async def read_attachments(ctx: Context, wanted: Sequence[Attachment]) -> list[Encoded]:
    """Fetch the files of a job.

    Raises:
        InvalidInput: one is missing, of a kind that is not sent, or they are too large.
    """
    files = [await _open(ctx, one) for one in wanted]
    size = sum(file.size_bytes for file in files)
    if size > MAX_BYTES:
        raise InvalidInput(
            f"The attachments have {size:,} bytes; a message carries at most {MAX_BYTES:,}."
        )
    return [
        await asyncio.to_thread(_encode, file.path, *named(file.name, file.media_type))
        for file in files
    ]


def check_traffic(attachments: Sequence[Encoded], recipients: int) -> None:
    """Refuse to send large files to very many.

    Raises:
        InvalidInput: more than 256 MiB in all.
    """
    total = sum(len(one.part) for one in attachments) * recipients
    if total > MAX_TRAFFIC:
        raise InvalidInput(
            f"The attachments would be sent {recipients} times, {total >> 20:,} MiB in all; at most"
            f" {MAX_TRAFFIC >> 20} MiB: send a link, or split the job."
        )


def named(name: str, media_type: str) -> tuple[str, str]:
    """A file's name as a reader may see it, ending as its type does, and its type.

    Raises:
        InvalidInput: the type is not one that is sent.
    """
    kind = FORMATS.get(media_type, media_type.partition(";")[0].strip().lower())
    ending = TYPES.get(kind)
    if ending is None:
        raise InvalidInput(
            f"{name[:100]!r} cannot be attached: {kind} is not sent by mail; allowed are"
            f" {', '.join(sorted(TYPES))}."
        )
    plain = _UNFIT.sub("_", PurePosixPath(name.replace("\\", "/")).name).strip(" .")[:80]
    if not plain.lower().endswith(ending):
        plain = f"{plain or 'attachment'}{ending}"
    return plain, kind


async def _open(ctx: Context, wanted: Attachment) -> StoredFile:
    if isinstance(wanted.upload, UUID):
        return await ctx.open_upload(wanted.upload)
    if isinstance(wanted.job_id, UUID) and isinstance(wanted.artifact, str):
        return await ctx.open_artifact(wanted.job_id, wanted.artifact)
    raise InvalidInput("An attachment names neither an upload nor an artifact.")


def _encode(path: Path, name: str, media_type: str) -> Encoded:
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise InvalidInput(f"{name!r} has grown beyond {MAX_BYTES:,} bytes.")
    main, _, sub = media_type.partition("/")
    part = EmailMessage(policy=policy.SMTP)
    part.set_content(content, maintype=main, subtype=sub, filename=name)
    del part["MIME-Version"]
    return Encoded(name, media_type, len(content), part.as_bytes())
