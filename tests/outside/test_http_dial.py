"""Names and bare connections: found, opened and given up in time."""

import asyncio
import os
import socket
import ssl
import threading
import time

import pytest

from support.faultyweb import arrived, rows
from taskforge.core.failures import BlockedByPolicy, InvalidInput
from taskforge.core.outbound import HttpFailed, HttpLimits
from taskforge.outside.http.client import SafeHttp

TRUST = ssl.create_default_context()


@pytest.fixture
def http():
    return SafeHttp({"127.0.0.1"}, verify=TRUST)


async def test_a_name_server_that_hangs_holds_up_nothing():
    answer = threading.Event()

    def look_up(host, port, *_):
        answer.wait(20)
        return rows("127.0.0.1", port=port)

    http = SafeHttp({"slow.test"}, look_up=look_up, verify=TRUST)
    began = time.monotonic()
    try:
        with pytest.raises(HttpFailed) as caught:
            await http.fetch("http://slow.test/", limits=HttpLimits(connect_seconds=0.2))
        with pytest.raises(HttpFailed) as dialled:
            await http.dial("slow.test", 80, seconds=0.2)
        task = asyncio.create_task(http.fetch("http://slow.test/"))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert time.monotonic() - began < 1
    finally:
        answer.set()
    assert (caught.value.reason, dialled.value.reason) == ("dns", "timeout")


async def test_a_thousand_lookups_that_hang_take_a_bounded_number_of_threads():
    answer = threading.Event()

    def look_up(host, port, *_):
        answer.wait(20)
        return rows("127.0.0.1", port=port)

    http = SafeHttp(look_up=look_up, verify=TRUST)
    before = threading.active_count()
    limits = HttpLimits(connect_seconds=0.3)
    try:
        asked = (http.fetch(f"http://n{n}.test/", limits=limits) for n in range(1_000))
        ended = await asyncio.gather(*asked, return_exceptions=True)
        assert threading.active_count() - before <= 64
    finally:
        answer.set()
    assert {getattr(end, "reason", end) for end in ended} == {"dns"}
    await arrived(lambda: threading.active_count() <= before)


@pytest.mark.parametrize("answer", [[], OSError("x"), UnicodeError("x"), socket.gaierror(-2, "x")])
async def test_a_name_without_an_address_is_told(answer):
    def look_up(*_):
        if isinstance(answer, Exception):
            raise answer
        return answer

    http = SafeHttp(look_up=look_up, verify=TRUST)

    for attempt in (http.fetch("http://none.test/"), http.dial("none.test", 80)):
        with pytest.raises(HttpFailed) as caught:
            await attempt
        assert caught.value.reason == "dns"


async def test_dial_gives_a_connection_that_works(http, web):
    opened = await http.dial("127.0.0.1", web.port)

    with opened:
        assert opened.getblocking() is False
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(opened, b"GET / HTTP/1.1\r\n\r\n")
        assert (await loop.sock_recv(opened, 100)).startswith(b"HTTP/1.1 404")


async def test_dial_tells_closed_from_silent(http):
    with pytest.raises(HttpFailed) as closed:
        await http.dial("127.0.0.1", 1)
    with full_listener() as (_, port), pytest.raises(HttpFailed) as silent:
        await http.dial("127.0.0.1", port, seconds=0.3)

    assert (closed.value.reason, silent.value.reason) == ("connect", "timeout")


async def test_a_dial_that_is_cancelled_leaves_no_socket(http):
    with full_listener() as (_, port):
        fds = len(os.listdir("/proc/self/fd"))
        tasks = [asyncio.create_task(http.dial("127.0.0.1", port)) for _ in range(20)]
        await arrived(lambda: len(os.listdir("/proc/self/fd")) >= fds + 20)

        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

        assert len(os.listdir("/proc/self/fd")) <= fds


@pytest.mark.parametrize("host", ["", "a b", "a/b", "a@b", "a:b", "a\x00b", "x" * 300, "[::1]:80"])
async def test_dial_takes_hosts_only(http, host):
    with pytest.raises((InvalidInput, BlockedByPolicy)):
        await http.dial(host, 80)


@pytest.mark.parametrize("port", [0, -1, 65_536, 1 << 70])
async def test_dial_takes_ports_only(http, port):
    with pytest.raises(InvalidInput):
        await http.dial("127.0.0.1", port)


class full_listener:  # noqa: N801 - reads as what it is: `with full_listener()`
    """A port that answers no more: the queue of connections nobody accepts is full."""

    def __enter__(self):
        self._server = socket.create_server(("127.0.0.1", 0), backlog=0)
        port = self._server.getsockname()[1]
        self._waiting = []
        for _ in range(4):
            waiting = socket.socket()
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.1", port))
            self._waiting.append(waiting)
        return self._server, port

    def __exit__(self, *_):
        for opened in (*self._waiting, self._server):
            opened.close()
