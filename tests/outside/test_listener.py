"""The listener for probes answers, whatever else comes its way."""

import asyncio
import socket
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
import pytest

from support.rawsocket import connected
from taskforge.outside.listener import HEAD_BYTES, PLACES, Listener, Reply

SOON = 10.0


async def answer(path, headers):
    if path == "/broken":
        raise RuntimeError("secret")
    if path == "/large":
        return Reply(200, b"x" * 20_000_000, "text/plain")
    return Reply(200, f"{path} {headers.get('x-name')}".encode(), "text/plain")


@asynccontextmanager
async def listening(**options):
    listener = Listener(answer, **options)
    port = await listener.open("127.0.0.1", 0)
    try:
        yield port
    finally:
        await listener.close()


@pytest.fixture
async def port():
    async with listening() as port:
        yield port


async def get(port, path="/health", method="GET", **headers):
    async with httpx.AsyncClient(timeout=SOON, trust_env=False) as client:
        return await client.request(method, f"http://127.0.0.1:{port}{path}", headers=headers)


async def said(port, *data):
    """All that is answered to these bytes, until the connection ends."""
    async with connected(port) as raw:
        await raw.send(*data)
        return await raw.read_until(b"nothing ends so")


async def test_a_request_is_answered_without_its_query_and_with_its_headers(port):
    told = await get(port, "/health?secret=1", **{"X-Name": "ann"})

    assert (told.status_code, told.text) == (200, "/health ann")
    assert told.headers["connection"] == "close"


async def test_head_tells_the_length_and_sends_nothing(port):
    told = await get(port, method="HEAD")

    assert (told.status_code, told.content) == (200, b"")
    assert told.headers["content-length"] == "12"


async def test_other_methods_are_refused(port):
    told = await get(port, method="POST")

    assert (told.status_code, told.headers["allow"]) == (405, "GET, HEAD")


async def test_a_fault_is_told_without_its_reason(port):
    told = await get(port, "/broken")

    assert (told.status_code, told.text) == (500, "Internal Server Error")


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"GET /\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nBad Name: b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (b"GET /" + b"a" * HEAD_BYTES * 2, 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X-Y: z\r\n" * HEAD_BYTES, 431),
    ],
    ids=["tls", "no-version", "no-host", "bad-name", "two-lengths", "long-path", "many-headers"],
)
async def test_what_is_not_a_request_is_refused_and_harms_nobody(port, data, status):
    told = await said(port, data)

    # Where more came than was read, the refusal may be lost with the connection.
    assert told.startswith(b"HTTP/1.1 %d " % status) or (status == 431 and not told)
    assert (await get(port)).status_code == 200


async def test_of_many_requests_at_once_the_first_is_answered(port):
    one = b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n"

    told = await said(port, *(one % n for n in range(100)))

    assert told.count(b"HTTP/1.1 200") == 1
    assert told.endswith(b"/0 None")


async def test_who_goes_in_the_middle_leaves_nothing_behind(port):
    for data in (b"", b"GET / HT", b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n"):
        async with connected(port) as raw:
            await raw.send(data)

    assert (await get(port)).status_code == 200


async def test_who_is_slow_to_ask_or_to_listen_is_cut_off():
    async with listening(seconds=0.2) as port, connected(port) as mute, connected(port) as deaf:
        await deaf.send(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n")

        assert await mute.rest() == 0
        async with asyncio.timeout(SOON):  # it reads too late: the end is gone
            assert 0 < await deaf.rest() < 20_000_000


async def test_whoever_holds_all_places_keeps_nobody_out(port):
    async with AsyncExitStack() as stack:
        held = [await stack.enter_async_context(connected(port)) for _ in range(PLACES * 3)]
        await held[-1].send(b"GET / HTTP/1.1\r\n")

        assert [(await get(port)).status_code for _ in range(5)] == [200] * 5
        assert await held[0].rest() == 0  # who came first has gone first


async def test_of_a_burst_that_comes_in_one_turn_nobody_is_left_hanging(port):
    async with AsyncExitStack() as stack:
        crowd = [socket.create_connection(("127.0.0.1", port)) for _ in range(PLACES + 20)]
        for one in crowd:
            stack.callback(one.close)
            one.setblocking(False)
        first = crowd[0]

        async with asyncio.timeout(1):
            assert await asyncio.get_running_loop().sock_recv(first, 1) == b""


async def test_closing_cuts_off_who_is_there():
    async with listening() as port, connected(port) as raw:
        await raw.send(b"GET /")
        await get(port)  # by now the other is there, too

    assert await raw.rest() == 0
