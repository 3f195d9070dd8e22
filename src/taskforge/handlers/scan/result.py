"""The result of a scan, and how it is kept within its size."""

from collections.abc import Sequence
from typing import Any

import msgspec

from taskforge.handlers.scan.compare import Comparison
from taskforge.handlers.scan.finding import RANK, Finding, Rule, Severity, Skipped
from taskforge.handlers.scan.grade import Grade

MAX_BYTES = 256 * 1024
"""The largest result that is kept with a job."""
ROOM_FOR_WARNINGS = 1_024
MOST_FINDINGS = 300
MOST_PASSED = 150


class Passed(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that is kept."""

    rule: str
    title: str


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """Counts; by severity all findings that are graded."""

    critical: int
    high: int
    medium: int
    low: int
    info: int
    total: int
    listed: int
    """At `severity_min` or above, and with room in the result; the artifact has all."""
    ignored: int
    """In the baseline."""
    passed: int
    skipped: int


class Result(msgspec.Struct, kw_only=True):
    """What a scan gives back."""

    version: int = 1
    backend: str
    scan_type: str
    target: str
    grade: str
    score: int
    arithmetic: Grade
    summary: Summary
    findings: list[Finding]
    passed: list[Passed]
    skipped: list[Skipped]
    failed_policy: bool
    """Whether a finding is as bad as `fail_on`, or worse."""
    comparison: Comparison
    facts: dict[str, Any]
    """What was seen, by the check that saw it: the page, versions of TLS, records, ports."""
    warnings: list[str]
    stats: dict[str, Any]


def kept_rules(judged: Sequence[Rule], findings: Sequence[Finding]) -> list[Passed]:
    """The rules that were looked at and not broken, each once."""
    broken = {finding.rule for finding in findings}
    good = {rule.id: rule.good for rule in judged if rule.id not in broken}
    return [Passed(rule=rule, title=title) for rule, title in good.items()]


def counted(findings: Sequence[Finding]) -> dict[str, int]:
    """How many there are of each severity, zero included, and in all."""
    counts = {str(severity): 0 for severity in Severity}
    for finding in findings:
        counts[finding.severity] += 1
    return {**counts, "total": len(findings)}


def at_least(findings: Sequence[Finding], severity: Severity) -> list[Finding]:
    """Those as bad as a severity, or worse."""
    return [each for each in findings if RANK[each.severity] <= RANK[severity]]


def fit(result: Result) -> dict[str, Any]:
    """The result as plain values: at most 256 KiB of JSON, cut with a warning where it must be."""
    had = len(result.findings)
    del result.findings[MOST_FINDINGS:]
    del result.passed[MOST_PASSED:]
    room = MAX_BYTES - ROOM_FOR_WARNINGS
    while result.findings and _size(result) > room:
        del result.findings[len(result.findings) // 2 :]
    if len(result.findings) < had:
        result.warnings.append(
            f"The result lists {len(result.findings)} of {had} findings, the worst ones; the"
            " artifact findings.sarif has all."
        )
        result.summary = msgspec.structs.replace(result.summary, listed=len(result.findings))
    if _size(result) > room:
        result.facts = {}
        result.warnings.append("What was seen is left out for want of room.")
    plain: dict[str, Any] = msgspec.to_builtins(result)
    return plain


def _size(result: Result) -> int:
    return len(msgspec.json.encode(result))
