"""Where the guarded client may go, as far as an address tells before its name is looked up.

S-30 points 1 and 4. What the name turns out to point at is judged by the `Policy` that comes with
the answer, once, at the moment of connecting.
"""

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from ipaddress import ip_address, ip_network
from socket import AF_INET, AF_INET6, inet_aton
from typing import NamedTuple

import httpx
import psutil
from ssrfguard import DEFAULT_DENIED, AddressTable, Block, BlockedURLError, Policy, Reach, Target

from taskforge.core.failures import BlockedByPolicy, InvalidInput
from taskforge.core.outbound import URL_LIMIT

SCHEMES = frozenset({"http", "https"})
PORTS = frozenset({80, 443, 8080, 8443})
MAPPED = ip_network("::ffff:0:0/96")
"""IPv4 in the clothes of IPv6: judged by what it is inside."""
REFUSED = "Jobs may not reach this address."
"""The one answer for all that is private: it tells neither what is there nor why it is closed."""

CLOSED_NAMES = frozenset({"metadata.goog", "instance-data.ec2.internal"})
CLOSED_DOMAINS = (".localhost", ".local", ".internal", ".home.arpa", ".onion")
"""Names that mean something in a local network only (RFC 6761, 6762, 7686, 8375; ICANN 2024)."""

_BLANK = re.compile(r"[\x00-\x20\x7f]")
_PORTLESS = re.compile(r"\[?([^\[\]]+?)\]?")
_WITH_PORT = re.compile(r"(?:\[([^\[\]]+)\]|([^:\[\]]+)):(\d{1,5})")


