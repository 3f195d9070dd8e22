"""The templates that come with TaskForge, and what each of them needs."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

DEFAULT_TEMPLATE = "notification"
OWN = "own/"
"""Begins the names of the installation's templates, so that a misspelt name is never one."""
REPORT = "report"
FOLDER = Path(__file__).parent / "templates"
PROVIDED = frozenset({"name", "email", "subject"})
"""What every template may use without being given it."""

_LINK = re.compile(r"https?://[^\s<>\"]{1,1000}")


class BuiltIn(NamedTuple):
    """What a template uses."""

    required: frozenset[str]
    optional: frozenset[str]


CATALOGUE: Mapping[str, BuiltIn] = {
    "plain": BuiltIn(frozenset({"message"}), frozenset()),
    "notification": BuiltIn(
        frozenset(), frozenset({"message", "details", "action_url", "action_label"})
    ),
    "welcome": BuiltIn(
        frozenset(), frozenset({"product", "message", "action_url", "action_label"})
    ),
    "alert": BuiltIn(
        frozenset({"severity", "message"}), frozenset({"details", "action_url", "action_label"})
    ),
    REPORT: BuiltIn(frozenset({"job_id"}), frozenset({"message", "action_url", "action_label"})),
}
"""`details` is an object of facts; `job_id` names the job whose result a report shows."""


def check_choice(template: str, values: Mapping[str, Any], recipient: str) -> None:
    """Refuse a template that does not exist, or that is not given what it needs.

    Raises:
        ValueError: saying which, and for whom.
    """
    known = CATALOGUE.get(template)
    if known is None:
        raise ValueError(
            f"There is no template {template!r}; choose {', '.join(CATALOGUE)}, or `{OWN}<name>`"
            " for one of the installation's own"
        )
    missing = sorted(known.required - set(values))
    if missing:
        raise ValueError(
            f"Template {template!r} needs the variables {', '.join(missing)}; {recipient} has none"
        )
    if not isinstance(values.get("details", {}), dict):
        raise ValueError("The variable `details` is an object of names and values")
    link = values.get("action_url")
    if link is not None and not (isinstance(link, str) and _LINK.fullmatch(link)):
        raise ValueError("The variable `action_url` is an address that begins with https://")
    if template == REPORT:
        reported_job(values)


def reported_job(values: Mapping[str, Any]) -> UUID:
    """The job that a report is about.

    Raises:
        ValueError: the variable `job_id` is no id.
    """
    try:
        return UUID(str(values["job_id"]))
    except ValueError as error:
        raise ValueError("The variable `job_id` is the id of a job") from error
