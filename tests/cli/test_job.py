"""`taskforge job` against a real API; there is no worker, so nothing happens to the jobs."""

import json
import subprocess
import sys

import pytest

from taskforge.cli.output import ExitCode

UNKNOWN = "01900000-0000-7000-8000-000000000000"
PAYLOAD = '{"dataset":"sales_q1","operation":"profile","rows":10}'


def test_a_job_is_submitted_with_all_its_parts(client):
    done = client(
        *("job", "submit", "data_processing", "--payload", PAYLOAD, "--priority", "high"),
        *("--tag", "a", "--tag", "b", "--delay", "2h", "--max-retries", "1", "--timeout", "9"),
        *("--key", "k-1", "--webhook", "https://example.com/hook", "--json"),
    )

    job = json.loads(done.stdout)
    assert done.exit_code == 0
    assert (job["status"], job["priority"], job["tags"]) == ("scheduled", "high", ["a", "b"])
    assert (job["max_retries"], job["timeout_seconds"]) == (1, 9)
    assert job["payload"]["rows"] == 10


def test_the_same_key_is_the_same_job(submitted):
    assert submitted("--key", "once") == submitted("--key", "once")


def test_for_people_a_submission_is_one_line(client):
    done = client("job", "submit", "data_processing", "-p", PAYLOAD)

    assert done.stdout.split()[1:] == ["queued"]


@pytest.mark.parametrize("where", ["-", "@order.json"])
def test_a_payload_comes_from_stdin_or_a_file(client, tmp_path, where):
    (tmp_path / "order.json").write_text(PAYLOAD)

    done = client("job", "submit", "data_processing", "-p", where, "--json", given=PAYLOAD)

    assert json.loads(done.stdout)["payload"]["dataset"] == "sales_q1"


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        ("{", "is not JSON"),
        ("[1]", "must be a JSON object"),
        ("@missing.json", "cannot be read"),
        ("@\0", "is no file name"),
        ("[" * 100_000, "is not JSON"),
        ("\udc80", "is not JSON"),
    ],
    ids=["cut", "list", "no file", "nul", "deep", "bytes"],
)
def test_a_payload_that_is_none_is_usage(client, payload, said):
    done = client("job", "submit", "data_processing", "-p", payload)

    assert done.exit_code == 2
    assert said in done.stderr


def test_a_payload_beyond_the_limit_is_not_sent(client):
    done = client("job", "submit", "data_processing", "-p", "-", given=" " * 2_000_000)

    assert done.exit_code == 2
    assert "more than 1,048,576 bytes" in done.stderr


def test_what_the_type_refuses_is_said_in_one_sentence(client):
    done = client("job", "submit", "data_processing", "-p", '{"rows":0}')

    assert done.exit_code == 2
    assert "`operation` is missing" in done.stderr
    assert done.stdout == ""


def test_a_doubled_key_reaches_the_judge_unchanged(client):
    done = client("job", "submit", "data_processing", "-p", PAYLOAD[:-1] + ',"rows":11}')

    assert done.exit_code == 2
    assert "twice" in done.stderr


@pytest.mark.parametrize("verb", ["get", "watch", "cancel", "retry", "logs"])
def test_a_job_that_is_not_there_is_not_found(client, verb):
    done = client("job", verb, UNKNOWN)

    assert (done.exit_code, done.stdout) == (3, "")
    assert UNKNOWN in done.stderr


@pytest.mark.parametrize("verb", ["get", "watch", "cancel"])
def test_what_is_no_id_is_usage(client, verb):
    assert client("job", verb, "../users").exit_code == 2


def test_a_job_is_shown_with_its_payload(client, submitted):
    job_id = submitted("--tag", "shown")

    text = client("job", "get", job_id).stdout
    data = json.loads(client("job", "get", job_id, "--json").stdout)

    assert job_id in text
    assert "sales_q1" in text
    assert data["tags"] == ["shown"]


def test_a_list_is_filtered_and_followed_over_pages(client, submitted):
    ids = [submitted("--tag", "mine") for _ in range(3)]
    submitted("--tag", "other")

    page = json.loads(client("job", "list", "--tag", "mine", "-n", "2", "--json").stdout)
    rest = client("job", "list", "--tag", "mine", "--cursor", page["next_cursor"], "--json")

    found = page["items"] + json.loads(rest.stdout)["items"]
    assert [job["id"] for job in found] == ids[::-1]


