"""Which moments are due, and what becomes of each."""

from datetime import UTC, datetime, timedelta
from itertools import accumulate, islice
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskforge.core.firing import MAX_AT_ONCE, MAX_TOLD, Busy, Due, Turn, settle, take_turn
from taskforge.core.ids import new_id
from taskforge.core.schedule import MAX_CAUGHT_UP, Missed, Overlap, Span, due_at, upcoming

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
ID, JOB = new_id(), new_id()


def due(now: datetime = NOON, first: datetime = NOON, **fields: Any) -> Due:
    """A schedule that fires each minute, with NOON as its next moment."""
    span: dict[str, Any] = {
        name: fields.pop(name) for name in Span.__struct_fields__ if name in fields
    }
    if not {"cron", "interval_seconds"} & span.keys():
        span["cron"] = "* * * * *"
    standard = Due(
        id=ID, name="nightly", span=Span(**span), jitter_seconds=0.0, overlap=Overlap.ALLOW,
        missed=Missed.RUN_ONCE, template="{}", created_by=None, created_at=NOON - DAY,
        next_fire_at=first, due_at=first, now=now,
    )  # fmt: skip
    return standard._replace(**fields)


def minutes(*numbers: int) -> list[datetime]:
    return [NOON + n * MINUTE for n in numbers]


def jobs_of(outcomes):
    return [it.fire_at for it in outcomes if it.job_id]


def test_a_moment_that_has_come_is_in_time_and_the_next_one_follows():
    assert take_turn(due(NOON + SECOND)) == Turn(None, [], [NOON], NOON + MINUTE)


def test_a_promised_moment_comes_although_clocks_are_set_by_another_rule_meanwhile():
    promised = NOON - 20 * SECOND

    assert take_turn(due(NOON - SECOND, promised)) == Turn(None, [], [promised], NOON)


def test_what_passed_more_than_a_minute_ago_is_missed():
    turn = take_turn(due(NOON + 3.5 * MINUTE))

    assert (turn.missed, turn.timely) == (minutes(0, 1, 2), minutes(3))
    assert turn.next_fire_at == NOON + 4 * MINUTE


def test_nothing_comes_after_the_end():
    turn = take_turn(due(NOON + DAY, ends_at=NOON + 2 * MINUTE))

    assert (turn.missed, turn.timely, turn.next_fire_at) == (minutes(0, 1), [], None)


@pytest.mark.parametrize(("missed", "kept"), [(Missed.SKIP, MAX_TOLD), (Missed.RUN_ALL, 100)])
def test_a_year_away_costs_no_year(missed, kept):
    now = NOON + 365 * DAY + SECOND / 2

    turn = take_turn(due(now, interval_seconds=1.0, missed=missed))

    assert turn.missed == [now - SECOND / 2 - n * SECOND for n in range(59 + kept, 59, -1)]
    assert turn.dropped == NOON
    assert turn.timely[0] == now - 59.5 * SECOND


def test_what_is_due_all_at_once_is_taken_in_parts():
    turn = take_turn(due(NOON + 55 * SECOND, interval_seconds=1.0))

    assert turn.timely == [NOON + n * SECOND for n in range(MAX_AT_ONCE)]
    assert turn.next_fire_at == NOON + MAX_AT_ONCE * SECOND


def test_a_moment_waits_for_its_jitter_and_is_not_missed_meanwhile():
    jittered = due(jitter_seconds=600.0)
    comes = due_at(ID, NOON, 600.0)
    jittered = jittered._replace(due_at=comes)

    assert take_turn(jittered._replace(now=comes - SECOND)).timely == []
    turn = take_turn(jittered._replace(now=comes))
    assert (turn.missed, turn.timely[0]) == ([], NOON)


crons = st.sampled_from(["* * * * *", "*/7 * * * *", "0 3 * * *", "15 */5 2 * * *", "0 0 1 * *"])
timetables = st.one_of(
    st.fixed_dictionaries({"cron": crons, "timezone": st.sampled_from(["UTC", "Europe/Berlin"])}),
    st.fixed_dictionaries(
        {"interval_seconds": st.floats(1.0, 90_000.0).map(lambda n: round(n, 3))}
    ),
)


