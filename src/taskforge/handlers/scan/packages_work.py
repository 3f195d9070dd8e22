"""What the child process does for a `dependencies` scan: read lists and judge each package."""

from typing import Any, NamedTuple

import msgspec

from taskforge.core.failures import InvalidInput
from taskforge.handlers.base import Report
from taskforge.handlers.scan.files import Source, Text, read_texts
from taskforge.handlers.scan.finding import Finding, Outcome, Place, Skipped, found
from taskforge.handlers.scan.package_rules import RULES, defects
from taskforge.handlers.scan.packages import Manifest, guessed_kind, kind_of, read_manifest

MAX_FINDINGS = 1_000
MAX_VERSIONS = 2_000
"""Packages with one version that are handed over for a look-up."""


class Found(NamedTuple):
    """What the child hands back."""

    outcome: Outcome
    versions: list[tuple[str, str, str, str]]
    """Ecosystem, name and version of each package that is bound to one, and its file; once each."""


def find_risks(report: Report, source: Any, identity: str) -> Found:
    """Judge lists of dependencies.

    Args:
        report: told the files.
        source: a `files.Source` as plain values.
        identity: the target's.

    Raises:
        InvalidInput: as `files.read_texts`, or nothing in it is a list that we know.
    """
    wanted = msgspec.convert(source, Source)
    texts, skipped = read_texts(wanted)
    manifests = _manifests(texts, single=len(texts) == 1)
    findings: list[Finding] = []
    warnings: list[str] = []
    for done, manifest in enumerate(manifests, 1):
        report(current=done - 1, total=len(manifests), stage="dependencies",
               message=manifest.name[:200])  # fmt: skip
        findings.extend(_findings(manifest, identity))
        skipped += [Skipped(check=manifest.name, reason=fault) for fault in manifest.faults[:10]]
        if len(findings) > MAX_FINDINGS:
            del findings[MAX_FINDINGS:]
            warnings.append(f"The scan stopped at {MAX_FINDINGS:,} findings.")
            break
    if not any(manifest.packages or manifest.options for manifest in manifests):
        faults = [fault for manifest in manifests for fault in manifest.faults]
        raise InvalidInput(f"There are no dependencies in it: {(faults or ['it is empty'])[0]}.")
    versions = {
        (each.ecosystem, each.name, each.exact): manifest.name
        for manifest in manifests
        for each in manifest.packages
        if each.exact and not each.direct
    }
    if len(versions) > MAX_VERSIONS:
        warnings.append(f"Only {MAX_VERSIONS:,} of {len(versions):,} versions can be looked up.")
    facts = {
        "manifests": [{"file": m.name, "kind": m.kind, "packages": len(m.packages)}
                      for m in manifests[:50]]
    }  # fmt: skip
    handed = [(*key, name) for key, name in list(versions.items())[:MAX_VERSIONS]]
    return Found(Outcome(findings, RULES, facts, warnings, skipped), handed)


def _manifests(texts: list[Text], *, single: bool) -> list[Manifest]:
    kinds = [(text, kind_of(text)) for text in texts]
    if single and kinds[0][1] is None:
        kinds = [(texts[0], guessed_kind(texts[0].text))]
    manifests = [read_manifest(text, kind) for text, kind in kinds if kind]
    if not manifests:
        raise InvalidInput(
            "No list of dependencies is in it; requirements*.txt, pyproject.toml, poetry.lock,"
            " uv.lock, package.json and package-lock.json are read."
        )
    return manifests


def _findings(manifest: Manifest, identity: str) -> list[Finding]:
    return [
        found(
            defect.rule,
            Place(
                identity,
                f"{manifest.name}:{defect.line}" if defect.line else manifest.name,
                defect.line,
                f"{manifest.name}\n{defect.package}",
            ),
            defect.evidence,
        )
        for defect in defects(manifest)
    ]
