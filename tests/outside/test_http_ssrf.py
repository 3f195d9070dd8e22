"""T-63: nothing that a job can write, and nothing that a server can answer, leads inside."""

import itertools
import socket
import ssl

import pytest

from support.faultyweb import Canary, faulty_web, rows
from taskforge.core.failures import BlockedByPolicy, InvalidInput
from taskforge.core.outbound import HttpFailed, HttpLimits
from taskforge.outside.http.client import SafeHttp

NOWHERE = "192.0.0.9"
"""Public by the registry (port control, anycast), and routed nowhere."""
ANY = "0.0.0.0"  # noqa: S104 - a place to go to, and not to listen on
FOLLOW = HttpLimits(redirects=5)
QUICK = HttpLimits(connect_seconds=0.3)

WIDE = {digit: digit + 0xFEE0 for digit in b"0123456789"}
"""Full-width digits."""

LITERALS = [
    # IPv4, in the notations that a resolver takes
    "127.0.0.1", "127.0.0.1.", "127.1", "127.0.1", "127.255.255.254", "2130706433", "0x7f000001",
    "0x7f.1", "0x7f.0.0.1", "0x7f.0x0.0x0.0x1", "017700000001", "0177.0.0.1", "0177.1",
    "127.0.0.01", "127.000.000.001", "0x7F.0.0.0x1", "0", ANY, "0.0.0.1", "00.0x0.0",
    "10.0.0.1",
    "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.1.254",
    "100.64.0.1", "100.127.255.254", "169.254.0.1", "169.254.169.254", "0xA9FEA9FE", "2852039166",
    "169.254.170.2", "100.100.100.200", "192.0.0.192", "192.0.0.8", "192.0.0.170", "192.0.2.1",
    "198.18.0.1", "198.51.100.7", "203.0.113.7", "192.88.99.1", "224.0.0.1", "239.255.255.250",
    "240.0.0.1", "255.255.255.255", "127.0.0.1.5", "1.2.3.4.5", "256.256.256.256", "4294967296",
    # IPv6, and IPv4 inside of it
    "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[0000:0000:0000:0000:0000:0000:0000:0001]",
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]", "[::ffff:10.0.0.1]",
    "[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]", "[::127.0.0.1]", "[::7f00:1]",
    "[::ffff:0:127.0.0.1]", "[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b::a9fe:a9fe]",
    "[64:ff9b::10.0.0.1]", "[64:ff9b:1::1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]",
    "[2002:a00:1::1]", "[2002:a9fe:a9fe::]", "[2001:0:7f00:1::]", "[2001::f5ff:fffe]",
    "[2001:0:4136:e378:8000:63bf:80ff:fffe]", "[2001:db8::1]", "[2001:2::1]", "[100::1]",
    "[fc00::1]", "[fd00::1]", "[fd00:ec2::254]", "[fe80::1]", "[fe80::1%25eth0]", "[fe80::1%eth0]",
    "[::1%25lo]", "[::1%lo]", "[fec0::1]", "[ff02::1]", "[ff0e::1]", "[3fff::1]", "[5f00::1]",
    # the same in other characters
    "127.0.0.1".translate(WIDE), "127.0.0.1".replace(".", "\uff0e"), "①②⑦.⓪.⓪.①", "127。0。0。1",
    "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "[::1]".translate(WIDE),
    "%31%32%37.0.0.1", "127%2e0%2e0%2e1", "loc%61lhost",
    # names
    "localhost", "LOCALHOST", "localhost.", "sub.localhost", "localhost.localdomain", "redis",
    "postgres", "metadata", "metadata.google.internal", "metadata.goog", "kubernetes.default.svc",
    "instance-data.ec2.internal", "printer.local", "db.internal", "router.home.arpa", "x.onion",
    "loop.test", "loop6.test", "mapped.test", "nat64.test", "sixtofour.test", "meta.test",
    "private.test", "shared.test", "mixed.test", "zero.test", "unspecified6.test", "mixed6.test",
    "siit.test",
]  # fmt: skip

TRUST = ssl.create_default_context()

