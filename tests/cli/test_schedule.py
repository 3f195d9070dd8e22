"""Jobs that come again, from a shell."""

import json

import pytest

from taskforge.cli.output import ExitCode

PAYLOAD = json.dumps({"dataset": "sales_q1", "operation": "profile", "rows": 10})
CREATE = ("schedule", "create", "nightly", "data_processing", "-p", PAYLOAD)


@pytest.fixture
def nightly(client):
    """A schedule, made with most of what can be said of one."""
    made = client(
        *CREATE, "--cron", "30 2 * * *", "--zone", "Europe/Paris", "--overlap", "queue_one",
        "--jitter", "5m", "--tag", "report", "--end", "2190-01-01T00:00:00Z", "--json",
    )  # fmt: skip
    assert made.exit_code == ExitCode.OK, made.stderr
    return json.loads(made.stdout)


def test_a_schedule_is_made_listed_and_shown_by_name_or_id(client, nightly):
    listed = client("schedule", "list", "--name", "night", "--active")
    none = client("schedule", "list", "--paused")
    shown = client("schedule", "show", "nightly")
    by_id = client("schedule", "show", nightly["id"], "--json")

    assert (nightly["jitter_seconds"], nightly["overlap"]) == (300, "queue_one")
    assert nightly["template"]["tags"] == ["report"]
    assert nightly["id"] in listed.stdout
    assert "At 02:30 every day (Europe/Paris)" in listed.stdout
    assert "no schedules" in none.stdout
    assert '"operation": "profile"' in shown.stdout
    assert json.loads(by_id.stdout)["name"] == "nightly"


def test_an_edit_keeps_what_it_does_not_name(client, nightly):
    edited = client(
        "schedule", "edit", "nightly", "--every", "2h", "--no-end", "--priority", "low", "--json"
    )

    after = json.loads(edited.stdout)
    assert (after["cron"], after["interval_seconds"], after["ends_at"]) == (None, 7_200, None)
    assert after["template"] == nightly["template"] | {"priority": "low"}
    assert (after["timezone"], after["overlap"]) == ("Europe/Paris", "queue_one")


def test_a_schedule_is_paused_run_and_resumed(client, nightly):
    paused = client("schedule", "pause", "nightly", "-r", "holidays", "--json")
    seen = client("schedule", "show", "nightly")
    ran = client("schedule", "run", "nightly")
    fires = client("schedule", "fires", "nightly", "--json")
    resumed = client("schedule", "resume", "nightly", "--json")

    (fire,) = json.loads(fires.stdout)["items"]
    assert json.loads(paused.stdout)["paused"]
    assert "by user:olga: holidays" in seen.stdout
    assert ran.stdout.split() == [fire["job_id"], "queued"]
    assert fire["actor"] == "user:olga"
    assert not json.loads(resumed.stdout)["paused"]


def test_a_deleted_schedule_is_not_found(client, nightly):
    deleted = client("schedule", "delete", "nightly")
    again = client("schedule", "delete", "nightly")
    by_id = client("schedule", "show", nightly["id"])

    assert (deleted.exit_code, deleted.stdout) == (ExitCode.OK, "nightly deleted\n")
    assert (again.exit_code, by_id.exit_code) == (ExitCode.NOT_FOUND, ExitCode.NOT_FOUND)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((*CREATE,), ExitCode.USAGE, "give cron or interval_seconds"),
        ((*CREATE, "--cron", "0 0 31 2 *"), ExitCode.USAGE, "bad day-of-month"),
        ((*CREATE, "--every", "1w"), ExitCode.USAGE, "no span of time"),
        (("schedule", "create", "x", "coffee", "--every", "2h"), ExitCode.USAGE, "'coffee'"),
        (("schedule", "pause", "none", "-r", "x"), ExitCode.NOT_FOUND, "'none'"),
        (("schedule", "preview", "--cron", "* *"), ExitCode.USAGE, "number of fields"),
    ],
    ids=["no time", "no day", "no span", "no type", "no name", "no cron"],
)
def test_what_cannot_be_is_told_by_the_exit_code_and_in_words(client, words, code, said):
    answer = client(*words)

    assert answer.exit_code == code
    assert said in answer.stderr


def test_a_name_that_is_taken_is_a_conflict(client, nightly):
    assert client(*CREATE, "--every", "2h").exit_code == ExitCode.CONFLICT


def test_a_timetable_is_previewed_with_the_days_on_which_clocks_change(client):
    answer = client(
        "schedule", "preview", "--cron", "30 2 * 3 0L", "--zone", "Europe/Berlin", "-n", "2"
    )

    lines = answer.stdout.splitlines()
    assert lines[0].startswith("At 02:30")
    assert [line.split("  ")[-1].strip() for line in lines[1:]] == [
        "clocks go forward by 60 min"
    ] * 2


def test_what_the_system_does_by_itself_is_listed(client):
    drawn, listed = client("schedule", "system"), client("schedule", "system", "--json")

    names = [duty["name"] for duty in json.loads(listed.stdout)["items"]]
    assert "prune" in names
    assert all(name in drawn.stdout for name in names)
