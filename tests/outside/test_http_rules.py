"""Whatever is written as an address, the answer is a place or one of two errors."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from taskforge.core.failures import BlockedByPolicy, InvalidInput
from taskforge.core.outbound import URL_LIMIT
from taskforge.outside.http.client import SafeHttp
from taskforge.outside.http.rules import PORTS, Rules

RULES = Rules({"intranet", "[fd00::1]:9000", "B\u00dcCHER.test:81"}, own={"demo.test"})
PARTS = st.sampled_from(
    ["http", "https", "ftp", "://", ":", "/", "//", "@", "[", "]", "%", "\\", "?", "#", "..", ".",
     "127.0.0.1", "::1", "localhost", "example.com", "intranet", "fd00::1", "0x7f", "xn--", "80",
     "81", "9000", "99999", "\u3002", "\uff0f", "\u2100", "%00", "%2e", "&", ";", " ", "\x00"]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(PARTS, max_size=12).map("".join) | st.text(max_size=40).map("http://".__add__))
@example("http://[fe80::1%25" + "x" * 80 + "]/")
@example("http://1.2.3.4\u3002/")
@example("http://\u00df\u3002test:80/")
def test_any_text_is_a_place_or_one_of_two_errors(text):
    try:
        place = RULES.destination(text)
    except (BlockedByPolicy, InvalidInput):
        return
    assert place.url.scheme in ("http", "https")
    assert not place.url.userinfo
    assert place.port in PORTS or place.host in ("intranet", "fd00::1", "xn--bcher-kva.test")
    assert "%" not in place.host
    assert place.url.raw_host.decode() == place.host
    assert len(str(place.url)) <= 4 * URL_LIMIT


@settings(max_examples=200, deadline=None)
@given(st.lists(PARTS, max_size=6).map("".join), st.integers(-5, 70_000))
def test_any_host_and_port_are_an_end_or_one_of_two_errors(host, port):
    try:
        target, policy = RULES.endpoint(host, port)
    except (BlockedByPolicy, InvalidInput):
        return
    assert target.port == port
    assert policy.allowed_ports == {port}
    assert not {"/", "@", "%", "?", "#"} & set(target.host)


CLOSED = [
    "http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f.1/",
    "http://0177.0.0.1/", "http://0x7f000001/", "http://017700000001/", "http://10.1.2.3/",
    "http://169.254.169.254/", "http://100.64.0.1/", "http://0/", "http://[::1]/",
    "http://[::ffff:10.0.0.1]/", "http://[64:ff9b::a00:1]/", "http://[fe80::1%25eth0]/",
    "http://localhost/", "http://printer.local/", "http://metadata/", "http://127.0.0.1./",
    "https://ann:secret@example.com/", "https://example.com:22/",
    "https://example.com:99999/", "ftp://example.com/", "https://", "https://exa mple.com/",
    "https://example.com/\n", "https://example.com/\x00", "https://[", "https://a..b/",
    "https://\uff11\uff12\uff17.0.0.1/", "https://%31%32%37.0.0.1/", "h" * 3_000,
]  # fmt: skip


@pytest.mark.parametrize("url", CLOSED, ids=ascii)
def test_what_is_private_or_no_address_is_told_without_the_network(url):
    with pytest.raises((BlockedByPolicy, InvalidInput)):
        SafeHttp().check(url)


def test_where_only_https_will_do_named_hosts_may_go_without():
    http = SafeHttp({"10.0.0.1:9000"})

    http.check("https://example.com/hook", https_only=True)
    http.check("http://10.0.0.1:9000/hook", https_only=True)
    http.check("http://example.com/hook")
    with pytest.raises(BlockedByPolicy, match="https://"):
        http.check("http://example.com/hook", https_only=True)
    with pytest.raises(BlockedByPolicy):
        http.check("https://10.0.0.1/hook", https_only=True)
