"""Known vulnerabilities of exact versions, by an OSV service (https://google.github.io/osv.dev/)."""

from typing import Any

import msgspec

from taskforge.core.outbound import HttpFailed, HttpLimits
from taskforge.handlers.scan.finding import Finding, Outcome, Rule, Severity, found
from taskforge.handlers.scan.scene import Scene

URL = "OSV_URL"
"""Setting: the service's address, such as https://api.osv.dev; empty: no look-up."""
BATCH = 500
MOST_DETAILS = 60
"""Vulnerabilities whose text is fetched; the others are told by id."""
LIMITS = HttpLimits(total_seconds=15, body_bytes=4 * 1024 * 1024)
LEVELS = {"CRITICAL": Severity.CRITICAL, "HIGH": Severity.HIGH, "MODERATE": Severity.MEDIUM,
          "MEDIUM": Severity.MEDIUM, "LOW": Severity.LOW}  # fmt: skip
VULNERABLE = Rule(
    "dependencies.vulnerable", Severity.HIGH, "dependencies",
    "A version with a known vulnerability", "No version with a vulnerability known to OSV",
    "Move to a version that is not affected.", ("https://osv.dev/list",), 1395,
)  # fmt: skip

Version = tuple[str, str, str, str]
"""Ecosystem, name, version, file."""


class _Known(msgspec.Struct, frozen=True):
    id: str


class _Hits(msgspec.Struct, frozen=True):
    vulns: list[_Known] = []


class _Batch(msgspec.Struct, frozen=True):
    results: list[_Hits]


class _Detail(msgspec.Struct, frozen=True):
    summary: str = ""
    aliases: list[str] = []
    database_specific: dict[str, Any] = {}


async def look_up(scene: Scene, versions: list[Version]) -> Outcome:
    """Ask for all versions, then for what is known of each vulnerability.

    Raises:
        HttpFailed: no usable answer; reason `protocol` when it is not OSV's.
        BlockedByPolicy: the service's address is private and not in OUTBOUND_ALLOWED_HOSTS.
    """
    base = scene.ctx.setting(URL).rstrip("/")
    hits: list[tuple[Version, str]] = []
    for start in range(0, len(versions), BATCH):
        some = versions[start : start + BATCH]
        answer = await _post(scene, f"{base}/v1/querybatch", some)
        for version, result in zip(some, answer.results, strict=False):
            hits += [(version, known.id) for known in result.vulns]
    details: dict[str, _Detail] = {}
    for known in list(dict.fromkeys(known for _, known in hits))[:MOST_DETAILS]:
        details[known] = await _detail(scene, f"{base}/v1/vulns/{known}")
    findings = [_finding(scene, *hit, details.get(hit[1], _Detail())) for hit in hits]
    return Outcome(findings, [VULNERABLE], {"osv": {"versions": len(versions)}})


async def _post(scene: Scene, url: str, versions: list[Version]) -> _Batch:
    queries = [
        {"package": {"ecosystem": ecosystem, "name": name}, "version": version}
        for ecosystem, name, version, _ in versions
    ]
    reply = await scene.ctx.http.fetch(
        url, method="POST", headers={"content-type": "application/json"},
        body=msgspec.json.encode({"queries": queries}), limits=LIMITS,
    )  # fmt: skip
    try:
        return msgspec.json.decode(reply.body, type=_Batch)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise HttpFailed("The OSV service did not answer as one.", reason="protocol") from error


async def _detail(scene: Scene, url: str) -> _Detail:
    reply = await scene.ctx.http.fetch(url, limits=LIMITS)
    try:
        return msgspec.json.decode(reply.body, type=_Detail)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return _Detail()


def _finding(scene: Scene, version: Version, known: str, detail: _Detail) -> Finding:
    _, name, exact, file = version
    level = LEVELS.get(str(detail.database_specific.get("severity")).upper())
    aliases = f" ({', '.join(detail.aliases[:3])})" if detail.aliases else ""
    title = f"{name} {exact}: {detail.summary or known}"
    return found(
        VULNERABLE, scene.place(file, key=f"{name}\n{known}"), f"{known}{aliases}",
        severity=level, title=title,
    )  # fmt: skip
