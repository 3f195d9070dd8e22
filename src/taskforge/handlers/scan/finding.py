"""What a check finds: rules, findings with stable ids, and the shape that all checks share."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec

from taskforge.core.plain import plain_text

EVIDENCE_LIMIT = 300
"""Characters of evidence; whole pages and files belong to their owner."""
LOCATION_LIMIT = 300
TITLE_LIMIT = 160


class Severity(StrEnum):
    """How much a finding matters, worst first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"


RANK = {severity: rank for rank, severity in enumerate(Severity)}
"""0 for the worst."""


class Rule(NamedTuple):
    """One thing that is looked at."""

    id: str
    """`<scan type>.<name>`; part of a finding's id, so it never changes its meaning."""
    severity: Severity
    category: str
    title: str
    """What is wrong when it is broken."""
    good: str
    """What is right when it is kept."""
    remedy: str
    references: tuple[str, ...] = ()
    cwe: int | None = None


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One broken rule in one place."""

    id: str
    """The same in every scan that finds this rule broken in this place of this target."""
    rule: str
    title: str
    severity: Severity
    category: str
    evidence: str
    """Secrets in it are masked."""
    location: str
    line: int | None = None
    remedy: str
    references: tuple[str, ...]
    cwe: str | None = None


class Outcome(NamedTuple):
    """What one check has to say."""

    findings: Sequence[Finding] = ()
    judged: Sequence[Rule] = ()
    """Every rule that was looked at, broken or not."""
    facts: Mapping[str, Any] = MappingProxyType({})
    """Shown beside the findings, under the names given here."""
    warnings: Sequence[str] = ()
    skipped: Sequence["Skipped"] = ()
    """Parts of the work that could not be judged."""


class Skipped(msgspec.Struct, frozen=True, kw_only=True):
    """A check without an answer."""

    check: str
    reason: str


class Check(NamedTuple):
    """One step of a scan."""

    name: str
    run: Callable[[], Awaitable[Outcome]]
    main: bool = True
    """Whether its answer alone makes a result; a scan with nothing but side remarks has failed."""


class Place(NamedTuple):
    """Where a finding was made, and what makes it the same place in the next scan."""

    target: str
    """The target's identity: the same for every scan of it."""
    location: str
    """For people."""
    line: int | None = None
    key: str | None = None
    """Stands for the location in the id, where that moves: a line's number does, its text less."""


def found(
    rule: Rule, place: Place, evidence: object = "", *, severity: Severity | None = None,
    title: str | None = None,
) -> Finding:  # fmt: skip
    """A finding of a rule.

    Args:
        rule: the broken one.
        place: where.
        evidence: what was seen, cut to 300 characters; the caller masks secrets.
        severity: in place of the rule's.
        title: in place of the rule's.
    """
    key = place.location if place.key is None else place.key
    digest = hashlib.sha256("\n".join((rule.id, place.target, key)).encode(errors="replace"))
    return Finding(
        id=digest.hexdigest()[:16],
        rule=rule.id,
        title=plain_text(title or rule.title, TITLE_LIMIT),
        severity=severity or rule.severity,
        category=rule.category,
        evidence=plain_text(evidence, EVIDENCE_LIMIT),
        location=plain_text(place.location, LOCATION_LIMIT),
        line=place.line,
        remedy=rule.remedy,
        references=rule.references,
        cwe=None if rule.cwe is None else f"CWE-{rule.cwe}",
    )


def masked(secret: str) -> str:
    """A secret as it may be shown: its beginning, at most four characters, and its length."""
    shown = secret[: min(4, len(secret) // 4)]
    return f"{shown}… ({len(secret)} characters)"
