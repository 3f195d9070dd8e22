"""One scan from its checks to its result."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

import msgspec

from taskforge.core.failures import BlockedByPolicy, JobError, JobTimeout
from taskforge.handlers.base import Context
from taskforge.handlers.scan import dns_scan, headers, ports_scan, tls_scan
from taskforge.handlers.scan.compare import compare
from taskforge.handlers.scan.finding import RANK, Check, Finding, Outcome, Rule, Skipped
from taskforge.handlers.scan.grade import graded
from taskforge.handlers.scan.payload import READS_TEXT, ScanPayload, ScanType
from taskforge.handlers.scan.result import (
    Result,
    Summary,
    at_least,
    counted,
    fit,
    kept_rules,
)
from taskforge.handlers.scan.sarif import MEDIA_TYPE, NAME, sarif
from taskforge.handlers.scan.scene import Scene
from taskforge.handlers.scan.text_scans import code_checks, dependency_checks, secret_checks

SPARE_SECONDS = 5.0
"""Kept of the attempt's time for making the result of what was found."""
MOST_SKIPPED = 100


def _tls_checks(scene: Scene) -> list[Check]:
    aside: list[Check] = []
    if not scene.target.is_address and "." in scene.target.host:
        aside += dns_scan.caa_checks(scene)
    if scene.target.port in (None, 443):  # another port's page, if any, is another server's
        aside += headers.hsts_checks(scene)
    return tls_scan.checks(scene) + [check._replace(main=False) for check in aside]


def _full_checks(scene: Scene) -> list[Check]:
    named = [] if scene.target.is_address else dns_scan.checks(scene)
    return [*headers.checks(scene), *tls_scan.checks(scene), *named]


CHECKS: Mapping[ScanType, Callable[[Scene], list[Check]]] = {
    ScanType.HEADERS: headers.checks,
    ScanType.TLS: _tls_checks,
    ScanType.DNS: dns_scan.checks,
    ScanType.PORTS: ports_scan.checks,
    ScanType.SECRETS: secret_checks,
    ScanType.CODE: code_checks,
    ScanType.DEPENDENCIES: dependency_checks,
    ScanType.FULL: _full_checks,
}
BACKENDS: Mapping[ScanType, tuple[str, str]] = {
    ScanType.HEADERS: ("guarded http", "demo site"),
    ScanType.TLS: ("ssl", "built-in weak server"),
    ScanType.DNS: ("dns", "bundled zone"),
    ScanType.PORTS: ("tcp connect", "built-in listeners"),
    ScanType.SECRETS: ("detect-secrets", ""),
    ScanType.CODE: ("bandit", ""),
    ScanType.DEPENDENCIES: ("packaging", ""),
    ScanType.FULL: ("guarded http, ssl, dns", "demo site, built-in weak server, bundled zone"),
}
"""What does the work: for targets of the network, and for the demo host."""


class Collected:
    """What the checks have said so far.

    Args:
        goes_on_if_blocked: whether a part that a rule forbids is skipped; else it ends the scan.
    """

    def __init__(self, *, goes_on_if_blocked: bool) -> None:
        self.goes_on_if_blocked = goes_on_if_blocked
        self.findings: dict[str, Finding] = {}
        self.judged: list[Rule] = []
        self.facts: dict[str, Any] = {}
        self.warnings: list[str] = []
        self.skipped: list[Skipped] = []
        self.answered: list[str] = []
        self.has_main = False
        self.first_failure: JobError | None = None

    def add(self, check: Check, outcome: Outcome) -> None:
        """Take what a check says; lists under one name go on."""
        self.answered.append(check.name)
        self.has_main = self.has_main or check.main
        for finding in outcome.findings:
            self.findings.setdefault(finding.id, finding)
        self.judged.extend(outcome.judged)
        for name, fact in outcome.facts.items():
            self.facts[name] = _joined(self.facts.get(name), fact)
        self.warnings.extend(outcome.warnings)
        self.skipped.extend(outcome.skipped)

    def skip(self, check: Check, error: JobError) -> None:
        """Note a check that gave no answer."""
        self.first_failure = self.first_failure or error
        self.skipped.append(Skipped(check=check.name, reason=f"{error.error_class}: {error}"))

    def sorted(self) -> list[Finding]:
        """All findings, the worst first."""
        return sorted(
            self.findings.values(),
            key=lambda each: (RANK[each.severity], each.category, each.rule, each.location),
        )


