"""A refusal arrives although the client is still sending (RFC 9112, 9.6)."""

import asyncio

import pytest

from tests.api.live.conftest import api_process

REQUEST = (
    "POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{}\r\n\r\n"
)
CHUNK = b"x" * 65_536


async def answer_to(port, head, parts):
    """The first line that comes back to a body that is sent before anything is read."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(REQUEST.format(head).encode())
    for part in parts:
        writer.write(part)
        await writer.drain()
    async with asyncio.timeout(20):
        line = await reader.readline()
    writer.close()
    return line.decode().strip()


@pytest.fixture
async def port(process_environment):
    async with api_process(process_environment) as api:
        yield int(api.url.rpartition(":")[2])


async def test_a_client_that_sends_before_it_listens_gets_the_refusal(port):
    of_known_length = await answer_to(port, f"Content-Length: {16 * len(CHUNK)}", [CHUNK] * 16)
    chunk = b"%x\r\n%b\r\n" % (len(CHUNK), CHUNK)
    chunked = await answer_to(port, "Transfer-Encoding: chunked", [*[chunk] * 16, b"0\r\n\r\n"])

    assert of_known_length.startswith("HTTP/1.1 413")
    assert chunked.startswith("HTTP/1.1 413")


async def test_a_client_that_never_sends_the_rest_gets_the_refusal_too(port):
    line = await answer_to(port, f"Content-Length: {16 * len(CHUNK)}", [CHUNK])

    assert line.startswith("HTTP/1.1 413")
