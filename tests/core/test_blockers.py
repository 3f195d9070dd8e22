"""What keeps a job from starting, from the facts."""

from datetime import timedelta

import pytest

from support.standing import AT, a_line, a_queue, a_unit, facts, held, paces
from taskforge.core.blockers import blockers
from taskforge.core.explain import explain
from taskforge.core.failures import ErrorClass
from taskforge.core.ids import new_id
from taskforge.core.states import FINAL, JobStatus
from taskforge.core.why import MAX_NAMED, BlockerKind, CrowdFacts

K = BlockerKind
LATER = AT + timedelta(hours=1)


def kinds(**fields):
    return [it.kind for it in blockers(facts(**fields))]


def test_a_job_that_nothing_keeps_has_no_blockers():
    told = explain(facts(), paces())

    assert told.blockers == []
    assert told.message == "Nothing keeps it: it starts any moment."


def test_blockers_are_told_all_at_once_and_in_order():
    found = kinds(
        queue=a_queue(is_open=False, paused_at=AT),
        queue_room=False, queue_limit=held(1, 1), type_room=False, type_limit=held(5, 5),
        units=[a_unit(busy=2)], line=a_line(3),
    )  # fmt: skip

    assert found == [K.QUEUE_PAUSED, K.QUEUE_LIMIT, K.TYPE_LIMIT, K.SLOTS_BUSY, K.JOBS_AHEAD]


def test_a_pause_tells_who_why_since_and_until():
    queue = a_queue(
        is_open=False, paused_at=AT, paused_by="user:ann", pause_reason="mail is down",
        resume_at=LATER,
    )  # fmt: skip

    (pause,) = blockers(facts(queue=queue))

    assert (pause.actor, pause.reason, pause.since, pause.until) == (
        "user:ann", "mail is down", AT, LATER,
    )  # fmt: skip
    assert pause.message == (
        "Queue 'default' is paused by user:ann since 2026-03-01 12:00:30 UTC, until"
        " 2026-03-01 13:00:30 UTC: mail is down."
    )


def test_a_full_limit_names_some_that_hold_it():
    limit = held(50, 50)

    (full,) = blockers(facts(type_room=False, type_limit=limit))

    assert (full.limit, full.running, full.jobs) == (50, 50, limit.jobs)
    assert full.message == "50 jobs are running of type 'email', and at most 50 may."


def test_a_limit_with_room_is_no_blocker():
    assert kinds(type_limit=held(5, 4), queue_limit=held(5, 4)) == []


@pytest.mark.parametrize(
    ("units", "kind", "known"),
    [
        pytest.param([], K.NO_WORKER, [], id="none lives"),
        pytest.param(
            [a_unit(serves=False, queues=["low", "high"])], K.NO_WORKER, ["high", "low"],
            id="others live",
        ),
        pytest.param(
            [a_unit(knows=False, types=["b"]), a_unit(serves=False), a_unit(knows=False)],
            K.TYPE_UNKNOWN, ["b", "email"], id="they know other types",
        ),
        pytest.param(
            [a_unit(draining=True), a_unit(knows=False)], K.WORKERS_DRAINING, [], id="they drain"
        ),
        pytest.param([a_unit(busy=2), a_unit(draining=True)], K.SLOTS_BUSY, [], id="slots busy"),
    ],
)  # fmt: skip
def test_without_a_worker_for_it_the_reason_is_told(units, kind, known):
    (found,) = blockers(facts(units=units))

    assert (found.kind, found.known) == (kind, known)


def test_a_unit_with_a_slot_and_room_is_enough():
    units = [a_unit(busy=2), a_unit(draining=True), a_unit(knows=False), a_unit()]

    assert kinds(units=units) == []


def test_units_that_run_as_many_of_the_type_as_one_may_have_no_room():
    full, roomy = a_unit(slots=9, of_type=1), a_unit(slots=9)

    assert kinds(units=[full], unit_limit=1) == [K.WORKER_TYPE_LIMIT]
    assert kinds(units=[full, roomy], unit_limit=1) == []
    assert kinds(units=[full, a_unit(busy=2)], unit_limit=1) == [K.SLOTS_BUSY]


def test_a_job_that_runs_alone_waits_for_an_idle_unit_and_for_no_slot():
    assert kinds(is_suspect=True, units=[a_unit(busy=2)]) == [K.NO_IDLE_WORKER]
    assert kinds(is_suspect=True, units=[a_unit(), a_unit(busy=0)]) == []


def test_no_more_workers_are_named_than_a_reader_wants():
    (found,) = blockers(facts(units=[a_unit(busy=2) for _ in range(30)]))

    assert len(found.workers) == MAX_NAMED
    assert (found.limit, found.running) == (60, 60)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(JobStatus.SCHEDULED, K.NOT_DUE), (JobStatus.RETRYING, K.RETRY_BOOKED)],
)
def test_a_job_that_is_not_due_says_until_when_and_what_else_would_hold_it(status, kind):
    found = blockers(
        facts(
            status=status, run_at=LATER, failures=2, error_class=ErrorClass.TARGET_ERROR,
            units=[a_unit(busy=2)], line=a_line(3), type_room=False, type_limit=held(1, 1),
        )
    )  # fmt: skip

    assert [it.kind for it in found] == [kind, K.TYPE_LIMIT]
    assert found[0].until == LATER
    if kind is K.RETRY_BOOKED:
        assert "failed 2 times (target_error) of at most 4" in found[0].message


def test_jobs_ahead_that_were_not_counted_are_about_so_many():
    hour = timedelta(hours=1)
    crowd = CrowdFacts(above=500_000, level=1_000, oldest_at=AT - hour, newest_at=AT + hour)

    (found,) = blockers(facts(run_at=AT, line=a_line(1_000, looked=1_001), crowd=crowd))

    assert (found.ahead, found.exact) == (500_500, False)
    assert found.message == "About 500,500 jobs are ahead of it."


@pytest.mark.parametrize("status", sorted(FINAL))
def test_an_ended_job_says_when_it_ended(status):
    told = explain(facts(status=status, finished_at=AT, units=[], worker_id=new_id()), paces())

    assert (told.blockers, told.since, told.worker_id) == ([], AT, None)
    assert told.message == f"It does not wait: it ended as {status} at 2026-03-01 12:00:30 UTC."


def test_a_running_job_says_where_and_whether_its_worker_lives():
    worker = new_id()
    fields = {"status": JobStatus.RUNNING, "started_at": AT, "worker_id": worker}

    runs = explain(facts(**fields, lease_expires_at=LATER), paces())
    stopping = explain(facts(**fields, lease_expires_at=LATER, cancel_requested_at=AT), paces())
    lost = explain(facts(**fields, lease_expires_at=AT - timedelta(seconds=1)), paces())

    assert (runs.blockers, runs.since, runs.worker_id) == ([], AT, worker)
    assert f"it runs since 2026-03-01 12:00:30 UTC on worker {worker}." in runs.message
    assert "asked to stop" in stopping.message
    assert "fallen silent" in lost.message


def test_a_job_that_no_handler_takes_is_told_apart_from_one_that_failed():
    passed_on = facts(
        status=JobStatus.RETRYING, run_at=LATER, error_class=ErrorClass.NOT_CONFIGURED,
        error_kind="no_handler", units=[],
    )  # fmt: skip

    told, _ = blockers(passed_on)

    assert (told.kind, told.until) == (K.NO_HANDLER, LATER)
    assert "another release" in told.message
    assert "Upgrade the workers" in told.message
