"""One request over one connection: to a checked address, and closed when its reply was read.

No connection is used twice, so no reply can be taken for another's, whatever a server sends behind
the end of the first (request smuggling, replies nobody asked for).
"""

import asyncio
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterable, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, NamedTuple

import httpcore
import httpx
from ssrfguard import Address, BlockedAddressError, BlockedURLError
from ssrfguard.httpx import AsyncSafeBackend

from taskforge.core.failures import BlockedByPolicy, InvalidInput
from taskforge.core.outbound import HEADER_LIMIT, HttpFailed, HttpLimits
from taskforge.outside.http.rules import REFUSED, Destination

READ_AT_ONCE = 65_536
"""Bytes that httpcore reads; so many of the body may come with the last header."""
FRAMING_FROM = 262_144
"""Bytes on the wire beyond those of the body that are nobody's concern."""

_closing: set["asyncio.Task[None]"] = set()


class Answer(NamedTuple):
    """A reply whose body is still to be read."""

    status: int
    headers: list[tuple[str, str]]
    """Names in lower case."""
    pieces: AsyncIterator[bytes]
    """The body as it is on the wire."""


@asynccontextmanager
async def over_the_wire(
    request: httpx.Request,
    destination: Destination,
    addresses: Sequence[Address],
    limits: HttpLimits,
    trust: ssl.SSLContext,
) -> AsyncGenerator[Answer]:
    """Send a request to one of the addresses; the connection ends with the block.

    Raises:
        BlockedByPolicy: the connection led somewhere else than to the address.
        HttpFailed: no reply, or none that can be read; also while the body is read.
        InvalidInput: a request that HTTP does not allow.
    """
    line = Line(destination, addresses)
    origin = httpcore.URL(
        scheme=request.url.raw_scheme, host=destination.host.encode("ascii"),
        port=destination.port, target=request.url.raw_path,
    )  # fmt: skip
    connection = httpcore.AsyncHTTPConnection(
        origin=origin.origin, ssl_context=trust, network_backend=line
    )
    times = {
        "connect": limits.connect_seconds,
        "read": limits.first_byte_seconds,
        "write": limits.first_byte_seconds,
    }
    try:
        with told():
            reply = await connection.handle_async_request(
                httpcore.Request(
                    request.method, origin, headers=request.headers.raw, content=request.content,
                    extensions={"timeout": times},
                )
            )  # fmt: skip
            line.allow(FRAMING_FROM)
            yield Answer(reply.status, headers_of(reply.headers), _body(reply, line))
    finally:
        await _close(line)


@asynccontextmanager
async def in_process(request: httpx.Request, app: Any) -> AsyncGenerator[Answer]:
    """Let an ASGI application of ours answer; no socket is opened."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    reply = await transport.handle_async_request(request)
    if not isinstance(reply.stream, httpx.AsyncByteStream):
        raise AssertionError("an ASGI application answers with a stream")
    yield Answer(reply.status_code, headers_of(reply.headers.raw), aiter(reply.stream))


def headers_of(raw: Iterable[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    """A header block as text.

    Raises:
        HttpFailed: it is larger than HEADER_LIMIT (`too_large`).
    """
    fields = list(raw)
    if sum(len(name) + len(value) + 4 for name, value in fields) > HEADER_LIMIT:
        raise _too_large()
    return [(name.decode("latin-1").lower(), _text(value)) for name, value in fields]


@contextmanager
def told() -> Generator[None]:
    """Turn what can go wrong on the way into one of a few classes (S-30.9).

    The cause is left out on purpose: its text, which a job's trace would show, names addresses.
    """
    try:
        yield
    except (BlockedAddressError, BlockedURLError):
        raise BlockedByPolicy(REFUSED) from None
    except (httpcore.TimeoutException, TimeoutError):
        raise HttpFailed("The target did not answer in time.", reason="timeout") from None
    except httpcore.LocalProtocolError:
        raise InvalidInput("This request cannot be put into HTTP.") from None
    except (httpcore.NetworkError, httpcore.ProtocolError, OSError, UnicodeError) as error:
        raise _failure(error) from None


class Line(httpcore.AsyncNetworkBackend):
    """How httpcore gets its one connection, guarded and metered.

    Args:
        destination: where to.
        addresses: of its host, as they were checked; nothing is looked up again.
    """

    def __init__(self, destination: Destination, addresses: Sequence[Address]) -> None:
        rows = [(a.family, 0, 0, "", a.sockaddr) for a in addresses]
        self._guarded = AsyncSafeBackend(policy=destination.policy, resolver=lambda *_: rows)
        self._tries = min(len(rows), destination.policy.max_connection_attempts)
        self._stream: _Metered | None = None

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address that answers; all of them share the time."""
        each = timeout and timeout / self._tries
        stream = await self._guarded.connect_tcp(host, port, each, local_address, socket_options)
        self._stream = _Metered(stream)
        return self._stream

    def allow(self, size: int) -> None:
        """Let so many further bytes in."""
        if self._stream:
            self._stream.left += size

    async def aclose(self) -> None:
        """Close the connection, if there is one."""
        if self._stream:
            await self._stream.aclose()


class _Metered(httpcore.AsyncNetworkStream):
    """A connection that lets no more in than it was told to: first a header block's worth.

    h11 bounds one header block. It does not bound how many interim replies (1xx) precede it.
    """

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream
        self._silent = True
        self.left = HEADER_LIMIT + READ_AT_ONCE

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = await self._stream.read(max_bytes, timeout)
        if self._silent and not data:
            raise httpcore.ReadError("closed without a word")
        self._silent = False
        self.left -= len(data)
        if self.left < 0:
            raise _too_large()
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.AsyncNetworkStream:
        self._stream = await self._stream.start_tls(ssl_context, server_hostname, timeout)
        return self

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


async def _body(reply: httpcore.Response, line: Line) -> AsyncGenerator[bytes]:
    """The body, which brings in as much again and a quarter: chunks of few bytes cost time."""
    async for piece in reply.aiter_stream():
        line.allow(len(piece) + len(piece) // 4)
        yield piece


async def _close(line: Line) -> None:
    # A task of its own: whoever is cancelled a second time leaves no half-closed socket behind.
    closing = asyncio.ensure_future(line.aclose())
    _closing.add(closing)
    closing.add_done_callback(_closing.discard)
    await asyncio.shield(closing)


def _too_large() -> HttpFailed:
    return HttpFailed("The reply is larger than it may be.", reason="too_large")


def _failure(error: BaseException) -> HttpFailed:
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLError):
            return HttpFailed("No trusted TLS connection came about.", reason="tls")
        seen = seen.__cause__ or seen.__context__
    if isinstance(error, httpcore.ConnectError):
        return HttpFailed("The target could not be reached.", reason="connect")
    if isinstance(error, httpcore.NetworkError):
        return HttpFailed("The connection to the target was lost.", reason="connect")
    return HttpFailed("The target broke off, or does not speak HTTP.", reason="protocol")


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
