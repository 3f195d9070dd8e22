"""Failures that are alike, from a shell."""

import json

import pytest

from taskforge.cli.output import ExitCode
from taskforge.core.ids import new_id

MARK = "9f2c41d0a7b35e68"


@pytest.fixture
async def group(plain, api):
    """A group of failures, whose jobs are gone."""
    await plain.execute(
        "INSERT INTO failure_groups (fingerprint, type, error_class, kind, message, job_id, total,"
        " still_failed, queues, first_seen, last_seen) VALUES ($1, 'email', 'target_error',"
        " 'TargetError', E'host \\'a\\' gave 503 \x1b[2J', $2, 12, 3, 4, now(), now())",
        MARK, new_id(),
    )  # fmt: skip
    return MARK


def test_groups_are_listed_and_shown(client, group):
    listed = client("failures", "list", "gave", "--type", "email", "--state", "new", "--json")
    drawn = client("failures", "list").stdout
    shown = client("failures", "show", group).stdout
    none = client("failures", "list", "nothing like it").stdout

    assert [it["fingerprint"] for it in json.loads(listed.stdout)["items"]] == [group]
    assert "TargetError: host <text> gave <n>" in drawn
    assert "3 jobs" in shown
    assert "\x1b" not in drawn + shown
    assert "nothing fails alike" in none


def test_a_group_is_resolved_and_opened_again(client, group):
    resolved = client("failures", "resolve", group, "--note", "raised", "--json")
    opened = client("failures", "reopen", group, "--json")

    assert json.loads(resolved.stdout)["state"] == "resolved"
    assert (json.loads(opened.stdout)["state"], json.loads(opened.stdout)["note"]) == (
        "new", "raised",
    )  # fmt: skip


def test_jobs_of_a_group_are_queued_again(client, group):
    tried = client("failures", "retry", group, "--dry-run", "--json")
    begun = client("failures", "retry", group, "--yes", "--detach", "--json")

    assert (json.loads(tried.stdout)["count"], begun.exit_code) == (0, 0)
    wanted = json.loads(begun.stdout)["filter"]
    assert wanted["q"] == f"failure:{group}"
    assert sorted(wanted["status"]) == ["dead_letter", "failed"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [(("show", "0" * 16), ExitCode.NOT_FOUND), (("retry", "nonsense", "-y"), ExitCode.USAGE)],
    ids=["unknown", "no fingerprint"],
)
def test_what_is_no_group_is_told_by_the_exit_code(client, words, expected):
    assert client("failures", *words).exit_code == expected
