"""What the guarded client asks, gives back, and keeps to itself."""

import asyncio

import pytest

from support.faultyweb import rows
from taskforge.core.failures import InvalidInput
from taskforge.core.outbound import HttpFailed
from taskforge.outside.http.client import SafeHttp

HOSTS = {"one.test", "two.test", "secure.test", "127.0.0.1"}


def loopback(host, port, *_):
    return rows("127.0.0.1", port=port)


@pytest.fixture
def http(trust):
    return SafeHttp(HOSTS, verify=trust, look_up=loopback)


async def test_a_reply_of_any_status_comes_back_whole(http, web):
    web.pages["/x?q=1"] = (
        b"HTTP/1.1 404 Not here\r\nContent-Length: 2\r\nX-A: 1\r\nx-a: 2\r\nX-Odd: \xe4\r\n\r\nno"
    )

    reply = await http.fetch(f"http://one.test:{web.port}/x?q=1#part")

    assert (reply.status, reply.body, reply.cut, reply.hops) == (404, b"no", False, [])
    assert [value for name, value in reply.headers if name == "x-a"] == ["1", "2"]
    assert reply.header("X-Odd") == "ä"
    assert web.heads[0].startswith("GET /x?q=1 HTTP/1.1\r\n")
    assert f"host: one.test:{web.port}\r\n" in web.heads[0].lower()


async def test_what_is_sent_arrives(http, web):
    bodies = []

    async def listen(reader, writer):
        bodies.append(await reader.readexactly(5))
        writer.write(b"HTTP/1.1 204 Fine\r\n\r\n")

    web.pages["/"] = listen
    await http.fetch(
        f"http://one.test:{web.port}/", method="post", headers={"X-Mine": "1"}, body=b"12345"
    )

    assert bodies == [b"12345"]
    assert web.heads[0].startswith("POST / ")
    assert "x-mine: 1" in web.heads[0].lower()


async def test_head_is_answered_without_a_body(http, web):
    web.page("/", **{"content-length": "5000", "content-encoding": "gzip"})

    assert (await http.fetch(f"http://one.test:{web.port}/", method="HEAD")).body == b""


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("CONNECT", {}),
        ("TRACE", {}),
        ("GET / HTTP/1.1\r\nX:", {}),
        ("GET", {"host": "elsewhere.test"}),
        ("GET", {"Transfer-Encoding": "chunked"}),
        ("GET", {"content-length": "7"}),
        ("GET", {"proxy-authorization": "x"}),
        ("GET", {"x": "1\r\nhost: elsewhere.test"}),
        ("GET", {"x": "\x00"}),
        ("GET", {"x": "ü"}),
        ("GET", {"x y": "1"}),
        ("GET", {"": "1"}),
        ("GET", {"accept-encoding": "br"}),
    ],
)
async def test_a_request_that_could_be_read_in_two_ways_is_not_sent(http, web, method, headers):
    with pytest.raises(InvalidInput):
        await http.fetch(f"http://one.test:{web.port}/", method=method, headers=headers)

    assert web.connections == 0


async def test_neither_proxies_nor_netrc_nor_cookies_are_used(http, web, tmp_path, monkeypatch):
    (tmp_path / ".netrc").write_text("machine one.test login me password s3cret\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    web.page("/", b"x", **{"set-cookie": "id=s3cret; Path=/"})
    http = SafeHttp(HOSTS, look_up=loopback)

    for _ in range(2):
        await http.fetch(f"http://one.test:{web.port}/")

    assert len(web.heads) == 2
    assert "s3cret" not in str(web.heads)
    assert "authorization" not in str(web.heads).lower()


async def test_what_a_server_sends_behind_its_reply_reaches_nobody(http, web):
    forged = b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nforged"
    web.page("/", b"real")
    assert isinstance(web.pages["/"], bytes)
    web.pages["/"] += forged * 3

    seen = [(await http.fetch(f"http://one.test:{web.port}/")).body for _ in range(4)]

    assert seen == [b"real"] * 4
    assert web.connections == 4


async def test_tls_is_verified_against_the_name_and_the_trust(http, secure, trust):
    secure.page("/", b"safe")

    assert (await http.fetch(f"https://secure.test:{secure.port}/")).body == b"safe"
    stranger = SafeHttp(HOSTS, look_up=loopback)
    for client, host in ((http, "two.test"), (http, "127.0.0.1"), (stranger, "secure.test")):
        with pytest.raises(HttpFailed) as caught:
            await client.fetch(f"https://{host}:{secure.port}/")
        assert caught.value.reason == "tls"
    assert len(secure.heads) == 1


async def test_a_server_without_tls_is_told(http):
    async def refuse(_, writer):
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    async with server:
        with pytest.raises(HttpFailed) as caught:
            await http.fetch(f"https://one.test:{server.sockets[0].getsockname()[1]}/")

    assert caught.value.reason == "tls"


async def test_an_international_name_is_one_name(web):
    asked = []

    def look_up(host, port, *_):
        asked.append(host)
        return rows("127.0.0.1", port=port)

    web.page("/", b"ja")
    http = SafeHttp({f"bücher.test:{web.port}"}, look_up=look_up)

    for host in ("bücher.test", "BÜCHER.test", "xn--bcher-kva.test", "xn--bcher-kva.test."):
        assert (await http.fetch(f"http://{host}:{web.port}/")).body == b"ja"

    assert set(asked) == {"xn--bcher-kva.test"}


@pytest.mark.parametrize("entry", ["[::1]:{port}", "::1", "[::1]", "0:0:0:0:0:0:0:1"])
async def test_an_allowed_host_may_be_an_ipv6_address(entry):
    http = SafeHttp({entry.replace("{port}", "9")})

    with pytest.raises(HttpFailed) as caught:
        await http.fetch("http://[::1]:9/")

    assert caught.value.reason == "connect"
