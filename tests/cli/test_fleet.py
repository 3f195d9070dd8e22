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


def test_a_queue_and_a_type_are_limited(admin):
    queue = admin("queue", "limit", "low", "5")
    lifted = json.loads(admin("queue", "limit", "low", "none", "--json").stdout)
    one = json.loads(admin("types", "email", "--limit", "0", "--json").stdout)
    listed = admin("types").stdout
    admin("types", "email", "--limit", "none")

    assert "at most 5 at once" in queue.stdout
    assert (lifted["concurrency_limit"], one["concurrency_limit"]) == (None, 0)
    assert "0 of 0" in next(line for line in listed.splitlines() if line.split()[:1] == ["email"])


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("queue limit low", ExitCode.USAGE),
        ("queue limit low few", ExitCode.USAGE),
        ("queue limit low -- -1", ExitCode.USAGE),
        ("queue limit low 100001", ExitCode.USAGE),
        ("queue limit normal 1", ExitCode.NOT_FOUND),
        ("types --limit 1", ExitCode.USAGE),
        ("types e-mail --limit 1", ExitCode.NOT_FOUND),
    ],
)
def test_a_limit_that_makes_no_sense_is_told_by_the_exit_code(admin, words, code):
    assert admin(*words.split()).exit_code == code


def test_an_operator_limits_nothing(client):
    assert client("types", "email", "--limit", "1").exit_code == ExitCode.NOT_PERMITTED