@settings(max_examples=60, deadline=None)
@given(timetables, st.sampled_from(Missed), st.integers(0, 250), st.sampled_from([0.0, 90.0]))
def test_a_turn_is_what_a_walk_over_all_moments_finds(timetable, missed, number, jitter):
    every = list(islice(upcoming(Span(**timetable), NOON, created_at=NOON), number + 100))
    now = every[number] + SECOND / 4
    fields = {**timetable, "missed": missed, "jitter_seconds": jitter, "created_at": NOON}
    comes = list(accumulate((due_at(ID, at, jitter) for at in every), max))
    keep = MAX_CAUGHT_UP if missed is Missed.RUN_ALL else MAX_TOLD

    turn = take_turn(due(now, every[0], **fields, due_at=comes[0]))

    told = list(zip(every, comes, strict=True))
    late = [at for at, it in told if it < now - MINUTE]
    in_time = [at for at, it in told if now - MINUTE <= it <= now]
    assert turn.missed == late[-keep:]
    assert turn.timely == in_time[:MAX_AT_ONCE]
    assert turn.dropped == (every[0] if len(late) > keep else None)
    assert turn.next_fire_at == every[len(late) + len(turn.timely)]


def settled(busy=Busy(), refusal=None, *, late=False, **fields):  # noqa: B008 - immutable
    it = due(**fields)
    turn = Turn(None, minutes(1, 2, 3) if late else [], minutes(4), NOON + DAY)
    return settle(it, turn, busy, refusal)


@pytest.mark.parametrize(
    ("missed", "jobs", "left_out"),
    [
        (Missed.SKIP, minutes(4), minutes(1, 2, 3)),
        (Missed.RUN_ONCE, minutes(3, 4), minutes(1, 2)),
        (Missed.RUN_ALL, minutes(1, 2, 3, 4), []),
    ],
)
def test_missed_moments_are_treated_as_the_schedule_says(missed, jobs, left_out):
    outcomes = settled(late=True, missed=missed)

    assert jobs_of(outcomes) == jobs
    assert [it.fire_at for it in outcomes if it.skipped] == left_out


def test_too_many_missed_moments_are_told_in_one_line():
    turn = Turn(NOON, minutes(5), [], None)

    [first, last] = settle(due(), turn, Busy(), None)

    assert first.fire_at == NOON
    assert "every moment before the fire of 2026-03-01 12:05:00 UTC" in str(first.skipped)
    assert last.job_id


@pytest.mark.parametrize("overlap", Overlap)
def test_a_free_schedule_fires_whatever_its_policy(overlap):
    assert jobs_of(settled(overlap=overlap)) == minutes(4)


def test_jobs_may_overlap():
    assert len(jobs_of(settled(Busy([JOB]), late=True, missed=Missed.RUN_ALL))) == 4


def test_a_job_in_the_way_is_named():
    [outcome] = settled(Busy([JOB]), overlap=Overlap.SKIP)

    assert outcome.skipped == f"job {JOB} has not ended (overlap: skip)"


def test_fires_of_one_turn_stand_in_each_others_way():
    outcomes = settled(late=True, missed=Missed.RUN_ALL, overlap=Overlap.SKIP)

    assert jobs_of(outcomes) == minutes(1)
    assert [str(outcomes[0].job_id) in str(it.skipped) for it in outcomes[1:]] == [True, True, True]


def test_one_fire_waits_and_further_ones_are_left_out():
    outcomes = settled(Busy([JOB]), late=True, missed=Missed.RUN_ALL, overlap=Overlap.QUEUE_ONE)

    assert [it.held for it in outcomes] == [True, False, False, False]
    assert all("2026-03-01 12:01:00 UTC already waits" in str(it.skipped) for it in outcomes[1:])


def test_a_waiting_fire_keeps_its_place_until_the_job_has_ended():
    [outcome] = settled(Busy([JOB], held=NOON), overlap=Overlap.QUEUE_ONE)
    assert "12:00:00 UTC already waits" in str(outcome.skipped)

    outcomes = settled(Busy(held=NOON), overlap=Overlap.QUEUE_ONE)
    assert (jobs_of(outcomes), [it.held for it in outcomes]) == ([NOON], [False, True])


@pytest.mark.parametrize("overlap", Overlap)
def test_a_waiting_fire_goes_although_the_policy_was_changed(overlap):
    outcomes = settle(due(overlap=overlap), Turn(None, [], [], NOON), Busy(held=NOON), None)

    assert jobs_of(outcomes) == [NOON]


def test_the_last_of_several_takes_the_place_of_all():
    outcomes = settled(
        Busy([JOB]), late=True, missed=Missed.RUN_ALL, overlap=Overlap.CANCEL_PREVIOUS
    )

    assert jobs_of(outcomes) == minutes(4)
    assert "12:04:00 UTC took its place" in str(outcomes[0].skipped)


def test_a_template_that_is_good_no_longer_leaves_a_reason_in_the_place_of_jobs():
    outcomes = settled(Busy(held=NOON), "no such type", late=True, overlap=Overlap.QUEUE_ONE)

    assert jobs_of(outcomes) == []
    assert [it.skipped for it in outcomes[2:]] == ["no such type"] * 3
