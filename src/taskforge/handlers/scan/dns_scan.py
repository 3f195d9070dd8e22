"""Scan type `dns`: what a name says about mail, certificates and signatures."""

import re

from dns.name import Name, from_text, root
from dns.rdtypes.ANY.MX import MX

from taskforge.core.failures import TargetError
from taskforge.handlers.scan.dns_rules import (
    CAA_MISSING,
    DMARC_MISSING,
    DMARC_SILENT,
    DMARC_WATCHES,
    DNSSEC_MISSING,
    DNSSEC_UNCHAINED,
    MX_DANGLING,
    NS_SINGLE,
    SPF_LOOKUPS,
    SPF_MISSING,
    SPF_OPEN,
    SPF_SEVERAL,
)
from taskforge.handlers.scan.finding import Check, Finding, Outcome, Rule, Severity, found
from taskforge.handlers.scan.names import Names, climb, known, names_for, texts
from taskforge.handlers.scan.scene import Once, Scene

LOOKUPS = 10
"""RFC 7208, 4.6.4."""
MAIL_SERVERS = 10
"""How many are looked up."""

_LOOKUP = re.compile(r"[+?~-]?(include:|exists:|redirect=|a([:/]|$)|mx([:/]|$)|ptr(:|$))")


def checks(scene: Scene) -> list[Check]:
    """The steps of this scan, in order."""
    zone = _Zone(scene)
    return [
        Check("zone", zone.servers),
        Check("spf", zone.spf),
        Check("dmarc", zone.dmarc),
        Check("mail servers", zone.mail_servers),
        *caa_checks(scene),
        Check("dnssec", zone.dnssec),
    ]


def caa_checks(scene: Scene) -> list[Check]:
    """The part that a `tls` scan takes over."""

    async def caa() -> Outcome:
        names = names_for(scene)
        await names.ask(from_text(scene.target.host), "CAA")  # it has to exist
        # The nearest name that has such records decides (RFC 8659, 3).
        for name in climb(from_text(scene.target.host)):
            records = await known(names, name, "CAA")
            if records:
                listed = sorted(record.to_text() for record in records)[:20]
                return Outcome(judged=[CAA_MISSING], facts={"caa": listed})
        return Outcome([_found(scene, CAA_MISSING)], [CAA_MISSING])

    return [Check("certificate authorities", caa)]


