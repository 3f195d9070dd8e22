"""Where a request comes from, behind any number of proxies that we know of (S-15)."""

import re
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Any

from taskforge.flows.guesses import Place

_UNKNOWN = "unknown"
_WITH_PORT = re.compile(r"\[([\w:.%]+)\](?::\d+)?|([0-9.]+):\d+", re.ASCII)


def header(scope: Any, name: bytes) -> str | None:
    """A header's first value; `name` in lower case. Reads the raw list: no object is built."""
    for key, value in scope["headers"]:
        if key == name:
            return value.decode("latin-1")
    return None


def client_ip(scope: Any, trusted_hops: int) -> str:
    """The client's address, `unknown` on a unix socket without a proxy.

    Each proxy appends the peer it saw to X-Forwarded-For, so only the last `trusted_hops` entries
    were written by proxies of ours; the first of those is the client. Anything before is hearsay,
    and so are `Forwarded` and `X-Real-IP`, which a proxy may hand through as they came.
    """
    client = scope.get("client")
    peer = client[0] if client else ""
    if trusted_hops:
        seen = [
            entry
            for key, value in scope["headers"]
            if key == b"x-forwarded-for"
            for entry in value.decode("latin-1").split(",")
        ]
        claimed = _address(seen[-trusted_hops]) if len(seen) >= trusted_hops else None
        if claimed:
            return claimed
    return _address(peer) or _UNKNOWN


def _address(text: str) -> str | None:
    """An address in its usual form, without zone and port; some proxies add the port.

    An IPv4 client of a socket for both families is an IPv4 client.
    """
    found = _WITH_PORT.fullmatch(text.strip())
    bare = (found[1] or found[2]) if found else text.strip()
    try:
        address = ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)


def network_of(ip: str) -> str:
    """What is counted as one client: the IPv4 address, or the /64 of an IPv6 one."""
    address = _address(ip)
    if address is None:
        return _UNKNOWN
    if ":" in address:
        return str(IPv6Network((address, 64), strict=False).network_address)
    return address


def place_of(scope: Any, trusted_hops: int) -> Place:
    """Where a sign-in comes from."""
    ip = client_ip(scope, trusted_hops)
    agent = header(scope, b"user-agent")
    return Place(ip, network_of(ip), agent[:256].replace("\x00", "") if agent else None)
