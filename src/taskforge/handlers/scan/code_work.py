"""What the child process does for a `code` scan: bandit over Python, which it only parses."""

import logging
import os
import re
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec

from taskforge.core.failures import InvalidInput
from taskforge.handlers.base import Report
from taskforge.handlers.scan.files import Source, Text, Texts, read_texts
from taskforge.handlers.scan.finding import (
    Finding,
    Outcome,
    Place,
    Rule,
    Severity,
    Skipped,
    found,
)

MAX_FINDINGS = 1_000
SEVERITIES = {"HIGH": Severity.HIGH, "MEDIUM": Severity.MEDIUM, "LOW": Severity.LOW}
REMEDIES = {
    "B102": "Do without exec; a table of functions does most of its work.",
    "B105": "Read it from the environment or a secret store.",
    "B106": "Read it from the environment or a secret store.",
    "B107": "Read it from the environment or a secret store.",
    "B108": "Use the tempfile module.",
    "B201": "Run with debug off wherever others can reach it.",
    "B301": "Use JSON, or another format that cannot name code.",
    "B303": "Use SHA-256 or better.",
    "B307": "Use ast.literal_eval for values, or a parser.",
    "B311": "Use the secrets module for what must not be guessed.",
    "B324": "Use SHA-256 or better, or say usedforsecurity=False.",
    "B501": "Leave certificate checks on; trust a private authority by its certificate.",
    "B506": "Use yaml.safe_load.",
    "B602": "Pass a list of arguments and leave shell=True out.",
    "B608": "Hand values to the database as parameters.",
}
HARDCODED = frozenset({"B105", "B106", "B107"})
OTHERWISE = "The reference shows the safe way."
# By name: bandit has neither types nor stubs, and nothing of it is to be typed by halves.
_manager: Any = import_module("bandit.core.manager")
_config: Any = import_module("bandit.core.config")
_loader: Any = import_module("bandit.core.extension_loader")
_links: Any = import_module("bandit.core.docs_utils")
_SECRET = re.compile(r"([\"'])(?=[^\"'\s]*\d)(?=[^\"'\s]*[A-Za-z])[^\"'\s]{6,}\1")
"""A text of one word with letters and digits: what a password or token in code looks like."""
_QUOTED = re.compile(r"'.*'|\".*\"", re.DOTALL)


def find_flaws(report: Report, source: Any, identity: str) -> Outcome:
    """Look for risky Python.

    Args:
        report: told the files.
        source: a `files.Source` as plain values.
        identity: the target's.

    Raises:
        InvalidInput: as `files.read_texts`, or there is no Python in it that can be parsed.
    """
    wanted = msgspec.convert(source, Source)
    read = read_texts(wanted)
    single = wanted.path is None or len(read.texts) == 1
    sources = [each for each in read.texts if single or each.name.endswith((".py", ".pyi"))]
    if not sources:
        raise InvalidInput("There are no Python files (.py) in it; `code` scans read Python only.")
    logging.disable(logging.CRITICAL)  # what it cannot parse is in the result
    return _scan(report, Texts(sources, read.skipped), identity)


def _scan(report: Report, read: Texts, identity: str) -> Outcome:
    findings: list[Finding] = []
    skipped = list(read.skipped)
    warnings: list[str] = []
    lines = hidden = 0
    for done, text in enumerate(read.texts, 1):
        report(current=done - 1, total=len(read.texts), stage="code", message=text.name[:200])
        manager = _parsed(done, text)
        skipped += [Skipped(check=text.name, reason=str(why)) for _, why in manager.get_skipped()]
        issues = [issue.as_dict(with_code=False) for issue in manager.get_issue_list()]
        findings.extend(_findings(issues, text, identity))
        totals: dict[str, int] = manager.metrics.data["_totals"]
        lines, hidden = lines + totals["loc"], hidden + totals["nosec"]
        if len(findings) > MAX_FINDINGS:
            del findings[MAX_FINDINGS:]
            warnings.append(f"The scan stopped at {MAX_FINDINGS:,} findings.")
            break
    unread = len(skipped) - len(read.skipped)
    if unread >= len(read.texts):
        raise InvalidInput(f"No Python in it could be read: {skipped[-1].reason}.")
    if hidden:
        warnings.append(f"{hidden} lines are exempted by `# nosec` comments.")
    facts = {"files": len(read.texts), "lines": lines}
    return Outcome(findings, _all_rules(), facts, warnings, skipped)


def _parsed(number: int, text: Text) -> Any:
    path = Path("sources", f"{number}.py")
    path.parent.mkdir(exist_ok=True)
    path.write_text(text.text, encoding="utf-8", errors="replace")
    manager: Any = _manager.BanditManager(_config.BanditConfig(), "file", quiet=True)
    manager.discover_files([os.fspath(path)])
    manager.run_tests()
    return manager


def _findings(issues: list[dict[str, Any]], text: Text, identity: str) -> Iterator[Finding]:
    lines = text.text.splitlines()
    seen: Counter[str] = Counter()
    for issue in issues:
        line, number = int(issue["line_number"] or 0), str(issue["test_id"])
        said = lines[line - 1].strip() if 0 < line <= len(lines) else ""
        said = (_QUOTED if number in HARDCODED else _SECRET).sub("'…'", said)
        key = f"{text.name}\n{said}"
        seen[number + key] += 1
        place = Place(identity, f"{text.name}:{line}", line, f"{key}\n{seen[number + key]}")
        yield found(_issue_rule(issue, number), place, said)


def _issue_rule(issue: dict[str, Any], number: str) -> Rule:
    severity = SEVERITIES.get(str(issue["issue_severity"]), Severity.LOW)
    if issue["issue_confidence"] == "LOW":
        severity = Severity.LOW
    title = str(issue["issue_text"])
    if number in HARDCODED:
        title = _QUOTED.sub("'…'", title)
    return _rule(number, title, severity, issue["issue_cwe"].get("id"))


def _all_rules() -> list[Rule]:
    plugins: dict[str, Any] = _loader.MANAGER.plugins_by_id
    return [
        _rule(number, str(plugin.name).replace("_", " "), Severity.INFO, None)
        for number, plugin in sorted(plugins.items())
    ]


def _rule(number: str, title: str, severity: Severity, cwe: int | None) -> Rule:
    return Rule(
        f"code.{number}", severity, "code", title, f"No finding of {number}, {title}",
        REMEDIES.get(number, OTHERWISE), (str(_links.get_url(number)),), cwe,
    )  # fmt: skip
