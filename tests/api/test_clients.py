"""Where a request comes from: proxies of ours are believed, and nobody else (S-15)."""

import pytest

from taskforge.api.clients import client_ip, network_of


def asked(peer: str | None, *forwarded: str) -> dict[str, object]:
    headers = [(b"x-forwarded-for", entry.encode("latin-1")) for entry in forwarded]
    hearsay = [(b"forwarded", b"for=198.51.100.99"), (b"x-real-ip", b"198.51.100.99")]
    return {"client": (peer, 1) if peer else None, "headers": [*hearsay, *headers, *hearsay]}


@pytest.mark.parametrize(
    ("hops", "peer", "forwarded", "expected"),
    [
        (0, "192.0.2.1", (), "192.0.2.1"),
        (0, "192.0.2.1", ("203.0.113.9",), "192.0.2.1"),
        (1, "192.0.2.1", ("203.0.113.9",), "203.0.113.9"),
        (1, "192.0.2.1", ("1.1.1.1, 203.0.113.9",), "203.0.113.9"),
        (2, "192.0.2.1", ("1.1.1.1, 203.0.113.9", "198.51.100.2"), "203.0.113.9"),
        (2, "192.0.2.1", ("203.0.113.9",), "192.0.2.1"),
        (1, "192.0.2.1", ("'; DROP TABLE",), "192.0.2.1"),
        (2, "192.0.2.1", ("1.1.1.1", "203.0.113.9", "198.51.100.2"), "203.0.113.9"),
        (1, "192.0.2.1", ("203.0.113.9", ""), "192.0.2.1"),
        (1, "192.0.2.1", ("203.0.113.9,",), "192.0.2.1"),
        (1, "192.0.2.1", ("for=203.0.113.9",), "192.0.2.1"),
        (1, "192.0.2.1", ("\x00\xff" * 2_000,), "192.0.2.1"),
        (1, "192.0.2.1", (" 203.0.113.9\t",), "203.0.113.9"),
        (1, "192.0.2.1", ("203.0.113.9:50000",), "203.0.113.9"),
        (1, "192.0.2.1", ("[2001:DB8::1]:50000",), "2001:db8::1"),
        (1, "192.0.2.1", ("[2001:db8::1]",), "2001:db8::1"),
        (1, "192.0.2.1", ("fe80::1%eth0",), "fe80::1"),
        (1, "192.0.2.1", ("::ffff:203.0.113.9",), "203.0.113.9"),
        (0, "::ffff:192.0.2.1", (), "192.0.2.1"),
        (0, "2001:db8::1", ("203.0.113.9",), "2001:db8::1"),
        (1, None, ("203.0.113.9",), "203.0.113.9"),
        (1, None, (), "unknown"),
        (0, None, (), "unknown"),
    ],
)
def test_only_our_own_proxies_are_believed(
    hops: int, peer: str | None, forwarded: tuple[str, ...], expected: str
):
    assert client_ip(asked(peer, *forwarded), hops) == expected


@pytest.mark.parametrize(
    ("ip", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::", "2001:db8:1:2::"),
        ("2001:db8:1:3::", "2001:db8:1:3::"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::"),
        ("garbage", "unknown"),
    ],
)
def test_an_ipv6_client_is_its_64(ip: str, network: str):
    assert network_of(ip) == network
