"""A WebSocket client that may do everything wrong: it writes bytes and reads frames (RFC 6455)."""

import asyncio
import base64
import os
import struct
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
MASK = b"\x00\x00\x00\x00"


class Heard(NamedTuple):
    """One frame of the server."""

    opcode: int
    payload: bytes


def frame(
    opcode: int,
    payload: bytes = b"",
    *,
    fin: bool = True,
    masked: bool = True,
    reserved: int = 0,
    length: int | None = None,
) -> bytes:
    """A frame of a client; `length` is what it claims to be long."""
    size = len(payload) if length is None else length
    head = bytes([fin << 7 | reserved << 4 | opcode])
    if size < 126:
        head += bytes([masked << 7 | size])
    elif size < 1 << 16:
        head += bytes([masked << 7 | 126]) + struct.pack(">H", size)
    else:
        head += bytes([masked << 7 | 127]) + struct.pack(">Q", size)
    return head + (MASK if masked else b"") + payload


def handshake(path: str, *headers: str, method: str = "GET", version: str = "13") -> bytes:
    """The opening of a socket; `headers` come after the usual ones."""
    lines = [
        f"{method} {path} HTTP/1.1", "Host: here", "Connection: Upgrade", "Upgrade: websocket",
        f"Sec-WebSocket-Version: {version}",
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}", *headers,
    ]  # fmt: skip
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"


class RawSocket:
    """A connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, *data: bytes) -> None:
        """Write, as long as the server takes it."""
        with suppress(ConnectionError):
            for piece in data:
                self._writer.write(piece)
                await self._writer.drain()

    async def answer(self) -> bytes:
        """The head of the answer to a handshake; empty when the server hung up."""
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            async with asyncio.timeout(15):
                return await self._reader.readuntil(b"\r\n\r\n")
        return b""

    async def read_until(self, end: bytes) -> bytes:
        """What comes up to these bytes; less when the server hung up before."""
        try:
            async with asyncio.timeout(15):
                return await self._reader.readuntil(end)
        except asyncio.IncompleteReadError as error:
            return error.partial

    async def rest(self) -> int:
        """How many bytes come until the server hangs up."""
        size = 0
        async with asyncio.timeout(15):
            with suppress(ConnectionError):
                while piece := await self._reader.read(1 << 16):
                    size += len(piece)
        return size

    async def hear(self) -> Heard | None:
        """The next frame; None when the server hung up."""
        try:
            async with asyncio.timeout(15):
                opcode, size = await self._reader.readexactly(2)
                if size == 126:
                    (size,) = struct.unpack(">H", await self._reader.readexactly(2))
                elif size == 127:
                    (size,) = struct.unpack(">Q", await self._reader.readexactly(8))
                return Heard(opcode & 15, await self._reader.readexactly(size))
        except (asyncio.IncompleteReadError, ConnectionError):
            return None

    async def until(self, opcode: int) -> Heard | None:
        """The next frame of this kind; None when the server hung up before it."""
        while (heard := await self.hear()) is not None and heard.opcode != opcode:
            pass
        return heard

    def half_close(self) -> None:
        """Say that nothing more will be said."""
        with suppress(OSError):  # the server was quicker
            self._writer.write_eof()

    def close(self) -> None:
        self._writer.transport.abort()


@asynccontextmanager
async def connected(port: int):
    """A TCP connection to this machine."""
    raw = RawSocket(*await asyncio.open_connection("127.0.0.1", port))
    try:
        yield raw
    finally:
        raw.close()


@asynccontextmanager
async def opened(port: int, path: str):
    """A socket past its handshake and its first message."""
    async with connected(port) as raw:
        await raw.send(handshake(path))
        assert (await raw.answer()).startswith(b"HTTP/1.1 101")
        assert await raw.until(TEXT)
        yield raw
