"""Packed replies: unpacked, bounded, and refused when they are not what was asked for (S-34)."""

import gzip
import ssl
import time
import tracemalloc
import zlib

import pytest

from support.faultyweb import OK, zeros
from taskforge.core.outbound import HttpFailed, HttpLimits
from taskforge.outside.http.client import SafeHttp

TRUST = ssl.create_default_context()
MEBIBYTE = 1 << 20
MEMORY = 64 * MEBIBYTE
TEXT = b"a page, as pages are; " * 5_000


@pytest.fixture
def http():
    return SafeHttp({"127.0.0.1"}, verify=TRUST)


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(TEXT)),
        ("GZIP", gzip.compress(TEXT)),
        ("x-gzip", gzip.compress(TEXT)),
        ("gzip", gzip.compress(TEXT[:100]) + gzip.compress(TEXT[100:])),
        ("gzip", gzip.compress(TEXT) + b"\0\0\0\0"),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", zlib.compress(TEXT, wbits=-15)),
        ("identity", TEXT),
        ("", TEXT),
    ],
)
@pytest.mark.parametrize("chunk", [1, 7, 65_536])
async def test_a_packed_body_is_unpacked_however_it_is_cut(http, web, coding, body, chunk):
    chunks = [body[at : at + chunk] for at in range(0, len(body), chunk)][:3_000]
    rest = body[3_000 * chunk :]
    wire = b"".join(b"%x\r\n%b\r\n" % (len(c), c) for c in [*chunks, rest] if c) + b"0\r\n\r\n"
    head = f"transfer-encoding: chunked\r\ncontent-encoding: {coding}\r\n\r\n".encode()
    web.pages["/"] = OK + head + wire

    assert (await http.fetch(f"http://127.0.0.1:{web.port}/")).body == TEXT


@pytest.mark.parametrize(
    ("coding", "body", "reason"),
    [
        ("gzip", gzip.compress(TEXT)[:-9], "protocol"),
        ("gzip", gzip.compress(TEXT)[:-8] + b"12345678", "protocol"),
        ("gzip", TEXT, "protocol"),
        ("gzip", b"\x1f", "protocol"),
        ("deflate", zlib.compress(TEXT)[:-6], "protocol"),
        ("deflate", b"\xff\xff\xff", "protocol"),
        ("gzip", gzip.compress(b"") * 5_000, "protocol"),
        ("br", TEXT, "protocol"),
        ("zstd", TEXT, "protocol"),
        ("compress", TEXT, "protocol"),
        ("gzip, gzip", gzip.compress(gzip.compress(TEXT)), "protocol"),
        ("gzip, identity", gzip.compress(TEXT), "protocol"),
        ("gzip", zeros(1_000), "too_large"),
        ("deflate", zlib.compress(bytes(8 * MEBIBYTE)), "too_large"),
    ],
)
async def test_a_body_that_is_packed_badly_is_refused(http, web, coding, body, reason):
    web.page("/", body, **{"content-encoding": coding})

    with pytest.raises(HttpFailed) as caught:
        await http.fetch(f"http://127.0.0.1:{web.port}/")
    assert caught.value.reason == reason


async def test_a_coding_that_was_not_asked_for_is_refused(http, web):
    web.page("/", gzip.compress(TEXT), **{"content-encoding": "gzip"})

    with pytest.raises(HttpFailed) as caught:
        await http.fetch(f"http://127.0.0.1:{web.port}/", headers={"accept-encoding": "identity"})
    assert caught.value.reason == "protocol"
    assert "accept-encoding: identity\r\n" in web.heads[0].lower()


@pytest.mark.parametrize(
    ("coding", "bomb"),
    [
        ("gzip", zeros(1_024)),  # 1 MB to 1 GiB, as far as deflate goes
        ("gzip", zeros(10_240)),  # to 10 GiB
        ("gzip, gzip", gzip.compress(zeros(10_240))),
        ("deflate", zeros(1_024)[10:]),
    ],
    ids=["1 GiB", "10 GiB", "10 GiB twice packed", "deflate"],
)
@pytest.mark.parametrize("cut", [False, True])
async def test_a_bomb_takes_neither_memory_nor_time(web, http, coding, bomb, cut):
    web.page("/", bomb, **{"content-encoding": coding})
    limits = HttpLimits(body_bytes=512 * MEBIBYTE, cut=cut)
    tracemalloc.start()
    base = tracemalloc.get_traced_memory()[0]
    began = time.process_time()

    with pytest.raises(HttpFailed):
        await http.fetch(f"http://127.0.0.1:{web.port}/", limits=limits)

    used = time.process_time() - began
    peak = tracemalloc.get_traced_memory()[1] - base
    tracemalloc.stop()
    assert peak < MEMORY
    assert used < 2


async def test_a_bomb_within_the_limit_is_cut_where_the_limit_is(http, web):
    web.page("/", zeros(1_024), **{"content-encoding": "gzip"})

    reply = await http.fetch(
        f"http://127.0.0.1:{web.port}/", limits=HttpLimits(body_bytes=100_000, cut=True)
    )

    assert (len(reply.body), reply.cut) == (100_000, True)