def _joined(before: Any, fact: Any) -> Any:
    if isinstance(before, list) and isinstance(fact, list):
        return [*cast("list[Any]", before), *cast("list[Any]", fact)]
    return fact


async def scan(ask: ScanPayload, ctx: Context) -> dict[str, Any]:
    """Run all checks of a scan; one that fails or takes too long does not stop the others.

    Raises:
        BlockedByPolicy: a rule forbids what the scan is about; `full` goes on with the rest.
        JobError: no main check had an answer; the first one's failure.
    """
    began = time.monotonic()
    target = ask.parsed()
    identity = target.identity(ask.options.path)
    if target.upload is not None:
        # By its name: the same file is uploaded anew for every scan, and gets another id.
        identity = f"upload:{(await ctx.open_upload(target.upload)).name}"
    scene = Scene(ctx, target, ask.options, identity)
    checks = CHECKS[ask.scan_type](scene)
    collected = Collected(goes_on_if_blocked=ask.scan_type is ScanType.FULL)
    for done, check in enumerate(checks):
        await ctx.progress(current=done, total=len(checks), stage=check.name)
        await _run(check, scene, collected)
    if not collected.has_main and collected.first_failure is not None:
        raise collected.first_failure
    await ctx.progress(current=len(checks), total=len(checks), stage="result")
    return await _result(ask, scene, collected, began)


async def _run(check: Check, scene: Scene, collected: Collected) -> None:
    left = (scene.ctx.deadline - datetime.now(UTC)).total_seconds() - SPARE_SECONDS
    if left <= 0:
        collected.skip(check, JobTimeout("The attempt's time is up."))
        return
    seconds = min(scene.options.timeout_s, left)
    clock = asyncio.timeout(seconds)
    try:
        async with clock:
            collected.add(check, await check.run())
    except TimeoutError:
        if not clock.expired():
            raise
        collected.skip(check, JobTimeout(f"It took more than the {seconds:.3g} s it had."))
    except JobError as error:
        if isinstance(error, BlockedByPolicy) and not collected.goes_on_if_blocked:
            raise
        collected.skip(check, error)
        scene.ctx.log("warning", "check skipped", check=check.name, reason=str(error))


async def _result(
    ask: ScanPayload, scene: Scene, collected: Collected, began: float
) -> dict[str, Any]:
    everything = collected.sorted()
    accepted = set(ask.options.baseline)
    ignored = [each for each in everything if each.id in accepted]
    findings = [each for each in everything if each.id not in accepted]
    listed = at_least(findings, ask.options.severity_min)
    grade = graded(findings)
    passed = kept_rules(collected.judged, everything)
    await _publish(scene.ctx, findings, ignored)
    failed = ask.options.fail_on is not None and bool(at_least(findings, ask.options.fail_on))
    warnings = list(dict.fromkeys(collected.warnings))
    if failed:
        warnings.append(f"Findings of severity {ask.options.fail_on} or worse: policy failed.")
    if collected.skipped:
        warnings.append(f"{len(collected.skipped)} parts were skipped; the grade is without them.")
    comparison = await compare(scene, ask.scan_type, everything, collected.answered, grade.grade)
    scene.ctx.log("info", "scan finished", grade=grade.grade, findings=len(findings))
    return fit(Result(
        backend=BACKENDS[ask.scan_type][ask.scan_type not in READS_TEXT and scene.target.is_demo],
        scan_type=ask.scan_type, target=scene.target.label(), grade=grade.grade, score=grade.score,
        arithmetic=grade,
        summary=Summary(
            **counted(findings), listed=len(listed), ignored=len(ignored), passed=len(passed),
            skipped=len(collected.skipped),
        ),
        findings=listed, passed=passed, skipped=collected.skipped[:MOST_SKIPPED],
        failed_policy=failed, comparison=comparison, facts=collected.facts, warnings=warnings,
        stats={
            "elapsed_ms": round((time.monotonic() - began) * 1000),
            "checks": len(collected.answered),
            "checks_skipped": len(collected.skipped),
        },
    ))  # fmt: skip


async def _publish(ctx: Context, findings: Sequence[Finding], ignored: Sequence[Finding]) -> None:
    async with ctx.artifact(NAME, MEDIA_TYPE) as file:
        await file.write(msgspec.json.encode(sarif(findings, ignored)))
