"""Findings as SARIF 2.1.0, which code hosts and editors read (OASIS standard)."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from taskforge import __version__
from taskforge.handlers.scan.finding import Finding, Severity

NAME = "findings.sarif"
MEDIA_TYPE = "application/sarif+json"
SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}
SCORES = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "3.0",
    Severity.INFO: "0.0",
}
"""`security-severity`, which GitHub turns back into words."""


def sarif(findings: Sequence[Finding], ignored: Sequence[Finding]) -> dict[str, Any]:
    """One run with a result for each finding.

    Args:
        findings: all, also those that the result has no room for.
        ignored: those of the baseline, which are marked as suppressed.
    """
    rules = {finding.rule: finding for finding in (*findings, *ignored)}
    driver = {
        "name": "TaskForge security_scan",
        "version": __version__,
        "rules": [_rule(rule, finding) for rule, finding in sorted(rules.items())],
    }
    results = [_result(finding) for finding in findings]
    accepted = [{"kind": "external", "justification": "in the scan's baseline"}]
    results += [{**_result(finding), "suppressions": accepted} for finding in ignored]
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "columnKind": "unicodeCodePoints",
                  "results": results}],
    }  # fmt: skip


def _rule(rule: str, finding: Finding) -> dict[str, Any]:
    described: dict[str, Any] = {
        "id": rule,
        "shortDescription": {"text": finding.title},
        "help": {"text": finding.remedy},
        "defaultConfiguration": {"level": LEVELS[finding.severity]},
        "properties": {
            "security-severity": SCORES[finding.severity],
            "tags": ["security", finding.category, *([finding.cwe] if finding.cwe else [])],
        },
    }
    if finding.references:
        described["helpUri"] = finding.references[-1]
    return described


def _result(finding: Finding) -> dict[str, Any]:
    # A line's number stands in its region; the address of a place is without it.
    suffix = f":{finding.line}"
    place = finding.location.removesuffix(suffix) if finding.line else finding.location
    spot: dict[str, Any] = {"artifactLocation": {"uri": _uri(place)}}
    if finding.line:
        spot["region"] = {"startLine": finding.line}
    text = f"{finding.title}: {finding.evidence}" if finding.evidence else finding.title
    return {
        "ruleId": finding.rule,
        "level": LEVELS[finding.severity],
        "message": {"text": text},
        "locations": [{"physicalLocation": spot}],
        "partialFingerprints": {"taskforge/v1": finding.id},
    }


def _uri(place: str) -> str:
    return quote(place, safe="/:?&=#%[]@!$()*+,;~.-_")
