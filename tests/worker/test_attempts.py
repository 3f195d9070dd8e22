"""What becomes of a job in a real unit."""

import itertools

import pytest

from support.waiting import eventually
from taskforge.core.priority import Priority
from taskforge.db.job_rows import get_row


async def test_a_job_runs_and_its_result_is_kept(shared):
    job_id = await shared.submit("say", {"value": {"é": [1, None]}})

    row = await shared.until(job_id)

    assert (row["status"], row["attempt"], row["failures"]) == ("success", 1, 0)
    kept = await shared.db.fetchval("SELECT result FROM job_results WHERE job_id = $1", job_id)
    assert kept == {"é": [1, None]}


async def test_a_failing_job_waits_longer_each_time_and_then_works(shared):
    job_id = await shared.submit("flaky", {"failures": 2})

    row = await shared.until(job_id, tending=True)

    assert (row["status"], row["attempt"], row["failures"]) == ("success", 3, 2)
    tries = await shared.db.fetch(
        "SELECT outcome, started_at, finished_at FROM job_attempts"
        " WHERE job_id = $1 ORDER BY number",
        job_id,
    )
    assert [it["outcome"] for it in tries] == ["retrying", "retrying", "success"]
    pauses = [
        (later["started_at"] - earlier["finished_at"]).total_seconds()
        for earlier, later in itertools.pairwise(tries)
    ]
    assert pauses[0] >= 0.2
    assert pauses[1] >= 0.4


async def test_a_job_that_never_works_ends_in_the_dead_letters_of_both(shared):
    job_id = await shared.submit("boom", max_retries=0, priority=Priority.HIGH)

    row = await shared.until(job_id)

    assert (row["status"], row["failures"], row["error_class"]) == ("dead_letter", 1, "internal")
    error = await shared.error(job_id)
    assert error["kind"] == "RuntimeError"
    assert "boom" in error["traceback"]

    async def listed():
        messages = await shared.deps.redis.hvals("taskforge:high.XQ.msgs")
        return any(str(job_id).encode() in message for message in messages)

    await eventually(listed)


async def test_what_a_retry_cannot_help_fails_at_once(shared):
    row = await shared.until(await shared.submit("refuse"))

    assert (row["status"], row["attempt"], row["error_class"]) == ("failed", 1, "invalid_input")


async def test_a_rate_limit_says_when(shared):
    job_id = await shared.submit("patience", {"seconds": 500})

    row = await shared.until(job_id, "retrying")

    assert 499 < (row["run_at"] - row["started_at"]).total_seconds() < 505


async def test_a_job_that_takes_too_long_is_stopped_and_tried_again(shared):
    job_id = await shared.submit("pause", {"seconds": 60}, timeout_seconds=1)

    row = await shared.until(job_id, "retrying")

    assert row["error_class"] == "timeout"
    assert row["duration_seconds"] < 3


async def test_a_delayed_job_does_not_run_before_its_time(shared):
    job_id = await shared.submit("noop", delay_seconds=0.5)
    assert (await shared.row(job_id))["status"] == "scheduled"

    row = await shared.until(job_id, tending=True)

    assert row["started_at"] >= row["run_at"]


@pytest.mark.parametrize(
    ("what", "status", "says"),
    [
        ("result", "failed", "JSON"),
        ("nul", "failed", "NUL"),
        ("large", "failed", "result_too_large"),
        ("error", "dead_letter", "Mute"),
        ("group", "dead_letter", "many"),
        ("cancel", "dead_letter", "CancelledError"),
    ],
)
async def test_an_odd_handler_fails_by_itself_and_its_unit_goes_on(shared, what, status, says):
    job_id = await shared.submit("odd", {"what": what}, max_retries=0)

    row = await shared.until(job_id)

    assert (row["status"], row["crashes"]) == (status, 0)
    assert says in (await shared.error(job_id))["message"]


async def test_strange_progress_leaves_a_row_that_can_be_read(shared):
    job_id = await shared.submit("odd", {"what": "progress"})
    await shared.until(job_id, "success")

    async with shared.deps.db.connect() as connection:
        row = await get_row(connection, job_id)
    assert row
    assert row.progress
    assert (row.progress.percent, row.progress.current) == (1.0, None)
    assert row.progress.stage == "\N{REPLACEMENT CHARACTER}?"


@pytest.mark.parametrize("how", ["exit", "interrupt"])
async def test_a_handler_that_exits_fails_and_its_unit_goes_on(shared, how):
    unit = shared.supervisor.running[0].pid
    job_id = await shared.submit("poison", {"how": how}, max_retries=0)

    row = await shared.until(job_id)

    assert (row["status"], row["crashes"]) == ("dead_letter", 0)
    await shared.until(await shared.submit("noop"), "success")
    assert shared.supervisor.running[0].pid == unit


async def test_a_hundred_jobs_named_by_a_few_hints_all_run_in_a_few_slots(shared):
    ids = [await shared.submit("pause", {"seconds": 0.01}) for _ in range(100)]
    await shared.deps.queue.push([])  # an empty push is no message

    for job_id in ids:
        assert (await shared.until(job_id))["status"] == "success"


async def test_progress_is_throttled_and_the_last_is_kept(shared):
    job_id = await shared.submit("steps", {"steps": 2_000})

    row = await shared.until(job_id)

    assert row["progress"] == {"percent": 100.0, "current": 2000, "total": 2000, "stage": "walking"}
    frames = await shared.deps.redis.xrange("taskforge:events")
    told = sum(
        entry[b"f"].count(b"job_progress")
        for _, entry in frames
        if str(job_id).encode() in entry[b"f"]
    )
    assert told <= 2 + row["duration_seconds"] / 0.2


async def test_a_chatty_handler_is_cut_short_with_a_mark(shared):
    job_id = await shared.submit("chatter", {"lines": 5_000})
    await shared.until(job_id, "success")

    lines = await shared.db.fetch(
        "SELECT seq, level, message FROM job_logs WHERE job_id = $1 ORDER BY seq", job_id
    )
    assert [it["seq"] for it in lines] == list(range(1, 2_002))
    assert lines[-1]["level"] == "warning"
    assert "truncated" in lines[-1]["message"]


async def test_long_lines_count_by_their_bytes(shared):
    job_id = await shared.submit("chatter", {"lines": 1_000, "width": 10_000})
    await shared.until(job_id, "success")

    lines = await shared.db.fetchval(
        "SELECT count(*) FROM job_logs WHERE job_id = $1 AND length(message) <= 4000", job_id
    )
    assert 200 < lines < 300
