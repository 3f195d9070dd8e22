"""What has changed since the last scan of the same target and type."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from taskforge.handlers.scan.finding import Finding, Severity
from taskforge.handlers.scan.scene import Scene

MOST_KEPT = 400
"""Findings that are remembered."""
KEPT_BYTES = 48_000
"""Of JSON that they take; a value that is remembered may have 64 kB."""
TITLE = 80
MOST_SHOWN = 100


class Brief(msgspec.Struct, frozen=True, kw_only=True):
    """A finding, shortened."""

    id: str
    title: str
    severity: Severity


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """What a scan leaves for the next one."""

    job_id: str
    at: datetime
    grade: str
    findings: list[Brief]
    checks: list[str]
    """The checks that had an answer."""
    complete: bool
    """Whether all findings are in it."""


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """New, fixed and unchanged findings; lists of at most 100."""

    target: str
    """What the scans have in common."""
    previous_job_id: str | None = None
    previous_at: datetime | None = None
    previous_grade: str | None = None
    new: list[str] = []
    """Ids."""
    fixed: list[Brief] = []
    unchanged: int = 0
    complete: bool = True
    """False when one of the scans skipped checks or found too much: no finding is called fixed."""


async def compare(
    scene: Scene, kind: str, findings: Sequence[Finding], checks: Sequence[str], grade: str
) -> Comparison:
    """Compare with what was remembered, then remember this scan.

    Args:
        scene: the scan.
        kind: its type.
        findings: all of them, ignored ones too, worst first.
        checks: names of the checks that had an answer.
        grade: of this scan.
    """
    digest = hashlib.sha256(scene.identity.encode(errors="replace")).hexdigest()
    key = f"{kind}:{digest[:40]}"
    previous = _memory(await scene.ctx.recall(key))
    kept = [
        Brief(id=each.id, title=each.title[:TITLE], severity=each.severity)
        for each in findings[:MOST_KEPT]
    ]
    while len(msgspec.json.encode(kept)) > KEPT_BYTES:
        del kept[len(kept) // 2 :]
    has_all = len(kept) == len(findings)
    memory = Memory(
        job_id=str(scene.ctx.job_id), at=datetime.now(UTC), grade=grade, findings=kept,
        checks=list(checks)[:50], complete=has_all,
    )  # fmt: skip
    await scene.ctx.remember(key, msgspec.to_builtins(memory))
    shown = scene.identity[:200]
    if previous is None:
        return Comparison(target=shown)
    before = {each.id: each for each in previous.findings}
    now = {each.id for each in findings}
    complete = set(previous.checks) <= set(checks) and has_all and previous.complete
    fixed = [each for each in previous.findings if each.id not in now] if complete else []
    return Comparison(
        target=shown, previous_job_id=previous.job_id, previous_at=previous.at,
        previous_grade=previous.grade,
        new=[each.id for each in findings if each.id not in before][:MOST_SHOWN],
        fixed=fixed[:MOST_SHOWN], unchanged=len(now & set(before)), complete=complete,
    )  # fmt: skip


def _memory(kept: Any) -> Memory | None:
    try:
        return None if kept is None else msgspec.convert(kept, Memory)
    except msgspec.ValidationError:  # of another version of this program
        return None
