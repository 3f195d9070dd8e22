"""A web server on loopback that answers exactly what a test says, however wrong it is."""

import asyncio
import contextlib
import gzip
import socket
import ssl
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

OK = b"HTTP/1.1 200 OK\r\n"

Deed = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class FaultyWeb:
    """What stands at which path, and what was asked."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.pages: dict[str, bytes | Deed] = {}
        self.heads: list[str] = []
        self.connections = 0
        self.left = asyncio.Event()
        """A client has closed its end while it was being answered."""

    def page(self, path: str, body: bytes = b"", status: str = "200 OK", **headers: str) -> None:
        """Put a well-formed answer at a path."""
        fields = {"content-length": str(len(body)), **headers}
        lines = "".join(f"{name.replace('_', '-')}: {v}\r\n" for name, v in fields.items())
        self.pages[path] = f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body

    def redirect(self, path: str, location: str, status: str = "302 Found") -> None:
        self.page(path, b"gone on", status, location=location)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.heads.append(head)
            answer = self.pages.get(
                head.split()[1], b"HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n"
            )
            if callable(answer):
                await answer(reader, writer)
            else:
                writer.write(answer)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            self.left.set()
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


@asynccontextmanager
async def faulty_web(tls: ssl.SSLContext | None = None) -> AsyncIterator[FaultyWeb]:
    """Serve on a free port of 127.0.0.1."""
    web = FaultyWeb(0)
    server = await asyncio.start_server(web.serve, "127.0.0.1", 0, ssl=tls)
    web.port = server.sockets[0].getsockname()[1]
    async with server:
        yield web


class Canary:
    """A listener on every address of this machine that nobody may reach."""

    def __init__(self) -> None:
        self.visits = 0
        self._socket = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
        self.port: int = self._socket.getsockname()[1]
        self._server: asyncio.Server | None = None

    def _visited(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.visits += 1
        writer.close()

    async def __aenter__(self) -> "Canary":
        self._server = await asyncio.start_server(self._visited, sock=self._socket)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server
        self._server.close()


def rows(*addresses: str, port: int = 0) -> list[tuple[int, int, int, str, tuple[object, ...]]]:
    """An answer of `getaddrinfo`."""
    return [
        (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, port, 0, 0))
        if ":" in address
        else (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
        for address in addresses
    ]


def zeros(mebibytes: int) -> bytes:
    """A gzip stream of so many MiB of zeros, a thousandth of their size; made at once."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return gzip.compress(b"")[:10] + block * mebibytes


def drip(*first: bytes, then: bytes, every: float = 0.0, times: int | None = None) -> Deed:
    """Sends `first`, then the same piece over and over until the client has gone."""

    async def deed(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for piece in first:
            writer.write(piece)
        left = times
        while left is None or left:
            writer.write(then)
            await writer.drain()
            await asyncio.sleep(every)
            left = left and left - 1

    return deed


async def arrived(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - the kernel knows, and tells nobody
            await asyncio.sleep(0.01)
