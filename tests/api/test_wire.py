"""What comes over a raw socket: half requests, forged ones, slow ones. A real server answers."""

import asyncio
import re
import time
from collections.abc import AsyncIterator

import httpx
import msgspec
import pytest

from tests.api.live.conftest import LiveServer, api_process

IMPATIENT = """
from taskforge.api import patience, server
patience.GRACE_SECONDS = 1.0
server.HEADER_SECONDS = 1
"""
CROWD = 200
HOST = b"Host: api.example.com\r\n"
END = b"Connection: close\r\n\r\n"
JSON = b"POST /api/v1/auth/login HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"
CHUNKED = JSON + b"Transfer-Encoding: chunked\r\n"


@pytest.fixture(scope="module")
async def server(process_environment: dict[str, str]) -> AsyncIterator[LiveServer]:
    environment = process_environment | {"ALLOWED_HOSTS": "api.example.com, 127.0.0.1"}
    async with api_process(environment, first=IMPATIENT) as server:
        yield server


class Wire:
    """A connection on which we say what we like."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def said(self) -> bytes:
        """All that comes until the server hangs up."""
        async with asyncio.timeout(20):
            try:
                return await self.reader.read()
            except ConnectionResetError:
                return b""
            finally:
                self.writer.close()


async def wire(server: LiveServer, text: bytes) -> Wire:
    host, _, port = server.url.removeprefix("http://").partition(":")
    opened = Wire(*await asyncio.open_connection(host, int(port)))
    opened.writer.write(text)
    await opened.writer.drain()
    return opened


async def ask(server: LiveServer, text: bytes) -> tuple[int, str]:
    """The status of the only answer, and the code of its problem, if it is one."""
    said = await (await wire(server, text)).said()
    status = re.match(rb"HTTP/1\.[01] (\d+)", said)
    _, _, body = said.partition(b"\r\n\r\n")
    problem = b"application/problem+json" in said
    code = msgspec.json.decode(body)["code"] if problem else ""
    return int(status[1]) if status else 0, code


REQUESTS = {
    "HTTP/1.0": (200, "", b"GET /health/live HTTP/1.0\r\n\r\n"),
    "HTTP/1.0 without a host": (421, "misdirected", b"GET / HTTP/1.0\r\n\r\n"),
    "another host": (421, "misdirected", b"GET / HTTP/1.1\r\nHost: evil.test\r\n" + END),
    "another host, forwarded": (
        421,
        "misdirected",
        b"GET / HTTP/1.1\r\nHost: evil.test\r\nX-Forwarded-Host: api.example.com\r\n" + END,
    ),
    "two hosts": (400, "unclear_host", b"GET / HTTP/1.1\r\n" + HOST + HOST + END),
    "another host in the target": (200, "", b"GET http://evil.test/ HTTP/1.1\r\n" + HOST + END),
    "no HTTP at all": (400, "", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n"),
    "a method that cannot be": (400, "", b"G@T / HTTP/1.1\r\n" + HOST + END),
    "a method in lower case": (405, "method_not_allowed", b"get / HTTP/1.1\r\n" + HOST + END),
    "a tunnel": (405, "method_not_allowed", b"CONNECT evil.test:443 HTTP/1.1\r\n" + HOST + END),
    "NUL in the path": (400, "", b"GET /\x00 HTTP/1.1\r\n" + HOST + END),
    "NUL in the path, encoded": (404, "not_found", b"GET /%00 HTTP/1.1\r\n" + HOST + END),
    "half an escape": (404, "not_found", b"GET /%f HTTP/1.1\r\n" + HOST + END),
    "up and out": (404, "not_found", b"GET /../../etc/passwd HTTP/1.1\r\n" + HOST + END),
    "70,000 bytes of path": (414, "", b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n" + HOST + END),
    "200 headers": (431, "", b"GET / HTTP/1.1\r\n" + HOST + b"X: y\r\n" * 200 + END),
    "a folded header": (400, "", b"GET / HTTP/1.1\r\n" + HOST + b"X: a\r\n b\r\n" + END),
    "a bare CR": (400, "", b"GET / HTTP/1.1\r\n" + HOST + b"X: a\rb: c\r\n" + END),
    "no upgrade": (426, "upgrade_required", b"GET /ws HTTP/1.1\r\n" + HOST + END),
    "a body too long, as it says": (
        413,
        "too_large",
        JSON + b"Content-Length: 99999999999999\r\n\r\n{",
    ),
    "a body too long, in chunks": (
        413,
        "too_large",
        CHUNKED + b"\r\n" + b"2000\r\n" + b"x" * 0x2000 + b"\r\n",
    ),
    "two lengths": (400, "", JSON + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
    "a length below nothing": (400, "", JSON + b"Content-Length: -2\r\n\r\n{}"),
    "another coding": (
        400,
        "unclear_length",
        JSON + b"Transfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    ),
    "chunks that are none": (400, "cut_off", CHUNKED + b"\r\nzz\r\n{}\r\n0\r\n\r\n"),
    "a body that stops": (400, "too_slow", JSON + b"Content-Length: 50\r\n\r\n{"),
    "a body that was announced": (
        400,
        "too_slow",
        JSON + b"Content-Length: 50\r\nExpect: 100-continue\r\n\r\n",
    ),
}


@pytest.mark.parametrize(("status", "code", "text"), REQUESTS.values(), ids=REQUESTS)
async def test_a_strange_request_is_answered_and_hurts_nobody(
    server: LiveServer, status: int, code: str, text: bytes
):
    if b"100-continue" in text:
        said = await (await wire(server, text)).said()
        assert said.startswith(b"HTTP/1.1 100")
        assert f'"code":"{code}"'.encode() in said
    else:
        assert await ask(server, text) == (status, code)
    assert await ask(server, b"GET /health/live HTTP/1.1\r\n" + HOST + END) == (200, "")


async def test_requests_in_one_go_are_answered_in_order(server: LiveServer):
    one = b"GET %s HTTP/1.1\r\n" + HOST
    text = one % b"/health/live" + b"\r\n" + one % b"/nowhere" + b"\r\n" + one % b"/" + END

    said = await (await wire(server, text)).said()

    assert re.findall(rb"HTTP/1\.1 (\d+)", said) == [b"200", b"404", b"200"]


async def test_head_ends_where_get_would_go_on_for_ever(
    server: LiveServer, viewer: httpx.AsyncClient
):
    token = viewer.headers["authorization"].encode()
    head = b"HEAD /api/v1/events HTTP/1.1\r\nAuthorization: " + token + b"\r\n"

    said = await (await wire(server, head + HOST + END)).said()

    assert said.startswith(b"HTTP/1.1 200")
    assert said.endswith(b"\r\n\r\n")


async def test_a_body_that_drips_is_cut_off_although_it_never_stops(server: LiveServer):
    drip = await wire(server, JSON + b"Content-Length: 1000\r\n\r\n")
    said = asyncio.create_task(drip.said())
    started = time.monotonic()
    while not said.done() and time.monotonic() - started < 15:
        if not drip.writer.is_closing():
            drip.writer.write(b" ")
        await asyncio.wait({said}, timeout=0.1)

    assert b'"code":"too_slow"' in await said


@pytest.mark.parametrize(
    "text",
    [b"", b"GET /health/live HTT", b"GET /health/live HTTP/1.1\r\nHost: a\r\nX-Slow"],
    ids=["silent", "half a line", "half a head"],
)
async def test_half_open_connections_stop_nobody_and_are_closed(server: LiveServer, text: bytes):
    crowd = await asyncio.gather(*(wire(server, text) for _ in range(CROWD)))

    answer = await ask(server, b"GET /health/live HTTP/1.1\r\n" + HOST + END)
    said = await asyncio.gather(*(one.said() for one in crowd))

    assert answer == (200, "")
    assert set(said) == {b""}