class Destination(NamedTuple):
    """Where one request goes."""

    url: httpx.URL
    host: str
    """In ASCII and lower case; no brackets, no final dot."""
    port: int
    policy: Policy
    """What the addresses of the host are held against."""
    own: bool
    """Whether an application of ours answers, without a socket."""
    named: bool
    """Whether the operator has named it among the allowed."""

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port: what may see what was meant for this place."""
        return self.url.scheme, self.host, self.port

    @property
    def target(self) -> Target:
        """The same, as `ssrfguard.resolve` wants it."""
        return _target(self.url.scheme, self.host, self.port)


class Rules:
    """What the operator allows, and what nobody may.

    Args:
        allowed: `host` (all its ports) or `host:port`, which may have private addresses.
        own: host names that applications of ours answer for.
        ports: of all other hosts.
    """

    def __init__(
        self,
        allowed: Iterable[str],
        *,
        own: Iterable[str] = (),
        ports: Iterable[int] = PORTS,
    ) -> None:
        self._ports = frozenset(ports)
        self._allowed = frozenset(_place(entry) for entry in allowed)
        self._own = frozenset(_plain_host(host) for host in own)
        self._outside = _outside()
        self._public = Policy(allowed_ports=self._ports, denied_networks=self._outside)
        self._trusted = AddressTable(tuple(filter(_closed_to_all, DEFAULT_DENIED.blocks)))
        self._policies: dict[int, Policy] = {}

    def destination(self, url: str | httpx.URL) -> Destination:
        """Read an address and judge what can be judged of it by now.

        Raises:
            InvalidInput: it is no address of a web page.
            BlockedByPolicy: scheme, port, user name or host are not allowed.
        """
        parsed = _parsed(url)
        host = _plain_host(parsed.raw_host.decode("ascii"))
        port = parsed.port or (443 if parsed.scheme == "https" else 80)
        own = host in self._own
        named = not own and self._is_allowed(host, port)
        if named:
            policy = self._for_trusted(port)
        else:
            policy = self._public
            self._judge(host, port, own=own)
        try:
            if parsed.raw_host.decode("ascii") != host:
                parsed = parsed.copy_with(host=host)
            judged = policy.check_url(str(parsed))
        except (BlockedURLError, httpx.InvalidURL):
            raise BlockedByPolicy(REFUSED) from None
        if (judged.host, judged.port) != (host, port):
            raise BlockedByPolicy(REFUSED)  # two parsers, two opinions
        return Destination(parsed, host, port, policy, own, named)

    def endpoint(self, host: str, port: int) -> tuple[Target, Policy]:
        """Judge a host and a port, for `dial`: any port of a public host will do.

        Raises:
            InvalidInput: they are no host and port.
            BlockedByPolicy: the host is not allowed.
        """
        try:
            shown = f"[{host}]" if ":" in host else host
            parsed = httpx.URL(scheme="http", host=shown, port=port)
        except (httpx.InvalidURL, ValueError) as error:
            raise InvalidInput("This is not the name or address of a host.") from error
        name = _plain_host(parsed.raw_host.decode("ascii"))
        if not name or not 1 <= port <= 65_535:
            raise InvalidInput("This is not a host and a port.")
        if self._is_allowed(name, port):
            policy = self._for_trusted(port)
        else:
            _judge_name(name)
            policy = Policy(allowed_ports=frozenset({port}), denied_networks=self._outside)
        target = _target("tcp", name, port)
        try:
            shown = f"[{name}]" if ":" in name else name
            judged = policy.check_url(f"http://{shown}:{port}/")
        except BlockedURLError:
            raise BlockedByPolicy(REFUSED) from None
        if (judged.host, judged.port) != (name, port):
            raise BlockedByPolicy(REFUSED)
        return target, policy

    def _is_allowed(self, host: str, port: int) -> bool:
        return bool({(host, None), (host, port)} & self._allowed)

    def _judge(self, host: str, port: int, *, own: bool) -> None:
        if port not in self._ports:
            listed = ", ".join(map(str, sorted(self._ports)))
            raise BlockedByPolicy(f"Jobs may use the ports {listed}.")
        if not own:
            _judge_name(host)

    def _for_trusted(self, port: int) -> Policy:
        if port not in self._policies:
            self._policies[port] = Policy(
                allowed_ports=frozenset({port}), denied_networks=self._trusted
            )
        return self._policies[port]


def _parsed(url: str | httpx.URL) -> httpx.URL:
    text = str(url)
    if len(text) > URL_LIMIT:
        raise InvalidInput(f"An address may have {URL_LIMIT:,} characters.")
    if _BLANK.search(text):
        raise InvalidInput("An address may not contain blanks or control characters.")
    try:
        parsed = httpx.URL(text)
    except (httpx.InvalidURL, ValueError) as error:
        raise InvalidInput("This is not an address of a web page.") from error
    if not parsed.scheme or (parsed.scheme in SCHEMES and not parsed.raw_host):
        raise InvalidInput("An address begins with http:// or https:// and names a host.")
    if parsed.scheme not in SCHEMES:
        raise BlockedByPolicy("Jobs may use http and https, and no other scheme.")
    if parsed.userinfo or b"@" in parsed.netloc:
        raise BlockedByPolicy("An address may not carry a user name or a password.")
    return parsed


def _judge_name(host: str) -> None:
    is_name = not (":" in host or host.replace(".", "").isdigit())
    # A name without a dot is completed by the resolver, to something in the local network.
    local = "." not in host or host.endswith(CLOSED_DOMAINS) or host in CLOSED_NAMES
    if is_name and (local or _is_disguised(host)):
        raise BlockedByPolicy(REFUSED)


def _is_disguised(host: str) -> bool:
    """Whether a resolver takes it for an address although it is not written as one (`0x7f.1`)."""
    try:
        inet_aton(host)
    except OSError:
        return False
    return True


def _target(scheme: str, host: str, port: int) -> Target:
    address = None
    with suppress(ValueError):
        address = ip_address(host)
    return Target(scheme=scheme, host=host, port=port, host_as_written=host, address=address)


def _plain_host(host: str) -> str:
    """A host as it is compared: IDNA, lower case, addresses in their short form, no final dot."""
    name = host.strip().lower().removesuffix(".")
    with suppress(ValueError, httpx.InvalidURL):
        if not name.isascii():
            name = httpx.URL(scheme="http", host=name).raw_host.decode("ascii")
        return str(ip_address(name))
    return name


def _place(entry: str) -> tuple[str, int | None]:
    """What the operator wrote, as a host and, if named, a port."""
    if found := _WITH_PORT.fullmatch(entry.strip()):
        return _plain_host(found[1] or found[2]), int(found[3])
    found = _PORTLESS.fullmatch(entry.strip())
    return _plain_host(found[1] if found else entry), None


def _outside() -> AddressTable:
    """The addresses that jobs may reach: public ones of other machines (S-30.4).

    Stricter than the library's table: what carries an IPv4 address to a gateway (NAT64, 6to4,
    Teredo) is closed whatever it carries, and so is all of IPv6 that is not global unicast.
    """
    blocks = [
        replace(block, reach=Reach.DENIED)
        if block.reach is Reach.TRANSLATED and block.network != MAPPED
        else block
        for block in DEFAULT_DENIED.blocks
    ]
    blocks += [
        Block(ip_network("::/0"), "unassigned", "RFC4291", Reach.DENIED),
        Block(ip_network("2000::/3"), "global unicast", "RFC4291", Reach.PERMITTED),
    ]
    known = {block.network for block in blocks}
    return AddressTable((*blocks, *(b for b in _this_machine() if b.network not in known)))


def _this_machine() -> list[Block]:
    found = {
        ip_network(address.address.partition("%")[0])
        for addresses in psutil.net_if_addrs().values()
        for address in addresses
        if address.family in (AF_INET, AF_INET6)
    }
    return [Block(network, "this machine", "S-30", Reach.DENIED) for network in found]


def _closed_to_all(block: Block) -> bool:
    """Whether a block stays closed for allowed hosts too: where clouds keep their metadata.

    Blocks that carry another address inside are kept, so that it is found.
    """
    name = block.name.lower()
    return block.reach is Reach.TRANSLATED or "metadata" in name or name.startswith("link")
