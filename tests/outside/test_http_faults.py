"""Servers that lie, dawdle, flood or vanish: one error, of the right class, and nothing kept."""

import asyncio
import os
import socket
import ssl
import time
import traceback
import tracemalloc
from contextlib import suppress

import pytest

from support.faultyweb import OK, arrived, drip
from taskforge.core.outbound import HttpFailed, HttpLimits
from taskforge.outside.http.client import SafeHttp

TRUST = ssl.create_default_context()
SHORT = HttpLimits(connect_seconds=2, first_byte_seconds=0.4, total_seconds=0.8)
MEMORY = 64 << 20
CHUNKED = b"transfer-encoding: chunked\r\n\r\n"


@pytest.fixture
def http():
    return SafeHttp({"127.0.0.1"}, verify=TRUST)


FAULTS = {
    "no http": (b"SSH-2.0-OpenSSH_9.6\r\n", "protocol"),
    "nothing": (b"", "connect"),
    "half a head": (b"HTTP/1.1 200 OK\r\nX: ", "protocol"),
    "a NUL": (b"HTTP/1.1 200 OK\r\nX: \x00\r\n\r\n", "protocol"),
    "a bad status": (b"HTTP/1.1 9x OK\r\n\r\n", "protocol"),
    "http/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "protocol"),
    "an upgrade": (b"HTTP/1.1 101 S\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n", "protocol"),
    "less than promised": (OK + b"content-length: 10\r\n\r\nabc", "protocol"),
    "two lengths": (OK + b"content-length: 3\r\ncontent-length: 4\r\n\r\nabcd", "protocol"),
    "a negative length": (OK + b"content-length: -3\r\n\r\nabc", "protocol"),
    "half a chunk": (OK + CHUNKED + b"5\r\nab", "protocol"),
    "a bad chunk": (OK + CHUNKED + b"zz\r\nab\r\n", "protocol"),
    "an endless chunk size": (
        OK + CHUNKED + b"1" * 200_000, "protocol"),
    "a promise of too much": (
        OK + b"content-length: 999999999999\r\n\r\n" + b"x" * 6_000_000, "too_large"),
    "too much": (OK + b"\r\n" + b"x" * 6_000_000, "too_large"),
    "large headers": (OK + b"x: " + b"y" * 65_536 + b"\r\ncontent-length: 0\r\n\r\n", "too_large"),
    "many headers": (OK + b"x: y\r\n" * 12_000 + b"content-length: 0\r\n\r\n", "too_large"),
    "an endless header": (drip(OK, b"x: ", then=b"y" * 65_536), "protocol"),
    "endless headers": (drip(OK, then=b"x-y: z\r\n" * 5_000), "protocol"),
    "endless interim replies": (drip(then=b"HTTP/1.1 103 Early\r\n\r\n" * 2_000), "too_large"),
    "an endless trailer": (
        drip(OK, CHUNKED, b"0\r\n", then=b"x-y: z\r\n" * 5_000), "protocol"),
    "an endless body": (drip(OK, b"\r\n", then=b"x" * 65_536), "too_large"),
    "slow headers": (drip(OK, then=b"x: y\r\n", every=0.05), "timeout"),
    "a slow status": (drip(then=b"H", every=0.05), "timeout"),
    "a slow body": (drip(OK, b"content-length: 9999\r\n\r\n", then=b"x", every=0.05), "timeout"),
    "a silent server": (drip(then=b"", every=0.05), "timeout"),
    "slow interim replies": (drip(then=b"HTTP/1.1 100 Go on\r\n\r\n", every=0.05), "timeout"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_faulty_reply_is_one_error_of_the_right_class(http, web, fault):
    web.pages["/"], reason = FAULTS[fault]
    began = time.monotonic()

    with pytest.raises(HttpFailed) as caught:
        await http.fetch(f"http://127.0.0.1:{web.port}/", limits=SHORT)

    assert caught.value.reason in (reason, "too_large" if "endless" in fault else reason)
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("fault", ["no http", "less than promised", "nothing", "slow headers"])
async def test_an_error_repeats_nothing_that_the_target_said(http, web, fault):
    web.pages["/"], _ = FAULTS[fault]

    with pytest.raises(HttpFailed) as caught:
        await http.fetch(f"http://127.0.0.1:{web.port}/", limits=SHORT)

    trace = "".join(traceback.format_exception(caught.value))
    for secret in ("OpenSSH", "127.0.0.1:", str(web.port), "h11", "httpcore"):
        assert secret not in str(caught.value)
        assert secret not in trace.partition("Traceback")[0]
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


async def test_a_reset_is_told(http, web):
    async def reset(_, writer):
        writer.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00"
        )
        writer.transport.abort()

    web.pages["/"] = reset

    with pytest.raises(HttpFailed) as caught:
        await http.fetch(f"http://127.0.0.1:{web.port}/")
    assert caught.value.reason == "connect"


async def test_a_closed_port_is_told(http):
    with pytest.raises(HttpFailed) as caught:
        await http.fetch("http://127.0.0.1:1/")
    assert caught.value.reason == "connect"


async def test_redirects_that_never_end_share_one_deadline(http, web):
    async def slowly(_, writer):
        await asyncio.sleep(0.25)
        writer.write(b"HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 0\r\n\r\n")

    web.pages["/"] = slowly

    with pytest.raises(HttpFailed) as caught:
        await http.fetch(
            f"http://127.0.0.1:{web.port}/", limits=HttpLimits(total_seconds=0.6, redirects=5)
        )
    assert caught.value.reason == "timeout"


async def test_a_longer_body_can_be_cut(http, web):
    web.pages["/"] = drip(OK, b"\r\n", then=b"x" * 1_000)

    reply = await http.fetch(
        f"http://127.0.0.1:{web.port}/", limits=HttpLimits(body_bytes=2_500, cut=True)
    )

    assert (reply.body, reply.cut) == (b"x" * 2_500, True)


@pytest.mark.parametrize("fault", ["endless headers", "endless interim replies", "an endless body"])
async def test_a_flood_takes_no_memory(web, http, fault):
    web.pages["/"], _ = FAULTS[fault]
    tracemalloc.start()
    base = tracemalloc.get_traced_memory()[0]

    with pytest.raises(HttpFailed):
        await http.fetch(f"http://127.0.0.1:{web.port}/")

    peak = tracemalloc.get_traced_memory()[1] - base
    tracemalloc.stop()
    assert peak < MEMORY


async def test_a_body_in_chunks_of_one_byte_does_not_hold_up_the_others(web, http):
    web.pages["/"] = drip(OK, CHUNKED, then=b"1\r\nx\r\n" * 50_000, times=20)
    turns = 0

    async def neighbour():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0.001)

    task = asyncio.create_task(neighbour())
    with pytest.raises(HttpFailed):
        await http.fetch(f"http://127.0.0.1:{web.port}/", limits=HttpLimits(body_bytes=100_000))
    task.cancel()

    assert turns > 20


