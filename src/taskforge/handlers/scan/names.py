"""Asking the DNS, and the bundled zone of the demo host, in one shape.

dnspython opens sockets of its own, beside the guarded client. They lead to the configured
resolvers and nowhere else: a target chooses what is asked, never who is asked.
"""

from ipaddress import ip_address
from typing import Protocol

from dns.asyncresolver import Resolver
from dns.exception import DNSException, Timeout
from dns.name import Name, from_text
from dns.nameserver import Do53Nameserver, Nameserver
from dns.rdata import Rdata
from dns.rdatatype import from_text as type_from_text
from dns.rdtypes.txtbase import TXTBase
from dns.resolver import NXDOMAIN, NoResolverConfiguration
from dns.zone import Zone
from dns.zone import from_text as zone_from_text

from taskforge.core.failures import NotConfigured, TargetError
from taskforge.core.outbound import HttpFailed
from taskforge.handlers.scan.scene import Scene

NAMESERVERS = "SCAN_NAMESERVERS"
"""Setting: `address` or `address:port`, separated by commas; empty: the system's resolvers."""
ANSWER_SECONDS = 5.0
"""For one question, tries with other resolvers included."""
BUNDLED_ZONE = """
@ 300 IN SOA ns.taskforge.test. hostmaster.taskforge.test. 1 7200 900 1209600 300
@ 300 IN NS ns.taskforge.test.
@ 300 IN A 192.0.2.10
@ 300 IN MX 10 mail.broken.taskforge.test.
@ 300 IN MX 20 gone.broken.taskforge.test.
@ 300 IN TXT "v=spf1 include:mail.taskforge.test +all"
mail 300 IN A 192.0.2.11
_dmarc 300 IN TXT "v=DMARC1; p=none"
"""
"""Addresses are of TEST-NET-1 (RFC 5737)."""


class NoSuchName(TargetError):
    """The DNS does not know the name."""


class Names(Protocol):
    """Something that knows records."""

    backend: str
    """Who answers, for the result."""

    async def ask(self, name: Name, kind: str) -> list[Rdata]:
        """The records of a name; empty when it has none of that kind.

        Raises:
            NoSuchName: the name does not exist.
            HttpFailed: nobody answered, or not usably; reason `dns` or `timeout`.
        """
        ...


class LiveNames:
    """The DNS, through the configured resolvers."""

    backend = "dnspython, configured resolvers"

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver

    async def ask(self, name: Name, kind: str) -> list[Rdata]:
        """Ask; see `Names`."""
        try:
            answer = await self._resolver.resolve(
                name, kind, search=False, raise_on_no_answer=False, lifetime=ANSWER_SECONDS
            )
        except NXDOMAIN as error:
            raise NoSuchName("The DNS does not know the name.") from error
        except Timeout as error:
            raise HttpFailed("The resolver did not answer in time.", reason="timeout") from error
        except DNSException as error:
            raise HttpFailed("The DNS gave no usable answer.", reason="dns") from error
        return [] if answer.rrset is None else list(answer.rrset)


class ZoneNames:
    """One zone in memory."""

    def __init__(self, zone: Zone, backend: str) -> None:
        self.backend = backend
        self._zone = zone

    async def ask(self, name: Name, kind: str) -> list[Rdata]:
        """Look up; see `Names`."""
        node = self._zone.get_node(name)
        if node is None:
            raise NoSuchName("The bundled zone does not know the name.")
        found = node.get_rdataset(self._zone.rdclass, type_from_text(kind))
        return [] if found is None else list(found)


def names_for(scene: Scene) -> Names:
    """Who answers for the scene's target.

    Raises:
        NotConfigured: SCAN_NAMESERVERS is malformed, or the system has no resolver.
    """
    if scene.target.is_demo:
        origin = from_text(scene.target.host)
        return ZoneNames(zone_from_text(BUNDLED_ZONE, origin, relativize=False), "bundled zone")
    return LiveNames(_resolver(scene.ctx.setting(NAMESERVERS)))


async def texts(names: Names, name: Name) -> list[str]:
    """The TXT records of a name, each joined; empty too when the name does not exist."""
    records = await known(names, name, "TXT")
    return [
        b"".join(record.strings).decode(errors="replace")
        for record in records
        if isinstance(record, TXTBase)
    ]


async def known(names: Names, name: Name, kind: str) -> list[Rdata]:
    """The records of a name; empty too when the name does not exist."""
    try:
        return await names.ask(name, kind)
    except NoSuchName:
        return []


def climb(name: Name) -> list[Name]:
    """A name and what is above it, without the top level and the root."""
    steps: list[Name] = []
    while len(name.labels) > 2:
        steps.append(name)
        name = name.parent()
    return steps


def _resolver(setting: str) -> Resolver:
    listed = [each.strip() for each in setting.split(",") if each.strip()]
    try:
        resolver = Resolver(configure=not listed)
    except NoResolverConfiguration as error:
        raise NotConfigured(
            f"This machine has no DNS resolver; name one in {NAMESERVERS}, such as 192.0.2.53."
        ) from error
    if listed:
        resolver.nameservers = [_nameserver(each) for each in listed]
    return resolver


def _nameserver(text: str) -> Nameserver:
    host, _, port = text.rpartition(":") if text.count(":") == 1 else (text, "", "53")
    try:
        return Do53Nameserver(str(ip_address(host.strip("[]"))), int(port))
    except ValueError as error:
        raise NotConfigured(
            f"{NAMESERVERS}: {text!r} is not `address` or `address:port`."
        ) from error
