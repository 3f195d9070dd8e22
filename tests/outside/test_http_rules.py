"""Whatever is written as an address, the answer is a place or one of two errors."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from taskforge.core.failures import BlockedByPolicy, InvalidInput
from taskforge.core.outbound import URL_LIMIT
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