async def test_cancelling_closes_the_connection_at_once(http, web):
    web.pages["/"] = drip(OK, b"\r\n", then=b"x", every=0.01)
    fds = len(os.listdir("/proc/self/fd"))
    tasks = [asyncio.create_task(http.fetch(f"http://127.0.0.1:{web.port}/")) for _ in range(30)]
    await arrived(lambda: len(web.heads) == 30)
    began = time.monotonic()

    for task in tasks:
        task.cancel()
    ended = await asyncio.gather(*tasks, return_exceptions=True)

    assert all(isinstance(end, asyncio.CancelledError) for end in ended)
    assert time.monotonic() - began < 1
    await arrived(lambda: len(os.listdir("/proc/self/fd")) <= fds)


@pytest.mark.parametrize("turns", range(0, 40, 3))
async def test_cancelling_at_any_moment_leaves_no_connection(http, web, turns):
    web.page("/", b"x" * 100_000)
    fds = len(os.listdir("/proc/self/fd"))
    task = asyncio.create_task(http.fetch(f"http://127.0.0.1:{web.port}/"))
    for _ in range(turns):
        await asyncio.sleep(0)

    task.cancel()
    await asyncio.sleep(0)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task

    await arrived(lambda: len(os.listdir("/proc/self/fd")) <= fds)
