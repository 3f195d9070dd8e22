"""A stored file as an answer: read in pieces, never rendered by a browser (S-41)."""

import asyncio
import os
from pathlib import Path
from typing import Any, BinaryIO

from litestar.response.base import ASGIResponse
from litestar.types import Receive, Send

from taskforge.api.ranges import Span, is_known, span_of
from taskforge.core.history import ArtifactRecord
from taskforge.log import get_logger

PIECE = 262_144
STALL_SECONDS = 60.0
"""A client that takes nothing for so long has gone."""

CSP = "sandbox; default-src 'none'"
_INERT = frozenset(
    {
        "application/json",
        "application/sarif+json",
        "application/x-ndjson",
        "application/vnd.apache.parquet",
        "application/zip",
        "application/gzip",
        "image/png",
        "image/jpeg",
        "text/csv",
        "text/tab-separated-values",
    }
)
"""Media types that no browser runs anything of."""

log = get_logger(__name__)


def open_file(path: Path, size: int) -> BinaryIO | None:
    """A stored file; None when it is missing, cannot be read or has another size. Blocks."""
    try:
        file = path.open("rb")
    except OSError:
        return None
    if os.fstat(file.fileno()).st_size == size:
        return file
    file.close()
    return None


def answer(scope: Any, file: BinaryIO, record: ArtifactRecord) -> ASGIResponse:
    """The answer to a GET or HEAD request for a file.

    Args:
        scope: of the request.
        file: open; the answer closes it.
        record: what is known of it.

    Raises:
        OutOfRange: a range beyond its end was asked for.
    """
    try:
        return _answer(scope, file, record)
    except BaseException:
        file.close()
        raise


def _answer(scope: Any, file: BinaryIO, record: ArtifactRecord) -> ASGIResponse:
    tag = f'"{record.sha256}"'
    headers = {
        "etag": tag,
        "cache-control": "private, no-cache",
        "accept-ranges": "bytes",
        "content-security-policy": CSP,
    }
    if is_known(scope, tag):
        file.close()
        return ASGIResponse(status_code=304, headers=headers)
    get = not scope["state"].get("head_only")
    span = span_of(scope, tag, record.size_bytes) if get else Span(0, record.size_bytes, False)
    headers |= {
        "content-disposition": f'attachment; filename="{record.name}"',
        "content-type": _served_as(record.media_type),
        "content-length": str(span.length),
    }
    if span.partial:
        headers["content-range"] = span.content_range(record.size_bytes)
    if not get:
        file.close()
        return ASGIResponse(headers=headers, is_head_response=True)
    return FileResponse(file, span, headers)


class FileResponse(ASGIResponse):
    """Sends a part of a file, as fast as the client takes it."""

    _should_set_content_length = False

    def __init__(self, file: BinaryIO, span: Span, headers: dict[str, str]) -> None:
        super().__init__(status_code=206 if span.partial else 200, headers=headers)
        self._file = file
        self._span = span

    async def send_body(self, send: Send, receive: Receive) -> None:
        """Send it, unless the client goes away first."""
        gone = asyncio.create_task(_gone(receive))
        try:
            with self._file:
                await self._send(send, gone)
        finally:
            gone.cancel()

    async def _send(self, send: Send, gone: asyncio.Task[None]) -> None:
        left = self._span.length
        await asyncio.to_thread(self._file.seek, self._span.start)
        while not gone.done():
            piece = await asyncio.to_thread(self._file.read, min(PIECE, left))
            left -= len(piece)
            if left and not piece:
                raise OSError("a stored file has shrunk while it was read")
            async with asyncio.timeout(STALL_SECONDS):
                await send({"type": "http.response.body", "body": piece, "more_body": left > 0})
            if not left:
                return


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _served_as(media_type: str) -> str:
    plain = media_type.partition(";")[0].strip()
    if plain in _INERT:
        return media_type
    return "text/plain; charset=utf-8" if plain.startswith("text/") else "application/octet-stream"