ANSWERS = {
    "loop.test": ["127.0.0.1"],
    "loop6.test": ["::1"],
    "mapped.test": ["::ffff:127.0.0.1"],
    "nat64.test": ["64:ff9b::7f00:1"],
    "sixtofour.test": ["2002:7f00:1::"],
    "meta.test": ["169.254.169.254"],
    "siit.test": ["::ffff:0:7f00:1"],
    "private.test": ["10.1.2.3"],
    "shared.test": ["100.64.0.1"],
    "mixed.test": [NOWHERE, "127.0.0.1"],
    "mixed6.test": ["2001:20::1", "::1"],
    "zero.test": [ANY],
    "unspecified6.test": ["::"],
    "nowhere.test": [NOWHERE],
    "localhost.localdomain": ["127.0.0.1"],
    "kubernetes.default.svc": ["10.96.0.1"],
}

SHAPES = [
    "http://user@127.0.0.1:{port}/", "http://user:pass@nowhere.test:{port}/",
    "http://nowhere.test:{port}@127.0.0.1:{port}/", "http://nowhere.test%40127.0.0.1:{port}/",
    "http://nowhere.test\\@127.0.0.1:{port}/", "http://127.0.0.1:{port}\\@nowhere.test/",
    "http://127.0.0.1\\.nowhere.test:{port}/", "http://@127.0.0.1:{port}/",
    "http://nowhere.test#@127.0.0.1:22/".replace("#", "%23"), "http://127.0.0.1 :{port}/",
    "http://127.0.0.1\t:{port}/", "http://127.0.0.1:{port}\r\n/", "http://127.0.0.1\x00:{port}/",
    " http://127.0.0.1:{port}/", "http:\n//127.0.0.1:{port}/", "http:/127.0.0.1:{port}/",
    "http:127.0.0.1:{port}/", "//127.0.0.1:{port}/", "127.0.0.1:{port}", "/etc/passwd", "",
    "http://", "http:///", "http://:{port}/", "http://[::1:{port}/", "http://::1:{port}/",
    "http://[::1]]:{port}/", "http://[127.0.0.1]:{port}/", "http://127.0.0.1:{port}x/",
    "http://nowhere.test:99999/", "http://nowhere.test:-1/", "http://nowhere.test:0/",
    "http://nowhere.test:22/", "http://nowhere.test:6379/", "http://nowhere.test:5432/",
    "file:///etc/passwd", "ftp://127.0.0.1:{port}/", "gopher://127.0.0.1:{port}/_x",
    "dict://127.0.0.1:{port}/", "ldap://127.0.0.1:{port}/", "unix:///run/docker.sock",
    "data:text/plain,x", "javascript:alert(1)", "jar:http://127.0.0.1!/", "ws://127.0.0.1:{port}/",
    "http+unix://%2Frun%2Fdocker.sock/", "http://a..b:{port}/", "http://.test:{port}/",
    "http://-x.test:{port}/", "http://x_y.test:{port}/", "http://ex ample.test:{port}/",
    "http://\ud800.test:{port}/", "http://xn--a.test\u0000:{port}/",
    "http://" + "a" * 64 + ".test:{port}/", "http://" + "a." * 130 + "test:{port}/",
    "http://nowhere.test:{port}/" + "x" * 2_048,
]  # fmt: skip

REDIRECTS = [
    *(f"http://{host}:{{port}}/" for host in (
        "127.0.0.1", "[::1]", "0x7f.1", "2130706433", "localhost", "loop.test", "mixed.test",
        "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "private.test", "siit.test",
    )),
    "http://169.254.169.254/latest/meta-data/", "http://metadata.google.internal/",
    "http://[fd00:ec2::254]/", "http://user@nowhere.test/", "//127.0.0.1:{port}/",
    "ftp://127.0.0.1/", "file:///etc/passwd", "gopher://127.0.0.1:{port}/",
    "http://nowhere.test:22/", "http://[::1", "http://\u00b2.test:99999/",
]  # fmt: skip


def look_up(host, port, family=0, kind=0, proto=0, flags=0):
    if host in ANSWERS:
        return rows(*ANSWERS[host], port=port)
    if host.replace(".", "").isalpha():  # a name: nobody is asked
        raise socket.gaierror(socket.EAI_NONAME, "no such name")
    return socket.getaddrinfo(host, port, family, kind, proto, flags)


@pytest.fixture
async def canary():
    async with Canary() as canary:
        yield canary


@pytest.fixture
async def web():
    async with faulty_web() as web:
        yield web


@pytest.fixture
def http(canary):
    return SafeHttp(ports={80, 443, canary.port}, look_up=look_up, verify=TRUST)


def test_the_table_is_as_long_as_promised():
    assert len({*LITERALS, *SHAPES, *REDIRECTS}) >= 120


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_no_host_leads_inside_in_any_notation(http, canary, scheme):
    wrong = {}
    for host in LITERALS:
        wrong[host] = await outcome(http, f"{scheme}://{host}:{canary.port}/")

    assert {host: was for host, was in wrong.items() if was not in ("blocked", "invalid")} == {}
    assert canary.visits == 0


