"""Files that a job brings: an upload, or what an address leads to; put where the child can read."""

import asyncio
import re
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

from taskforge.core.failures import InvalidInput, RateLimited, TargetError
from taskforge.core.files import StoredFile
from taskforge.core.outbound import HttpFailed, HttpLimits, HttpReply
from taskforge.handlers.base import Context
from taskforge.handlers.data.dataset import Dataset, Source

MAX_BYTES = 20_000_000
"""Of what an address leads to: it is held in memory once."""
LIMITS = HttpLimits(total_seconds=120.0, body_bytes=MAX_BYTES, redirects=3)
DEFAULT_PATIENCE = 60.0
MAX_PATIENCE = 3_600.0

FORMATS = {
    "csv": "csv",
    "tsv": "tsv",
    "ndjson": "ndjson",
    "jsonl": "ndjson",
    "json": "json",
    "parquet": "parquet",
}
MEDIA_TYPES = {
    "text/csv": "csv",
    "text/tab-separated-values": "tsv",
    "application/x-ndjson": "ndjson",
    "application/ndjson": "ndjson",
    "application/jsonl": "ndjson",
    "application/json": "json",
    "application/vnd.apache.parquet": "parquet",
}


async def bring(dataset: Dataset, ctx: Context) -> StoredFile | None:
    """The file that a data set is in, its format as media type; None where the child finds it.

    Raises:
        InvalidInput: no such upload; nothing at the address, or something that is no table.
        BlockedByPolicy: an address that jobs may not reach.
        RateLimited: the host asks for patience.
        TargetError: it does not answer, or not well.
    """
    if not isinstance(dataset, Source):
        return None
    if isinstance(dataset.upload, UUID):
        return await ctx.open_upload(dataset.upload)
    if isinstance(dataset.url, str):
        return await _download(dataset.url, dataset.format or "", ctx)
    return None


async def _download(url: str, asked: str, ctx: Context) -> StoredFile:
    await ctx.progress(percent=0, stage="load", message="downloading")
    try:
        reply = await ctx.http.fetch(url, limits=LIMITS)
    except HttpFailed as error:
        if error.reason == "too_large":
            raise InvalidInput(
                f"The file has more than {MAX_BYTES // 1_000_000} MB; upload it instead."
            ) from error
        raise
    _refuse_status(reply)
    file_format = asked or _format(url, reply)
    path = ctx.workdir() / f"download.{file_format}"
    await asyncio.to_thread(path.write_bytes, reply.body)
    ctx.log("info", "file downloaded", bytes=len(reply.body), format=file_format)
    return StoredFile(
        path=path, name=_name(url), media_type=file_format, size_bytes=len(reply.body)
    )


def _refuse_status(reply: HttpReply) -> None:
    if reply.status == 429:
        raise RateLimited("The host asks for patience.", retry_after=_patience(reply))
    if reply.status in (401, 403, 404, 410):
        raise InvalidInput(f"There is no file for us at the address: status {reply.status}.")
    if reply.status != 200:
        raise TargetError(f"The host answered with status {reply.status}.")


def _patience(reply: HttpReply) -> float:
    asked = reply.header("retry-after") or ""
    return min(float(asked), MAX_PATIENCE) if re.fullmatch(r"\d{1,9}", asked) else DEFAULT_PATIENCE


def _format(url: str, reply: HttpReply) -> str:
    ending = Path(urlsplit(url).path).suffix.lower().removeprefix(".")
    media_type = (reply.header("content-type") or "").partition(";")[0].strip().lower()
    found = FORMATS.get(ending) or MEDIA_TYPES.get(media_type)
    if found is None:
        raise InvalidInput(
            "Neither the address nor the reply tells the file's format; say it in `format`."
        )
    return found


def _name(url: str) -> str:
    return Path(urlsplit(url).path).name[:100] or "the download"
