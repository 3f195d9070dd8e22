"""Estimates of a start: sane, whatever the facts are."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis.strategies import floats, integers

from support.standing import AT, a_line, a_queue, a_unit, facts, held, pace, paces
from taskforge.core.forecast import FARTHEST, Line, forecast, wait
from taskforge.core.priority import Priority
from taskforge.core.states import FINAL, JobStatus
from taskforge.core.why import CrowdFacts, NoEstimate, Paces, Standing, StartEstimate

HOUR = timedelta(hours=1)
USUAL = paces(pace())
NOTHING = paces()
FULL = [a_unit(busy=2)]


def seconds(job: Standing, pace: Paces = USUAL) -> tuple[float, float]:
    """The estimate, in seconds from now."""
    found = forecast(job, pace)
    assert isinstance(found, StartEstimate), found
    assert found.p50_at <= found.p90_at
    return (found.p50_at - AT).total_seconds(), (found.p90_at - AT).total_seconds()


@given(
    integers(0, 100_000), integers(0, 100_000), integers(0, 50), integers(1, 50), floats(1e-4, 1e6)
)
def test_a_wait_is_longer_the_more_jobs_are_ahead(ahead, more, busy, width, beat):
    lines = [Line(n, n, min(busy, width), width, beat) for n in (ahead, ahead + more)]

    near, far = (wait(line) for line in lines)

    assert near
    assert far
    assert 0 <= near.p50 <= near.p90
    assert near.p50 <= far.p50
    assert near.p90 <= far.p90


@pytest.mark.parametrize(
    ("ends", "p50", "p90"),
    [(1, 0.693, 2.303), (2, 1.678, 3.890), (5, 4.671, 7.994), (1000, 999.667, 1040.734)],
)
def test_quantiles_are_those_of_a_gamma_distribution(ends, p50, p90):
    found = wait(Line(ends - 1, ends - 1, 1, 1, 1.0))

    assert found
    assert (found.p50, found.p90) == (pytest.approx(p50, rel=0.05), pytest.approx(p90, rel=0.05))


def test_a_job_that_nothing_keeps_starts_now():
    assert seconds(facts(), NOTHING) == (0, 0)


def test_the_estimate_moves_back_with_every_job_ahead():
    found = [seconds(facts(units=FULL, line=a_line(n))) for n in range(0, 200, 7)]

    assert found == sorted(found)
    assert len({p50 for p50, _ in found}) == len(found)


def test_without_full_minutes_of_waiting_run_times_and_slots_tell():
    p50, p90 = seconds(facts(units=FULL, line=a_line(99)))  # 100 ends, one a second

    assert (p50, p90) == (pytest.approx(100, abs=1), pytest.approx(113, abs=1))


def test_starts_of_minutes_through_which_jobs_waited_tell_better():
    waiting = facts(units=FULL, line=a_line(99, first_at=AT - timedelta(seconds=150)))
    lately = paces(pace(starts=[600, 600, 7, 7, 7]))  # of the two full ones

    assert seconds(waiting, lately)[0] == pytest.approx(10, abs=0.1)


def test_what_comes_in_more_urgent_queues_overtakes():
    waiting = facts(units=FULL, line=a_line(99))
    half = paces(pace(), pace(priority=0, came_per_minute=30.0))
    flood = paces(pace(), pace(priority=0, came_per_minute=9e9))

    usual, halved, flooded = (seconds(waiting, it)[0] for it in (USUAL, half, flood))

    assert halved == pytest.approx(2 * usual)
    assert flooded == pytest.approx(20 * usual)  # its fair share is left


def test_where_priority_is_strict_a_flood_of_urgent_jobs_leaves_nothing():
    waiting = facts(units=FULL, line=a_line(99), least_share=0.0)
    flood = paces(pace(), pace(priority=0, came_per_minute=9e9))

    assert forecast(waiting, flood) is NoEstimate.OVERTAKEN
    assert forecast(facts(least_share=0.0), flood) == forecast(facts(), NOTHING)


def test_what_comes_in_less_urgent_queues_does_not():
    waiting = facts(units=FULL, line=a_line(99))
    lately = paces(pace(), pace(priority=3, came_per_minute=9e9, run_seconds=9e9))

    assert seconds(waiting, lately) == seconds(waiting)


def test_the_slowest_line_counts():
    waiting = facts(line=a_line(10), type_limit=held(1, 1), queue_limit=held(2, 2))

    assert seconds(waiting)[0] == pytest.approx(2 * 10.67, abs=0.1)  # one by one, each 2 s


def test_a_type_that_units_run_few_of_waits_for_those_places():
    units = [a_unit(slots=100, busy=1, of_type=1)]

    assert seconds(facts(units=units, unit_limit=1, line=a_line(5)))[0] == pytest.approx(
        11.3, abs=1
    )


@pytest.mark.parametrize("status", [JobStatus.SCHEDULED, JobStatus.RETRYING])
def test_no_job_starts_before_it_is_due(status):
    later = facts(status=status, run_at=AT + HOUR, units=FULL, line=a_line(5))

    assert seconds(later) == (3600, 3600)


def test_no_job_starts_before_the_pause_of_its_queue_ends_and_the_line_waits_too():
    queue = a_queue(is_open=False, paused_at=AT, resume_at=AT + HOUR)
    paused = facts(queue=queue, units=FULL, line=a_line(99))

    assert seconds(paused)[0] == pytest.approx(
        3600 + seconds(facts(units=FULL, line=a_line(99)))[0]
    )


def test_a_line_that_was_not_counted_is_taken_from_the_counters():
    evenly = CrowdFacts(above=1_000, level=100_000, oldest_at=AT - HOUR, newest_at=AT + HOUR)

    p50, p90 = seconds(facts(units=FULL, run_at=AT, line=a_line(1_000, looked=1_001), crowd=evenly))

    assert p50 == pytest.approx(51_000, rel=0.01)
    assert p90 == pytest.approx(101_000, rel=0.01)


def test_what_lies_beyond_the_calendar_is_told_as_far_away():
    slow = paces(pace(run_seconds=1e15))

    assert seconds(facts(units=FULL, line=a_line(2_000)), slow)[0] == FARTHEST.total_seconds()


def test_a_job_that_runs_alone_starts_when_a_unit_is_idle():
    busy, idle = a_unit(busy=1), a_unit(busy=0)

    assert forecast(facts(is_suspect=True, units=[busy]), USUAL) is NoEstimate.NO_IDLE_WORKER
    assert seconds(facts(is_suspect=True, units=[busy, idle]), NOTHING) == (0, 0)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        *[pytest.param({"status": it}, NoEstimate.NOT_WAITING, id=it) for it in sorted(FINAL)],
        pytest.param({"status": JobStatus.RUNNING}, NoEstimate.NOT_WAITING, id="running"),
        pytest.param(
            {"queue": a_queue(is_open=False, paused_at=AT)},
            NoEstimate.PAUSED,
            id="paused without end",
        ),
        pytest.param({"type_limit": held(0, 0)}, NoEstimate.LIMIT_IS_ZERO, id="type stopped"),
        pytest.param({"queue_limit": held(0, 3)}, NoEstimate.LIMIT_IS_ZERO, id="queue stopped"),
        pytest.param({"units": []}, NoEstimate.NO_WORKER, id="no worker"),
        pytest.param({"units": [a_unit(serves=False)]}, NoEstimate.NO_WORKER, id="of other queues"),
        pytest.param({"units": [a_unit(knows=False)]}, NoEstimate.NO_WORKER, id="of other types"),
        pytest.param({"units": [a_unit(draining=True)]}, NoEstimate.NO_WORKER, id="draining"),
    ],
)
def test_what_cannot_be_told_is_not_told_but_why(fields, reason):
    assert forecast(facts(**fields), USUAL) is reason


def test_without_anything_to_judge_by_there_is_no_estimate():
    assert forecast(facts(units=FULL), NOTHING) is NoEstimate.NO_RECENT_THROUGHPUT
    assert (
        forecast(facts(priority=Priority.HIGH, units=FULL), USUAL)
        is NoEstimate.NO_RECENT_THROUGHPUT
    )
    waiting = facts(type_room=False, type_limit=held(1, 1))
    assert forecast(waiting, paces(pace(type="other"))) is NoEstimate.NO_RECENT_THROUGHPUT
