"""Steering the fleet from a shell."""

import json

import pytest

from taskforge.cli.output import ExitCode


@pytest.fixture
def admin(client, admin_key):
    """Run a client command as an admin."""
    return lambda *words: client(*words, TASKFORGE_API_KEY=admin_key)


def test_a_queue_is_paused_and_resumed(admin):
    paused = admin("queue", "pause", "low", "--reason", "provider is down", "--for", "2h", "--json")
    listed = admin("queue", "list")
    resumed = admin("queue", "resume", "low")

    queue = json.loads(paused.stdout)
    assert (queue["name"], queue["paused_by"], queue["pause_reason"]) == (
        "low", "user:ada", "provider is down"
    )  # fmt: skip
    assert queue["resume_at"] is not None
    assert "paused by user:ada: provider is down, until" in listed.stdout
    assert (resumed.exit_code, "paused" in resumed.stdout) == (0, False)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("low",), ExitCode.USAGE),
        (("low", "--reason", "x", "--for", "2h", "--until", "2030-01-01T00:00Z"), ExitCode.USAGE),
        (("normal", "--reason", "x"), ExitCode.NOT_FOUND),
        (("../jobs", "--reason", "x"), ExitCode.NOT_FOUND),
    ],
    ids=lambda it: " ".join(it) if isinstance(it, tuple) else None,
)
def test_what_cannot_be_paused_is_told_by_the_exit_code(admin, words, code):
    assert admin("queue", "pause", *words).exit_code == code


def test_an_operator_is_not_permitted(client):
    assert client("queue", "pause", "low", "--reason", "x").exit_code == ExitCode.NOT_PERMITTED