@pytest.mark.parametrize("url", SHAPES)
async def test_no_shape_of_an_address_leads_inside(http, canary, url):
    assert await outcome(http, url.replace("{port}", str(canary.port))) in ("blocked", "invalid")
    assert canary.visits == 0


@pytest.mark.parametrize("location", REDIRECTS)
@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 Other", "307 T", "308 P"])
async def test_no_redirect_leads_inside(canary, web, location, status):
    http = SafeHttp(
        {f"127.0.0.1:{web.port}"}, ports={80, 443, canary.port}, look_up=look_up,
        verify=TRUST,
    )  # fmt: skip
    web.redirect("/", f"http://127.0.0.1:{web.port}/next", status)
    web.redirect("/next", location.replace("{port}", str(canary.port)), status)

    assert await outcome(http, f"http://127.0.0.1:{web.port}/") in ("blocked", "redirect")
    assert web.connections == 2
    assert canary.visits == 0


@pytest.mark.parametrize("host", LITERALS)
async def test_dial_leads_inside_no_more_than_a_request(http, canary, host):
    bare = host.removeprefix("[").removesuffix("]")
    with pytest.raises((BlockedByPolicy, InvalidInput)):
        (await http.dial(bare, canary.port, seconds=1)).close()

    assert canary.visits == 0


async def test_an_answer_that_changes_after_the_check_changes_nothing(canary):
    answers = itertools.cycle([[NOWHERE], ["127.0.0.1"]])
    asked = []

    def alternating(host, port, *_):
        asked.append(host)
        return rows(*next(answers), port=port)

    http = SafeHttp(ports={canary.port}, look_up=alternating)
    url = f"http://rebind.test:{canary.port}/"
    seen = [await outcome(http, url, QUICK) for _ in range(4)]

    assert asked == ["rebind.test"] * 4  # once each: there is no second answer to fall for
    assert seen[1::2] == ["blocked", "blocked"]
    assert set(seen[::2]) <= {"connect", "timeout"}
    assert canary.visits == 0


async def test_a_connection_that_leads_elsewhere_is_not_used(web):
    """Linux connects 0.0.0.0 to loopback: the peer is not the address that was checked."""
    http = SafeHttp({"odd.test"}, look_up=lambda _h, port, *_: rows(ANY, port=port))

    assert await outcome(http, f"http://odd.test:{web.port}/") == "blocked"
    with pytest.raises(BlockedByPolicy):
        await http.dial("odd.test", web.port)
    assert web.heads == []


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "::ffff:169.254.169.254", "100.100.100.200", "fd00:ec2::254", "fe80::1"],
)
async def test_metadata_stays_closed_even_for_allowed_hosts(address):
    http = SafeHttp({"intranet.test"}, look_up=lambda _h, port, *_: rows(address, port=port))

    assert await outcome(http, "http://intranet.test/") == "blocked"
    with pytest.raises(BlockedByPolicy):
        await http.dial("intranet.test", 80)


async def test_an_allowed_port_opens_no_other(web, canary):
    http = SafeHttp({f"127.0.0.1:{web.port}"}, ports={80, canary.port})
    web.page("/", b"hello")

    assert await outcome(http, f"http://127.0.0.1:{web.port}/") == "hello"
    assert await outcome(http, f"http://127.0.0.1:{canary.port}/") == "blocked"
    assert canary.visits == 0


async def test_what_is_closed_cannot_be_told_from_what_is_not_there(http, canary):
    """Open, refused and filtered targets inside answer with the same words (S-30.9)."""
    told = set()
    for host in ("127.0.0.1", "127.0.0.1:80", "10.255.255.1", "loop.test"):
        with pytest.raises(BlockedByPolicy) as caught:
            await http.fetch(f"http://{host}/")
        told.add(str(caught.value))
        assert caught.value.__cause__ is None or "REFUSED" not in str(caught.value.__cause__)

    assert len(told) == 1
    assert canary.visits == 0


async def outcome(http, url, limits=FOLLOW):
    """What came of it, in one word."""
    try:
        reply = await http.fetch(url, limits=limits)
    except BlockedByPolicy:
        return "blocked"
    except InvalidInput:
        return "invalid"
    except HttpFailed as failed:
        return failed.reason
    return reply.body.decode() or str(reply.status)
