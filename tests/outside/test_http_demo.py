"""Demo hosts: applications in this process, held to the rules of real hosts."""

import asyncio

import pytest

from support.faultyweb import rows
from taskforge.core.failures import BlockedByPolicy
from taskforge.core.outbound import HttpFailed, HttpLimits
from taskforge.outside.http.client import SafeHttp

FOLLOW = HttpLimits(redirects=5)


async def demo(scope, receive, send):
    """A demo site: pages, redirects, and the faults that a real site may have."""
    path, headers, body = scope["path"], [], b"demo"
    if path == "/boom":
        raise RuntimeError("a bug")
    if path == "/hang":
        await asyncio.Event().wait()
    if path == "/large":
        body = bytes(1_000)
    if path == "/headers":
        headers = [(b"x-large", b"x" * 70_000)]
    if path.startswith("/to/"):
        headers = [(b"location", scope["query_string"])]
    if path == "/seen":
        body = repr(sorted(scope["headers"])).encode()
    status = 302 if path.startswith("/to/") else 200
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
def http(trust):
    return SafeHttp({"one.test"}, verify=trust, look_up=loopback, demos={"demo.test": demo})


def loopback(host, port, *_):
    return rows("127.0.0.1", port=port)


async def test_a_demo_host_answers_without_a_socket():
    def nobody(*_):
        raise AssertionError("a demo host is looked up by nobody")

    http = SafeHttp(demos={"demo.test": demo}, look_up=nobody)

    for url in ("http://demo.test/", "https://DEMO.test./x", "http://demo.test:8080/"):
        assert (await http.fetch(url)).body == b"demo"
    assert (await http.fetch("http://demo.test/boom")).status == 500


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.2/", "http://169.254.169.254/", "file:///etc/passwd", "http://u@demo.test/"],
)
async def test_a_demo_host_leads_nowhere_inside(http, url):
    with pytest.raises(BlockedByPolicy):
        await http.fetch(f"http://demo.test/to/?{url}", limits=FOLLOW)


async def test_between_demo_and_real_hosts_redirects_are_redirects(http, web):
    web.redirect("/", "http://demo.test/seen")
    web.page("/real", b"real")

    there = await http.fetch(
        f"http://one.test:{web.port}/", headers={"cookie": "id=s3cret"}, limits=FOLLOW
    )
    back = await http.fetch(f"http://demo.test/to/?http://one.test:{web.port}/real", limits=FOLLOW)
    with pytest.raises(HttpFailed) as caught:
        await http.fetch(f"https://demo.test/to/?http://one.test:{web.port}/real", limits=FOLLOW)

    assert b"user-agent" in there.body
    assert b"s3cret" not in there.body
    assert back.body == b"real"
    assert caught.value.reason == "redirect"


@pytest.mark.parametrize(
    ("path", "reason"), [("large", "too_large"), ("headers", "too_large"), ("hang", "timeout")]
)
async def test_a_demo_host_is_held_to_the_same_limits(http, path, reason):
    with pytest.raises(HttpFailed) as caught:
        await http.fetch(
            f"http://demo.test/{path}", limits=HttpLimits(body_bytes=999, total_seconds=0.2)
        )

    assert caught.value.reason == reason


async def test_a_demo_host_has_the_usual_ports_only(http):
    for url in ("http://demo.test:22/", "ftp://demo.test/"):
        with pytest.raises(BlockedByPolicy):
            await http.fetch(url)
