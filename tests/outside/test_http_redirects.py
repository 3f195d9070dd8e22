"""What the guarded client follows, and what it carries along (S-30.5)."""

import pytest

from support.faultyweb import rows
from taskforge.core.outbound import HttpFailed, HttpLimits
from taskforge.outside.http.client import SafeHttp

HOSTS = {"one.test", "two.test", "secure.test", "127.0.0.1"}
FOLLOW = HttpLimits(redirects=5)
SECRETS = {
    "authorization": "Bearer s3cret", "cookie": "id=s3cret", "x-api-key": "s3cret",
    "referer": "http://s3cret.test/", "origin": "http://s3cret.test",
}  # fmt: skip
KEPT = {"user-agent": "probe/1", "accept": "text/html", "accept-language": "de"}


def loopback(host, port, *_):
    return rows("127.0.0.1", port=port)


@pytest.fixture
def http(trust):
    return SafeHttp(HOSTS, verify=trust, look_up=loopback)


async def test_redirects_are_followed_as_far_as_was_asked(http, web):
    web.redirect("/a", "/b")
    web.redirect("/b", f"http://one.test:{web.port}/c#x", "307 On")
    web.page("/c", b"there")
    start = f"http://one.test:{web.port}/a"

    there = await http.fetch(start, limits=FOLLOW)
    halfway = await http.fetch(start, limits=HttpLimits(redirects=1))
    nowhere = await http.fetch(start)

    assert (there.url, there.body) == (f"http://one.test:{web.port}/c", b"there")
    assert [(hop.url.rpartition("/")[2], hop.status) for hop in there.hops] == [
        ("a", 302),
        ("b", 307),
    ]
    assert (halfway.status, halfway.body, len(halfway.hops)) == (307, b"gone on", 1)
    assert (nowhere.status, nowhere.body, nowhere.hops) == (302, b"gone on", [])


async def test_a_circle_ends(http, web):
    web.redirect("/", "/")

    reply = await http.fetch(f"http://one.test:{web.port}/", limits=FOLLOW)

    assert (reply.status, len(reply.hops), web.connections) == (302, 5, 6)


async def test_the_caller_is_asked_before_each_step(http, web, other):
    asked = []
    web.redirect("/", f"http://two.test:{other.port}/")

    reply = await http.fetch(f"http://one.test:{web.port}/", limits=FOLLOW, may_follow=asked.append)

    assert (reply.status, reply.body) == (302, b"gone on")
    assert asked == [f"http://two.test:{other.port}/"]
    assert other.connections == 0


async def test_credentials_stay_with_their_origin_and_do_not_come_back(http, web, other):
    web.redirect("/", "/same")
    web.redirect("/same", f"http://two.test:{other.port}/")
    other.redirect("/", f"http://one.test:{web.port}/again")
    web.page("/again")

    await http.fetch(f"http://one.test:{web.port}/", headers=SECRETS | KEPT, limits=FOLLOW)

    assert [head.count("s3cret") for head in web.heads] == [5, 5, 0]
    assert "s3cret" not in other.heads[0]
    lines = other.heads[0].lower().split("\r\n")
    assert set(lines) >= {f"{name}: {value}" for name, value in KEPT.items()}


async def test_another_port_or_scheme_is_another_origin(http, web, secure):
    web.redirect("/", f"https://secure.test:{secure.port}/")
    secure.page("/", b"safe")

    reply = await http.fetch(f"http://one.test:{web.port}/", headers=SECRETS, limits=FOLLOW)

    assert reply.body == b"safe"
    assert "s3cret" not in secure.heads[0]


@pytest.mark.parametrize(
    ("status", "method", "then"),
    [("302 F", "POST", "GET"), ("303 O", "PUT", "GET"), ("303 O", "HEAD", "HEAD"),
     ("307 T", "POST", "POST"), ("301 M", "DELETE", "DELETE")],
)  # fmt: skip
async def test_a_redirect_changes_the_method_as_http_says(http, web, status, method, then):
    web.redirect("/", "/next", status)
    web.page("/next")

    await http.fetch(
        f"http://one.test:{web.port}/", method=method, limits=FOLLOW,
        body=None if method == "HEAD" else b"data", headers={"content-type": "text/plain"},
    )  # fmt: skip

    assert web.heads[1].split()[0] == then
    assert ("content-type" in web.heads[1].lower()) == (then != "GET")


@pytest.mark.parametrize("status", ["307 T", "308 P"])
async def test_a_body_is_not_passed_on_to_another_origin(http, web, other, status):
    web.redirect("/", f"http://two.test:{other.port}/", status)

    with pytest.raises(HttpFailed) as caught:
        await http.fetch(f"http://one.test:{web.port}/", method="POST", body=b"x", limits=FOLLOW)

    assert caught.value.reason == "redirect"
    assert other.connections == 0


async def test_nothing_leads_from_https_to_http(http, web, secure):
    secure.redirect("/", f"http://one.test:{web.port}/")

    with pytest.raises(HttpFailed) as caught:
        await http.fetch(f"https://secure.test:{secure.port}/", limits=FOLLOW)
    seen = await http.fetch(
        f"https://secure.test:{secure.port}/", limits=FOLLOW, may_follow=lambda _: False
    )

    assert caught.value.reason == "redirect"
    assert seen.status == 302
    assert web.connections == 0


@pytest.mark.parametrize("location", ["http://[::1", "https:///x", "x" * 3_000])
async def test_a_redirect_to_nothing_is_told(http, web, location):
    web.redirect("/", location)

    with pytest.raises(HttpFailed) as caught:
        await http.fetch(f"http://one.test:{web.port}/", limits=FOLLOW)

    assert caught.value.reason == "redirect"
