"""A webhook receiver on loopback: keeps what it gets, and answers as it is told."""

import asyncio
import ssl
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import NamedTuple

HANG = b"hang"
RESET = b"reset"
DRIP = b"drip"
"""An answer that comes byte by byte and never ends."""


def answer(status: int = 200, body: bytes = b"ok", **headers: str) -> bytes:
    """The bytes of an HTTP answer; `retry_after="30"` makes a header of that name."""
    lines = [f"HTTP/1.1 {status} Told", f"content-length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Call(NamedTuple):
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes


class Receiver:
    """What it got, by path; and what it says there: the last answer stays."""

    def __init__(self) -> None:
        self.calls: defaultdict[str, list[Call]] = defaultdict(list)
        self.says: defaultdict[str, list[bytes]] = defaultdict(lambda: [answer()])
        self.most_at_once: defaultdict[str, int] = defaultdict(int)
        self.delay = 0.0
        self.port = 0
        self._open: defaultdict[str, int] = defaultdict(int)
        self._writers: set[asyncio.StreamWriter] = set()

    def url(self, path: str = "/hook", scheme: str = "http") -> str:
        """Its address."""
        return f"{scheme}://127.0.0.1:{self.port}{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self._writers.add(writer)
        try:
            while True:
                call = await _read(reader)
                self.calls[call.path].append(call)
                self._open[call.path] += 1
                self.most_at_once[call.path] = max(
                    self.most_at_once[call.path], self._open[call.path]
                )
                try:
                    says = self.says[call.path]
                    word = says.pop(0) if len(says) > 1 else says[0]
                    if word == RESET:
                        writer.transport.abort()
                        return
                    if word == HANG:
                        await reader.read()  # until the other side gives up
                        return
                    while word == DRIP:
                        writer.write(b"H")
                        await writer.drain()
                        await asyncio.sleep(0.01)
                    await asyncio.sleep(self.delay)  # a receiver that works on what it gets
                    writer.write(word)
                    await writer.drain()
                finally:
                    self._open[call.path] -= 1
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    def hang_up(self) -> None:
        """Cut every connection."""
        for writer in self._writers:
            writer.transport.abort()


async def _read(reader: asyncio.StreamReader) -> Call:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = {
        name.lower(): value.strip()
        for name, _, value in (line.partition(":") for line in head[1:] if line)
    }
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Call(head[0].split(" ")[1], headers, body)


@asynccontextmanager
async def receiving(tls: ssl.SSLContext | None = None) -> AsyncGenerator[Receiver]:
    """A receiver that listens."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0, ssl=tls)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        receiver.hang_up()
