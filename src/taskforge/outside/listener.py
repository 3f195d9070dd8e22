"""A small HTTP server for what is asked seldom and must always be answered: probes and metrics.

It reads the head of one request (h11), answers, and closes. Whoever is slow, says too much or holds
many connections harms nobody else: a head has few bytes, an exchange few seconds, and where all
places are taken the one who has been here longest goes.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Final, NamedTuple

import h11

from taskforge.log import get_logger

PLACES: Final = 32
"""Connections at once."""
EXCHANGE_SECONDS: Final = 5.0
HEAD_BYTES: Final = 8_192
READ_BYTES: Final = 4_096
LINGER_READS: Final = 64
BACKLOG: Final = 64
_METHODS: Final = (b"GET", b"HEAD")

log = get_logger(__name__)


class Reply(NamedTuple):
    """What is answered."""

    status: int
    body: bytes
    content_type: str
    headers: Mapping[str, str] = {}


Answer = Callable[[str, Mapping[str, str]], Awaitable[Reply]]
"""Answers a GET: the path without its query, and the headers, their names in lower case."""


class Listener:
    """Serves on the loop that it is opened on.

    Args:
        answer: what it serves; what it raises becomes a 500.
        seconds: that a connection may last.
    """

    def __init__(self, answer: Answer, *, seconds: float = EXCHANGE_SECONDS) -> None:
        self._answer = answer
        self._seconds = seconds
        self._server: asyncio.Server | None = None
        self._exchanges: dict[asyncio.Task[None], None] = {}

    async def open(self, host: str, port: int) -> int:
        """Begin to serve.

        Args:
            host: address to listen on.
            port: 0 picks a free one.

        Returns:
            The port.

        Raises:
            OSError: it cannot be listened on.
        """
        self._server = await asyncio.start_server(self._meet, host, port, backlog=BACKLOG)
        return self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop serving; exchanges that go on are cut off."""
        if self._server is not None:
            self._server.close()
        for task in self._exchanges:
            task.cancel()
        await asyncio.gather(*self._exchanges, return_exceptions=True)

    def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._exchanges) >= PLACES:
            longest = next(iter(self._exchanges))
            del self._exchanges[longest]  # it ends soon: the next one must find another
            longest.cancel()
        task = asyncio.get_running_loop().create_task(self._exchange(reader, writer))
        self._exchanges[task] = None

        def leave(done: asyncio.Task[None]) -> None:
            # Not the exchange's own work: of a burst some are sent away before they have begun.
            self._exchanges.pop(done, None)
            writer.transport.abort()  # nothing is left to say, or nobody listens

        task.add_done_callback(leave)

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_BYTES)
        try:
            async with asyncio.timeout(self._seconds):
                written = await self._answered(connection, reader)
                writer.write(written)
                await writer.drain()
                writer.write_eof()
                # What was said and not read would make the system cut the answer off.
                for _ in range(LINGER_READS):
                    if not await reader.read(READ_BYTES):
                        break
        except (OSError, TimeoutError):
            log.debug("probe.cut_off")

    async def _answered(self, connection: h11.Connection, reader: asyncio.StreamReader) -> bytes:
        """What is written back; nothing to a client that goes before it has asked."""
        try:
            request = await _read(connection, reader)
        except h11.RemoteProtocolError as error:
            return _written(connection, _plain(error.error_status_hint))
        if request is None:
            return b""
        reply = await self._reply(request)
        return _written(connection, reply, head_only=request.method == b"HEAD")

    async def _reply(self, request: h11.Request) -> Reply:
        if request.method not in _METHODS:
            return _plain(HTTPStatus.METHOD_NOT_ALLOWED, allow="GET, HEAD")
        path = request.target.decode("latin-1").partition("?")[0]
        headers = {name.decode(): value.decode("latin-1") for name, value in request.headers}
        try:
            return await self._answer(path, headers)
        except Exception:
            log.exception("probe.failed", path=path[:100])
            return _plain(HTTPStatus.INTERNAL_SERVER_ERROR)


async def _read(connection: h11.Connection, reader: asyncio.StreamReader) -> h11.Request | None:
    """The head of the request; None when the client goes before it has come.

    Raises:
        h11.RemoteProtocolError: it is not HTTP, or too long.
    """
    while True:
        event = connection.next_event()
        if isinstance(event, h11.Request):
            return event
        if event is not h11.NEED_DATA:
            return None
        connection.receive_data(await reader.read(READ_BYTES))


def _written(connection: h11.Connection, reply: Reply, *, head_only: bool = False) -> bytes:
    headers = {
        "Content-Type": reply.content_type,
        "Content-Length": str(len(reply.body)),
        "Cache-Control": "no-store",
        "Connection": "close",
        "X-Content-Type-Options": "nosniff",
        **reply.headers,
    }
    head = connection.send(h11.Response(status_code=reply.status, headers=list(headers.items())))
    body = None if head_only else connection.send(h11.Data(data=reply.body))
    return (head or b"") + (body or b"")


def _plain(status: int, **headers: str) -> Reply:
    return Reply(status, HTTPStatus(status).phrase.encode(), "text/plain", headers)
