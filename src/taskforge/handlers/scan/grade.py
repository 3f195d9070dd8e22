"""The grade of a scan, and the sum that leads to it.

From 100 each finding takes the points of its severity. What small things may take together is
limited, and what is grave limits the score however well the rest looks.
"""

from collections import Counter
from collections.abc import Iterable

import msgspec

from taskforge.handlers.scan.finding import Finding, Severity

START = 100
POINTS = {
    Severity.CRITICAL: 40,
    Severity.HIGH: 20,
    Severity.MEDIUM: 8,
    Severity.LOW: 3,
    Severity.INFO: 0,
}
MOST = {Severity.MEDIUM: 40, Severity.LOW: 15}
"""What all findings of a severity may take together."""
CAPS = {Severity.CRITICAL: 34, Severity.HIGH: 79, Severity.MEDIUM: 94}
"""The best score that one finding of a severity allows."""
GRADES = (("A+", 97), ("A", 90), ("B", 80), ("C", 65), ("D", 50), ("E", 35), ("F", 0))


class Deduction(msgspec.Struct, frozen=True, kw_only=True):
    """What the findings of one rule and severity cost."""

    rule: str
    severity: Severity
    count: int
    each: int
    points: int


class Cap(msgspec.Struct, frozen=True, kw_only=True):
    """A limit that came into play."""

    reason: str
    score: int
    """What the score became by it."""


class Grade(msgspec.Struct, frozen=True, kw_only=True):
    """A grade with its arithmetic."""

    grade: str
    score: int
    """0 to 100."""
    start: int
    deductions: list[Deduction]
    """Dearest first."""
    caps: list[Cap]
    """In the order in which they were applied."""


def graded(findings: Iterable[Finding]) -> Grade:
    """Work the grade out."""
    counts = Counter((finding.rule, finding.severity) for finding in findings)
    deductions = [
        Deduction(
            rule=rule, severity=severity, count=count,
            each=POINTS[severity], points=count * POINTS[severity],
        )
        for (rule, severity), count in counts.items()
    ]  # fmt: skip
    deductions.sort(key=lambda one: (-one.points, one.rule))
    score = START
    caps: list[Cap] = []
    for severity in Severity:
        points = sum(one.points for one in deductions if one.severity is severity)
        most = MOST.get(severity, points)
        score -= min(points, most)
        if points > most:
            reason = f"{severity} findings take at most {most} points, not {points}"
            caps.append(Cap(reason=reason, score=max(score, 0)))
    score = max(score, 0)
    for severity, best in CAPS.items():
        if score > best and any(one.severity is severity for one in deductions):
            score = best
            caps.append(Cap(reason=f"a {severity} finding allows at most {best}", score=score))
    grade = next(name for name, least in GRADES if score >= least)
    return Grade(grade=grade, score=score, start=START, deductions=deductions, caps=caps)
