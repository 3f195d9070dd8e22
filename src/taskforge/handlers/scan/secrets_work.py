"""What the child process does for a `secrets` scan: detect-secrets over texts.

Its plug-ins judge by form alone; none of them is let to try a secret where it might work.
"""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
from detect_secrets.core.potential_secret import PotentialSecret
from detect_secrets.core.scan import MAX_LINE_LENGTH, scan_file
from detect_secrets.settings import default_settings

from taskforge.handlers.base import Report
from taskforge.handlers.scan.files import Source, Text, read_texts
from taskforge.handlers.scan.finding import (
    Finding,
    Outcome,
    Place,
    Rule,
    Severity,
    Skipped,
    found,
    masked,
)

MAX_FINDINGS = 1_000
GENERIC = {
    "Secret Keyword": Severity.MEDIUM,
    "Base64 High Entropy String": Severity.LOW,
    "Hex High Entropy String": Severity.LOW,
}
"""What is known by its surroundings or its look; anything else is some provider's own form."""
WEAKER = {"JSON Web Token": Severity.HIGH, "Basic Auth Credentials": Severity.HIGH}
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
SHEET = "https://cheatsheetseries.owasp.org/cheatsheets/Secrets_Management_Cheat_Sheet.html"


class Hit(NamedTuple):
    """One secret in one line."""

    kind: str
    line: int
    secret: str


def find_secrets(report: Report, source: Any, identity: str) -> Outcome:
    """Look for secrets.

    Args:
        report: told the files.
        source: a `files.Source` as plain values.
        identity: the target's.

    Raises:
        InvalidInput: as `files.read_texts`.
    """
    texts, skipped = read_texts(msgspec.convert(source, Source))
    findings: list[Finding] = []
    warnings: list[str] = []
    rules = [_rule(kind) for kind in sorted(get_mapping_from_secret_type_to_class())]
    with default_settings():
        for done, text in enumerate(texts, 1):
            if any(len(line) > MAX_LINE_LENGTH for line in text.text.splitlines()):
                reason = f"lines of more than {MAX_LINE_LENGTH:,} characters were left out"
                skipped.append(Skipped(check=text.name, reason=reason))
            report(current=done - 1, total=len(texts), stage="secrets", message=text.name[:200])
            findings.extend(_of_text(done, text, identity))
            if len(findings) > MAX_FINDINGS:
                del findings[MAX_FINDINGS:]
                warnings.append(f"The scan stopped at {MAX_FINDINGS:,} findings.")
                break
    facts = {"files": len(texts), "lines": sum(each.text.count("\n") + 1 for each in texts)}
    return Outcome(findings, rules, facts, warnings, skipped)


def _of_text(number: int, text: Text, identity: str) -> Iterator[Finding]:
    folder = Path("texts", str(number))
    folder.mkdir(parents=True)
    # By its own last name: what counts as a secret depends on the kind of file.
    path = folder / f"text-{_UNSAFE.sub('_', text.name.rpartition('/')[2])[-100:]}"
    path.write_text(text.text, encoding="utf-8", errors="replace")
    lines = text.text.splitlines()
    seen: Counter[str] = Counter()
    for hit in _hits(list(scan_file(str(path)))):
        said = lines[hit.line - 1] if 0 < hit.line <= len(lines) else ""
        around = said.replace(hit.secret, "").strip()[:200]
        key = f"{text.name}\n{hit.kind}\n{around}"
        seen[key] += 1
        place = Place(identity, f"{text.name}:{hit.line}", hit.line, f"{key}\n{seen[key]}")
        yield found(_rule(hit.kind), place, f"{hit.kind}: {masked(hit.secret)}")


def _hits(secrets: list[PotentialSecret]) -> list[Hit]:
    """One hit for each secret in a line: of several plug-ins the one that knows most."""
    best: dict[tuple[int, str], Hit] = {}
    for each in secrets:
        hit = Hit(each.type, each.line_number, each.secret_value or "")
        for (line, secret), known in list(best.items()):
            if line == hit.line and (hit.secret in secret or secret in hit.secret):
                if known.kind in GENERIC and hit.kind not in GENERIC:
                    del best[line, secret]
                    continue
                break
        else:
            best[hit.line, hit.secret] = hit
    return sorted(best.values(), key=lambda hit: (hit.line, hit.kind, hit.secret))


def _rule(kind: str) -> Rule:
    severity = GENERIC.get(kind, WEAKER.get(kind, Severity.CRITICAL))
    return Rule(
        f"secrets.{kind.lower().replace(' ', '_')}", severity, "secrets",
        f"A secret in a text: {kind}", f"No {kind} found",
        "Revoke it where it is valid, then remove it from the text and its history, and keep the"
        " new one in a secret store or in the environment.", (SHEET,), 798,
    )  # fmt: skip
