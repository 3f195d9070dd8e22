"""`taskforge job why` against a real API; there is no worker, so every job waits."""

import json

import pytest

UNKNOWN = "01900000-0000-7000-8000-000000000000"


def test_for_people_each_blocker_is_a_line(client, submitted):
    done = client("job", "why", submitted())

    lines = done.stdout.splitlines()
    assert done.exit_code == 0
    assert lines[0].startswith("· queued since ")
    assert lines[1:] == [
        "- No live worker serves queue 'default'.",
        "starts: cannot be told: no live worker would take it",
    ]


def test_a_job_for_later_says_when(client, submitted):
    done = client("job", "why", submitted("--delay", "2h"))

    assert "- It is scheduled for " in done.stdout
    assert "(in 2 h)" in done.stdout or "(in 120 min)" in done.stdout


def test_a_job_that_does_not_wait_says_so(client, submitted):
    job = submitted()
    client("job", "cancel", job)

    done = client("job", "why", job)

    assert done.exit_code == 0
    assert "It does not wait: it ended as cancelled at " in done.stdout
    assert "starts:" not in done.stdout


def test_as_json_it_is_what_the_api_says(client, submitted):
    job = submitted()

    told = json.loads(client("job", "why", job, "--json").stdout)

    assert (told["job_id"], told["status"]) == (job, "queued")
    assert [it["kind"] for it in told["blockers"]] == ["no_worker"]


@pytest.mark.parametrize(("job", "code"), [(UNKNOWN, 3), ("nobody", 2)], ids=["none", "no id"])
def test_a_job_that_is_not_there_is_not_found(client, job, code):
    assert client("job", "why", job).exit_code == code


def test_a_waiting_job_points_to_it_and_json_stays_plain(client, submitted):
    job = submitted()

    shown, plain = client("job", "get", job), client("job", "get", job, "--json")

    assert f"taskforge job why {job}" in shown.stderr
    assert plain.stderr == ""
    assert json.loads(plain.stdout)["id"] == job