def test_filters_may_be_combined(client, submitted):
    job_id = submitted("--tag", "x", "--priority", "low")

    done = client(
        *("job", "list", "--status", "queued", "--type", "data_processing", "--json"),
        *("--priority", "low", "--after", "1h", "--before", "2100-01-01T00:00:00Z", "-q", "x"),
    )

    assert [job["id"] for job in json.loads(done.stdout)["items"]] == [job_id]


def test_a_foreign_cursor_is_usage(client):
    done = client("job", "list", "--cursor", "nonsense")

    assert done.exit_code == 2


def test_a_list_takes_a_search(client, submitted):
    job_id = submitted("--tag", "wanted")
    submitted("--tag", "other")

    found = client("job", "list", "--query", "tag:wanted payload.rows:10", "--json")

    assert [job["id"] for job in json.loads(found.stdout)["items"]] == [job_id]


def test_a_search_that_is_not_understood_is_shown_with_a_mark(client):
    done = client("job", "list", "-q", "type:email stauts:failed")

    said, search, mark = done.stderr.rstrip().split("\n")
    assert done.exit_code == 2
    assert "did you mean `status`?" in said
    assert search == "  type:email stauts:failed"
    assert mark.index("^") == search.index("stauts")


def test_the_mark_is_in_sight_in_a_long_search_too(client):
    done = client("job", "list", "-q", "tag:ä\n" * 15 + "x:1")

    search, mark = done.stderr.rstrip().split("\n")[-2:]
    assert len(search) <= 80
    assert search[mark.index("^") :] == "x:1"


def test_an_empty_list_says_so(client):
    assert client("job", "list").stdout == "no jobs\n"
    assert json.loads(client("job", "list", "--json").stdout)["items"] == []


def test_cancel_and_retry_tell_the_new_status(client, submitted):
    job_id = submitted()

    cancelled = client("job", "cancel", job_id)
    again = client("job", "cancel", job_id)
    retried = client("job", "retry", job_id, "--json")

    assert cancelled.stdout == f"{job_id} cancelled\n"
    assert again.exit_code == 5
    assert json.loads(retried.stdout)["status"] == "queued"


def test_a_job_without_a_log_has_none(client, submitted):
    job_id = submitted()

    assert client("job", "logs", job_id).stdout == ""
    assert json.loads(client("job", "logs", job_id, "--json").stdout) == {"items": []}


def test_watching_gives_up_when_told_to(client, submitted):
    done = client("job", "watch", submitted(), "--patience", "0.2")

    assert done.exit_code == 7
    assert "has not ended yet" in done.stderr


def test_a_cancelled_job_has_failed_for_who_waits(client, submitted):
    job_id = submitted()
    client("job", "cancel", job_id)

    done = client("job", "watch", job_id, "--json")

    assert done.exit_code == 1
    assert json.loads(done.stdout)["status"] == "cancelled"


def test_the_fleet_is_listed(client):
    queues = json.loads(client("queue", "list", "--json").stdout)["items"]

    assert [queue["name"] for queue in queues] == ["critical", "high", "default", "low"]
    assert "critical" in client("queue", "list").stdout
    assert "no workers" in client("worker", "list").stdout


@pytest.mark.parametrize("module", ["job", "job_types", "fleet", "login"])
def test_a_client_command_imports_nothing_of_the_servers(module):
    code = f"""
import sys
import taskforge.cli.main, taskforge.cli.{module}
servers = {{"sqlalchemy", "redis", "litestar", "dramatiq", "duckdb", "asyncpg"}}
print(sorted(servers & set(sys.modules)))
"""
    done = subprocess.run(  # noqa: S603 - ours
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )

    assert done.stdout == "[]\n"


def test_waiting_jobs_get_another_priority(client, submitted):
    ids = [submitted("--delay", "2h"), submitted("--delay", "2h")]

    done = client("job", "priority", *ids, "high")

    assert done.stdout.splitlines() == [f"{job_id} scheduled, high" for job_id in ids]
    assert json.loads(client("job", "get", ids[1], "--json").stdout)["priority"] == "high"


def test_the_first_job_that_cannot_change_ends_it(client, submitted):
    first, ended, waits = submitted(), submitted(), submitted()
    client("job", "cancel", ended)

    done = client("job", "priority", first, ended, waits, "low", "--json")

    assert done.exit_code == ExitCode.CONFLICT
    assert [it["id"] for it in json.loads(done.stdout)["items"]] == [first]
    assert json.loads(client("job", "get", waits, "--json").stdout)["priority"] == "normal"
    assert client("job", "priority", waits, "urgent").exit_code == ExitCode.USAGE
    assert client("job", "priority", UNKNOWN, "low").exit_code == ExitCode.NOT_FOUND
