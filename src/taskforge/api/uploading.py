"""The body of an upload as it arrives: the file itself, or a form with one file in it."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from email.message import Message
from typing import Any, NamedTuple

from litestar import Request
from litestar.exceptions import HTTPException, InternalServerException
from multipart import (  # pyright: ignore[reportMissingTypeStubs] - it is typed, and does not say
    MultipartError,
    MultipartSegment,
    ParserLimitReached,
    PushMultipartParser,
)

from taskforge.api.clients import header
from taskforge.core.errors import Malformed, TooLarge, Unsupported
from taskforge.core.files import MAX_UPLOAD_BYTES
from taskforge.flows.uploads import Offer, too_large

FORM_BYTES = 16_384
"""What a form may add to its file."""
SILENCE_SECONDS = 30.0
"""Longest time without a byte."""
LINGER_SECONDS = 5.0

_ONE_FILE = "The form must have one part, and that must be a file (curl -F file=@data.csv)."


class Incoming(NamedTuple):
    """A file on its way in."""

    offer: Offer
    chunks: AsyncIterator[bytes]


class Body:
    """The bytes of a request as they come; what cuts them off is told as what it is."""

    def __init__(self, request: Request[Any, Any, Any]) -> None:
        self._request = request
        self._ended = False

    async def chunks(self) -> AsyncGenerator[bytes]:
        """The next bytes, none of them empty.

        Raises:
            Malformed: they stop coming before all are here.
            TooLarge: more bytes than an upload may have.
        """
        parts, received = self._request.stream(), 0
        while True:
            part = await self._next(parts)
            if part is None:
                break
            received += len(part)
            if part:
                yield part
        if self._request.content_length not in (None, received):
            raise _cut_off()

    async def linger(self) -> None:
        """Take what is still coming: a client that sends before it listens hears why not, then."""
        left = MAX_UPLOAD_BYTES
        with suppress(Malformed, TooLarge, TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                parts = self._request.stream()
                while not self._ended and left > 0:
                    left -= len(await self._next(parts) or b"")

    async def _next(self, parts: AsyncGenerator[bytes]) -> bytes | None:
        ended, self._ended = self._ended, True
        if ended:
            return None
        try:
            async with asyncio.timeout(SILENCE_SECONDS):
                part = await anext(parts, None)
        except TimeoutError:
            raise Malformed("The body has stopped coming.", code="too_slow") from None
        except InternalServerException:  # Litestar's word for a client that has gone
            raise _cut_off() from None
        except HTTPException as error:
            raise (too_large() if error.status_code == 413 else error) from None
        # Litestar ends with an empty part; whoever waits after that waits for ever.
        self._ended = part in (None, b"")
        return part


async def open_upload(
    request: Request[Any, Any, Any], body: Body, filename: str | None
) -> Incoming:
    """What a request carries.

    Args:
        request: whose headers say what it is.
        body: of which nothing has been read.
        filename: goes before what headers say.

    Raises:
        Malformed: a form that cannot be read, or is not one file.
        Unsupported: a body that is packed.
        TooLarge: more bytes than an upload may have, as the length says.
    """
    scope = request.scope
    if (header(scope, b"content-encoding") or "identity").lower() != "identity":
        raise Unsupported("Send the file without a Content-Encoding.")
    media_type, options = request.content_type
    announced = request.content_length or 0
    form = media_type == "multipart/form-data"
    if announced > MAX_UPLOAD_BYTES + (FORM_BYTES if form else 0):
        raise too_large()
    if form:
        offer, content = await _open_form(options.get("boundary", ""), body.chunks())
        return Incoming(offer._replace(filename=filename or offer.filename), content)
    named = filename or _filename(header(scope, b"content-disposition"))
    return Incoming(Offer(named, media_type), body.chunks())


async def _open_form(boundary: str, body: AsyncIterator[bytes]) -> Incoming:
    events = _events(boundary, body)
    first = await anext(events, None)
    if not isinstance(first, MultipartSegment) or not first.filename:
        raise Malformed(_ONE_FILE, code="bad_form")
    offer = Offer(first.filename, first.content_type or "")
    return Incoming(offer, _content(events))


async def _content(events: AsyncIterator[MultipartSegment | bytes]) -> AsyncGenerator[bytes]:
    async for event in events:
        if isinstance(event, MultipartSegment):
            raise Malformed(_ONE_FILE, code="bad_form")
        yield event


async def _events(
    boundary: str, body: AsyncIterator[bytes]
) -> AsyncGenerator[MultipartSegment | bytes]:
    """The parts of a form (RFC 7578), each a segment and then its content."""
    try:
        with PushMultipartParser(boundary, max_segment_count=1, strict=True) as parser:
            async for chunk in body:
                for event in parser.parse(chunk):
                    if event is not None:
                        yield event
    except ParserLimitReached as error:
        raise Malformed(_ONE_FILE, code="bad_form") from error
    except MultipartError as error:
        raise Malformed(f"The form cannot be read: {error}.", code="bad_form") from error


def _filename(disposition: str | None) -> str:
    message = Message()
    message["Content-Disposition"] = disposition or ""
    return message.get_filename("")


def _cut_off() -> Malformed:
    return Malformed("The body was cut off.", code="cut_off")
