"""Acting on many jobs from a shell."""

import json
import signal

import pytest

from taskforge.cli.output import ExitCode
from taskforge.flows import operating

NOBODYS = "019a2f6e-5c1d-7b43-9a57-3f0c8e6d2b14"


@pytest.fixture
def jobs(submitted):
    """Ids of three jobs that wait, with a tag."""
    return [submitted("--tag", "nightly") for _ in range(3)]


def test_a_dry_run_counts_and_changes_nothing(client, jobs):
    tried = client("bulk", "cancel", "--tag", "nightly", "--dry-run")
    told = client("bulk", "cancel", *jobs[:1], NOBODYS, "--dry-run", "--json")

    assert tried.exit_code == 0, tried.output
    assert "3 jobs would be cancelled" in tried.stdout
    assert jobs[0] in tried.stdout
    assert (json.loads(told.stdout)["count"], json.loads(told.stdout)["not_found"]) == (1, 1)
    assert json.loads(client("bulk", "list", "--json").stdout)["items"] == []


def test_an_operation_is_begun_listed_and_stopped(client, jobs):
    begun = client("bulk", "cancel", "--tag", "nightly", "-r", "broken", "-y", "--detach")
    operation_id = begun.stdout.split()[0]

    listed = client("bulk", "list")
    stopped = client("bulk", "stop", operation_id)
    shown = client("bulk", "show", operation_id, "--json")
    items = client("bulk", "items", operation_id)
    followed = client("bulk", "watch", operation_id)

    assert begun.exit_code == 0, begun.output
    assert operation_id in listed.stdout
    assert "broken" in listed.stdout
    assert "stopped (asked): 0 cancelled" in stopped.stdout
    assert json.loads(shown.stdout)["status"] == "stopped"
    assert "no jobs" in items.stdout
    assert followed.exit_code == ExitCode.JOB_FAILED


@pytest.mark.parametrize("answer", ["n\n", ""])
def test_without_a_yes_nothing_begins(client, jobs, answer):
    asked = client("bulk", "cancel", "--tag", "nightly", given=answer)

    assert asked.exit_code == ExitCode.JOB_FAILED  # as typer ends what was called off
    assert "Shall 3 jobs be cancelled?" in asked.output
    assert json.loads(client("bulk", "list", "--json").stdout)["items"] == []


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("cancel",), ExitCode.USAGE),
        (("cancel", "--all", "--tag", "x"), ExitCode.USAGE),
        (("cancel", "x"), ExitCode.USAGE),
        (("reprioritise", "--tag", "x", "-y"), ExitCode.USAGE),
        (("cancel", "--tag", "x", "--to", "high", "-y"), ExitCode.USAGE),
        (("delete", "--tag", "x", "-y"), ExitCode.NOT_PERMITTED),
        (("retry", "--all", "-y"), ExitCode.NOT_PERMITTED),
        (("stop", NOBODYS), ExitCode.NOT_FOUND),
    ],
    ids=lambda it: " ".join(it[:2]) if isinstance(it, tuple) else None,
)
def test_what_cannot_be_done_is_told_by_the_exit_code(client, words, code):
    assert client("bulk", *words).exit_code == code


END_SECONDS = 40.0


@pytest.fixture
def watcher(client, api, jobs, command, operator_key):
    """Follows an operation that has just begun, from a process of its own."""
    begun = client("bulk", "cancel", "--tag", "nightly", "-y", "--detach")
    operation_id = begun.stdout.split()[0]
    watcher = command(
        "bulk", "watch", operation_id, TASKFORGE_URL=api.url, TASKFORGE_API_KEY=operator_key
    )
    assert "pending" in watcher.stderr.readline()
    yield watcher
    watcher.kill()
    watcher.communicate()


async def test_an_api_that_dies_and_returns_is_asked_again(api, deps, watcher):
    api.kill()
    await api.start()
    while await operating.operate(deps):
        pass

    told, _ = watcher.communicate(timeout=END_SECONDS)

    assert watcher.returncode == 0
    assert "3" in told


def test_an_interrupt_leaves_the_operation_alone(client, watcher):
    watcher.send_signal(signal.SIGINT)
    _, said = watcher.communicate(timeout=END_SECONDS)

    assert watcher.returncode == ExitCode.INTERRUPTED
    assert "it goes on" in said
    (shown,) = json.loads(client("bulk", "list", "-n", "1", "--json").stdout)["items"]
    assert shown["status"] == "pending"