class _Zone:
    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._name = from_text(scene.target.host)
        self._names = Once(self._open)
        self._apex = Once(self._find_apex)
        self._mail = Once(self._find_mail)

    async def servers(self) -> Outcome:
        names, apex = await self._names(), await self._apex()
        servers = sorted(record.to_text() for record in await known(names, apex, "NS"))[:20]
        facts = {"dns": {"zone": _text(apex), "name_servers": servers}}
        findings = []
        if len(servers) < 2:
            findings = [_found(self._scene, NS_SINGLE, ", ".join(servers) or "none")]
        return Outcome(findings, [NS_SINGLE], facts)

    async def spf(self) -> Outcome:
        names, (domain, servers) = await self._names(), await self._mail()
        records = [
            text for text in await texts(names, domain)
            if text.lower() == "v=spf1" or text.lower().startswith("v=spf1 ")
        ]  # fmt: skip
        rules = [SPF_MISSING, SPF_SEVERAL, SPF_OPEN, SPF_LOOKUPS]
        if not records:
            severity = SPF_MISSING.severity if servers else Severity.LOW
            finding = _found(self._scene, SPF_MISSING, f"at {_text(domain)}", severity=severity)
            return Outcome([finding], rules[:1], {"mail_domain": _text(domain)})
        findings = [_found(self._scene, *flaw) for flaw in spf_flaws(records)]
        return Outcome(findings, rules, {"mail_domain": _text(domain), "spf": records[:5]})

    async def dmarc(self) -> Outcome:
        names, (domain, _) = await self._names(), await self._mail()
        # The name's own policy, or that of the nearest name above it (a tree walk).
        for name in climb(domain):
            records = [
                text for text in await texts(names, from_text("_dmarc", name))
                if text.lower().replace(" ", "").startswith("v=dmarc1")
            ]  # fmt: skip
            if records:
                rules = [DMARC_MISSING, DMARC_WATCHES, DMARC_SILENT]
                findings = [
                    _found(self._scene, rule, records[0]) for rule in dmarc_flaws(records[0])
                ]
                return Outcome(findings, rules, {"dmarc": records[0][:300]})
        finding = _found(self._scene, DMARC_MISSING, f"at _dmarc.{_text(domain)} and above")
        return Outcome([finding], [DMARC_MISSING])

    async def mail_servers(self) -> Outcome:
        names, (_, servers) = await self._names(), await self._mail()
        findings = [
            _found(self._scene, MX_DANGLING, _text(server), key=_text(server))
            for server in servers[:MAIL_SERVERS]
            if not (await known(names, server, "A") or await known(names, server, "AAAA"))
        ]
        facts = {"mail_servers": [_text(server) for server in servers[:MAIL_SERVERS]]}
        return Outcome(findings, [MX_DANGLING] if servers else [], facts)

    async def dnssec(self) -> Outcome:
        names, apex = await self._names(), await self._apex()
        keys = await known(names, apex, "DNSKEY")
        chained = bool(keys) and bool(await known(names, apex, "DS"))
        facts = {"dnssec": {"signed": bool(keys), "chained": chained}}
        rules = [DNSSEC_MISSING, DNSSEC_UNCHAINED]
        if chained:
            return Outcome(judged=rules, facts=facts)
        broken = DNSSEC_UNCHAINED if keys else DNSSEC_MISSING
        return Outcome([_found(self._scene, broken, _text(apex))], [broken], facts)

    async def _open(self) -> Names:
        return names_for(self._scene)

    async def _find_apex(self) -> Name:
        names = await self._names()
        await names.ask(self._name, "SOA")  # the target has to exist; those above it need not
        for name in climb(self._name):
            if await known(names, name, "SOA"):
                return name
        raise TargetError("The name belongs to no zone that could be found.")

    async def _find_mail(self) -> tuple[Name, list[Name]]:
        """The name that mail goes to, and its servers: the target, or else its zone."""
        names, apex = await self._names(), await self._apex()
        for name in dict.fromkeys((self._name, apex)):
            records = [each for each in await known(names, name, "MX") if isinstance(each, MX)]
            servers = [record.exchange for record in records if record.exchange != root]
            if servers:
                return name, sorted(servers)
        return apex, []


def spf_flaws(records: list[str]) -> list[tuple[Rule, str]]:
    """What is wrong with the SPF records of a name, with evidence; none is one of them."""
    flaws: list[tuple[Rule, str]] = []
    if len(records) > 1:
        flaws.append((SPF_SEVERAL, " | ".join(records)))
    terms = records[0].lower().split()[1:]
    ends = [term for term in terms if term in ("all", "+all", "?all", "~all", "-all")]
    onward = any(term.startswith("redirect=") for term in terms)
    if ends[:1] in (["all"], ["+all"], ["?all"]) or (not ends and not onward):
        flaws.append((SPF_OPEN, records[0]))
    lookups = sum(1 for term in terms if _LOOKUP.match(term))
    if lookups > LOOKUPS:
        flaws.append((SPF_LOOKUPS, f"{lookups} in the record itself"))
    return flaws


def dmarc_flaws(record: str) -> list[Rule]:
    """What is weak about a DMARC record."""
    tags = {
        key.strip().lower(): value.strip().lower()
        for key, _, value in (part.partition("=") for part in record.split(";"))
    }
    flaws: list[Rule] = []
    if tags.get("p", "none") not in ("quarantine", "reject"):
        flaws.append(DMARC_WATCHES)
    if not tags.get("rua"):
        flaws.append(DMARC_SILENT)
    return flaws


def _found(
    scene: Scene, rule: Rule, evidence: str = "", *, key: str = "",
    severity: Severity | None = None,
) -> Finding:  # fmt: skip
    return found(rule, scene.place(scene.target.host, key=key), evidence, severity=severity)


def _text(name: Name) -> str:
    return name.to_text(omit_final_dot=True)
