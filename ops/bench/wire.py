"""A lean HTTP/1.1 client: the load must not cost more than the server that it measures."""

import asyncio
import statistics
import time
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec


class Answer(NamedTuple):
    """What came back."""

    status: int
    body: bytes

    def json(self) -> object:
        """The decoded body."""
        return msgspec.json.decode(self.body)


class Wire:
    """One keep-alive connection."""

    def __init__(self, url: str, headers: dict[str, str] | None = None) -> None:
        self._parts = urlsplit(url)
        self._headers = "".join(f"{k}: {v}\r\n" for k, v in (headers or {}).items())

    async def __aenter__(self) -> "Wire":
        """Connect."""
        host, port = self._parts.hostname or "127.0.0.1", self._parts.port or 80
        self._reader, self._writer = await asyncio.open_connection(host, port, limit=1 << 24)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close."""
        self._writer.close()

    def request(self, method: str, path: str, body: bytes = b"") -> bytes:
        """The bytes of a request, made once and sent often."""
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {self._parts.netloc}\r\n{self._headers}"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    async def send(self, request: bytes) -> Answer:
        """Send, and wait for the whole answer."""
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        status = int(head[9:12])
        lowered = head.lower()
        start = lowered.index(b"content-length:") + 15
        length = int(head[start : lowered.index(b"\r\n", start)])
        return Answer(status, await self._reader.readexactly(length))


class Load(NamedTuple):
    """What a load came to."""

    per_second: float
    p50_ms: float
    p99_ms: float


async def load(
    url: str,
    headers: dict[str, str],
    make: Callable[[Wire], bytes],
    *,
    connections: int,
    seconds: float,
    expect: int,
) -> Load:
    """Keep `connections` busy for `seconds`, each with one request at a time.

    Raises:
        AssertionError: an answer had another status than `expect`.
    """
    took: list[float] = []

    async def work(until: float) -> None:
        async with Wire(url, headers) as wire:
            request = make(wire)
            while (now := time.perf_counter()) < until:
                answer = await wire.send(request)
                assert answer.status == expect, (answer.status, answer.body[:500])
                took.append(time.perf_counter() - now)

    started = time.perf_counter()
    await asyncio.gather(*(work(started + seconds) for _ in range(connections)))
    return Load(len(took) / (time.perf_counter() - started), *quantiles(took))


def quantiles(seconds: list[float]) -> tuple[float, float]:
    """Median and 99th percentile in ms."""
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    return cuts[49] * 1000, cuts[98] * 1000
