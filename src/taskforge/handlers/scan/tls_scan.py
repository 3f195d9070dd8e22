"""Scan type `tls`: versions and ciphers that a server offers, and its certificate.

What is offered is said as such; whether it can be attacked depends on more than that.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from socket import socket

from taskforge.core.failures import TargetError
from taskforge.core.outbound import HttpFailed
from taskforge.handlers.scan.certificate import RULES as CERTIFICATE_RULES
from taskforge.handlers.scan.certificate import defects, described, read_certificate
from taskforge.handlers.scan.finding import Check, Finding, Outcome, Rule, Severity, found
from taskforge.handlers.scan.handshake import (
    VERSIONS,
    Handshake,
    NotAgreed,
    context_for,
    shake,
    verifying_context,
)
from taskforge.handlers.scan.permit import require_permit
from taskforge.handlers.scan.scene import Once, Scene
from taskforge.handlers.scan.weak_server import WeakServer, weak_certificate

PORT = 443
OLD = ("TLSv1", "TLSv1.1")
BEST_FIRST = tuple(reversed(VERSIONS))
WEAK_CIPHERS = "aNULL:eNULL:EXPORT:LOW:3DES:RC4:MD5:@SECLEVEL=0"
STATIC_CIPHERS = "kRSA:!eNULL:@SECLEVEL=0"
MOZILLA = "https://wiki.mozilla.org/Security/Server_Side_TLS"

OLD_VERSION = Rule(
    "tls.old_version", Severity.MEDIUM, "protocol", "An outdated TLS version is offered",
    "No outdated TLS version is offered", "Offer TLS 1.2 and 1.3 only.",
    ("https://www.rfc-editor.org/rfc/rfc8996", MOZILLA), 327,
)  # fmt: skip
NO_TLS13 = Rule(
    "tls.no_tls13", Severity.LOW, "protocol", "TLS 1.3 is not offered", "TLS 1.3 is offered",
    "Switch TLS 1.3 on.", ("https://www.rfc-editor.org/rfc/rfc8446", MOZILLA),
)  # fmt: skip
WEAK_CIPHER = Rule(
    "tls.weak_cipher", Severity.HIGH, "cipher", "A weak cipher is offered",
    "No weak cipher was agreed to", "Remove NULL, anonymous, export, RC4 and 3DES suites.",
    (MOZILLA,), 327,
)  # fmt: skip
NO_SECRECY = Rule(
    "tls.no_forward_secrecy", Severity.MEDIUM, "cipher",
    "The cipher that is chosen has no forward secrecy", "The chosen cipher has forward secrecy",
    "Prefer ECDHE suites.", (MOZILLA,), 325,
)  # fmt: skip
STATIC_KEYS = Rule(
    "tls.static_keys", Severity.LOW, "cipher", "Suites without forward secrecy are offered",
    "Only suites with forward secrecy are offered", "Remove suites with RSA key exchange.",
    (MOZILLA,), 325,
)  # fmt: skip
UNTRUSTED = Rule(
    "tls.untrusted", Severity.HIGH, "certificate", "The certificate's chain is not trusted",
    "The certificate's chain is trusted", "Serve the whole chain of a public authority, or add"
    " your own authority where clients look for it.", (MOZILLA,), 295,
)  # fmt: skip


def checks(scene: Scene) -> list[Check]:
    """The steps of this scan, in order."""
    server = _Server(scene)
    return [
        Check("tls versions", server.versions),
        Check("ciphers", server.ciphers),
        Check("certificate", server.certificate),
        Check("trust", server.trust),
    ]


class _Server:
    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._port = scene.target.port or PORT
        self._opener = Once(self._open)
        self._agreed = Once(self._probe_versions)

    async def versions(self) -> Outcome:
        await self._best()
        agreed = await self._agreed()
        findings = [
            self._found(OLD_VERSION, f"{version} is offered", version)
            for version in OLD
            if isinstance(agreed[version], Handshake)
        ]
        judged = [OLD_VERSION, NO_TLS13]
        if agreed["TLSv1.3"] is None:
            findings.append(self._found(NO_TLS13))
        facts = {version: _word(answer) for version, answer in agreed.items()}
        return Outcome(findings, judged, {"tls_versions": facts})

    async def ciphers(self) -> Outcome:
        best = await self._best()
        findings: list[Finding] = []
        if not best.cipher.startswith(("TLS_", "ECDHE", "DHE")):
            findings.append(self._found(NO_SECRECY, best.cipher))
        weak = await self._probe("TLSv1.2", WEAK_CIPHERS)
        if isinstance(weak, Handshake):
            findings.append(self._found(WEAK_CIPHER, weak.cipher))
        static = await self._probe("TLSv1.2", STATIC_CIPHERS)
        if isinstance(static, Handshake):
            findings.append(self._found(STATIC_KEYS, static.cipher))
        chosen = {"version": best.version, "name": best.cipher, "bits": best.bits}
        return Outcome(findings, [NO_SECRECY, WEAK_CIPHER, STATIC_KEYS], {"cipher": chosen})

    async def certificate(self) -> Outcome:
        now = datetime.now(UTC)
        certificate = read_certificate((await self._best()).certificate)
        findings = [
            self._found(defect.rule, defect.evidence)
            for defect in defects(certificate, self._scene.target.host, now)
        ]
        facts = {"certificate": described(certificate, now)}
        return Outcome(findings, CERTIFICATE_RULES, facts)

    async def trust(self) -> Outcome:
        await self._best()
        context = await asyncio.to_thread(verifying_context)  # it reads the system's certificates
        try:
            await shake(await self._connect(), context, self._sni())
        except ssl.SSLCertVerificationError as error:
            return Outcome([self._found(UNTRUSTED, error.verify_message)], [UNTRUSTED])
        except NotAgreed as error:
            raise TargetError(f"No handshake to judge the chain by: {error}.") from error
        return Outcome(judged=[UNTRUSTED])

    async def _best(self) -> Handshake:
        agreed = await self._agreed()
        for version in BEST_FIRST:
            answer = agreed[version]
            if isinstance(answer, Handshake):
                return answer
        raise TargetError("The server agreed to no TLS version; is there TLS on this port?")

    async def _probe_versions(self) -> dict[str, Handshake | str | None]:
        # Side by side: a server that is silent about one version costs its time once.
        probes = [self._probe(version) for version in VERSIONS]
        answers = await asyncio.gather(*probes, return_exceptions=True)
        agreed: dict[str, Handshake | str | None] = {}
        for version, answer in zip(VERSIONS, answers, strict=True):
            if isinstance(answer, BaseException):
                raise answer
            agreed[version] = answer
        return agreed

    async def _probe(self, version: str, ciphers: str = "") -> Handshake | str | None:
        """A handshake; None if the server declined, and a word if there was no answer to get."""
        context = context_for(version, ciphers) if ciphers else context_for(version)
        if context is None:
            return "not tested"
        connection = await self._connect()
        try:
            return await shake(connection, context, self._sni())
        except NotAgreed:
            return None
        except HttpFailed:
            return "no answer"

    async def _connect(self) -> socket:
        return await (await self._opener())()

    async def _open(self) -> Callable[[], Awaitable[socket]]:
        target, ctx = self._scene.target, self._scene.ctx
        if target.is_demo:
            certificate = await asyncio.to_thread(weak_certificate, datetime.now(UTC))
            return WeakServer(certificate, ctx.workdir()).connect
        reason = await require_permit(self._scene, self._port)
        ctx.log("info", "active scan permitted", host=target.host, port=self._port, reason=reason)
        return lambda: ctx.http.dial(target.host, self._port)

    def _sni(self) -> str | None:
        return None if self._scene.target.is_address else self._scene.target.host

    def _found(self, rule: Rule, evidence: str = "", key: str = "") -> Finding:
        place = self._scene.place(f"{self._scene.target.shown_host}:{self._port}", key=key)
        return found(rule, place, evidence)


def _word(answer: Handshake | str | None) -> str:
    if answer is None:
        return "refused"
    return answer if isinstance(answer, str) else "offered"
