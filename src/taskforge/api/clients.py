"""Where a request comes from, behind any number of proxies that we know of (S-15)."""

from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Any

from taskforge.flows.sessions import Place

_UNKNOWN = "unknown"


def header(scope: Any, name: bytes) -> str | None:
    """A header's first value; `name` in lower case. Reads the raw list: no object is built."""
    for key, value in scope["headers"]:
        if key == name:
            return value.decode("latin-1")
    return None


def client_ip(scope: Any, trusted_hops: int) -> str:
    """The client's address, `unknown` on a unix socket without a proxy.

    Each proxy appends the peer it saw to X-Forwarded-For, so only the last `trusted_hops` entries
    were written by proxies of ours; the first of those is the client. Anything before is hearsay.
    """
    client = scope.get("client")
    peer = client[0] if client else _UNKNOWN
    if trusted_hops == 0:
        return peer
    seen = [
        entry.strip()
        for key, value in scope["headers"]
        if key == b"x-forwarded-for"
        for entry in value.decode("latin-1").split(",")
    ]
    claimed = seen[-trusted_hops] if len(seen) >= trusted_hops else peer
    try:
        return str(ip_address(claimed))
    except ValueError:
        return peer


def network_of(ip: str) -> str:
    """What is counted as one client: the IPv4 address, or the /64 of an IPv6 one."""
    try:
        address = ip_address(ip)
    except ValueError:
        return _UNKNOWN
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(IPv6Network((address, 64), strict=False).network_address)
    return str(address)


def place_of(scope: Any, trusted_hops: int) -> Place:
    """Where a sign-in comes from."""
    ip = client_ip(scope, trusted_hops)
    agent = header(scope, b"user-agent")
    return Place(ip, network_of(ip), agent[:256].replace("\x00", "") if agent else None)
