"""The moments of schedules between their start and end, and their jitter."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from taskforge.core.errors import Invalid
from taskforge.core.ids import new_id
from taskforge.core.job import JobTemplate
from taskforge.core.schedule import (
    Overlap,
    Plan,
    PlanChange,
    ScheduleName,
    changed,
    check,
    due_at,
    next_fire,
    upcoming,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def plan(**fields: Any) -> Plan:
    return Plan(name="nightly", template=JobTemplate(type="noop"), **fields)


def test_a_schedule_that_starts_later_fires_at_its_start_first():
    daily = plan(cron="0 12 * * *", starts_at=NOON + DAY)
    assert next_fire(daily, NOON - DAY, created_at=NOON) == NOON + DAY
    assert next_fire(daily, NOON + DAY, created_at=NOON) == NOON + 2 * DAY


def test_a_schedule_does_not_fire_at_its_end_or_later():
    daily = plan(cron="0 12 * * *", ends_at=NOON + DAY)
    assert next_fire(daily, NOON - timedelta(hours=1), created_at=NOON) == NOON
    assert next_fire(daily, NOON, created_at=NOON) is None


def test_an_interval_is_counted_from_the_start_or_else_from_the_creation():
    second = timedelta(seconds=1)
    assert next_fire(plan(interval_seconds=10), NOON + second, created_at=NOON) == (
        NOON + 10 * second
    )
    later = plan(interval_seconds=10, starts_at=NOON + 3 * second)
    assert next_fire(later, NOON + 4 * second, created_at=NOON) == NOON + 13 * second


def test_jitter_is_the_same_for_one_moment_and_spread_over_many():
    schedule = new_id()
    assert due_at(schedule, NOON, 0.0) == NOON
    late = [(due_at(schedule, NOON + n * DAY, 60.0) - NOON - n * DAY) for n in range(200)]
    assert late == [(due_at(schedule, NOON + n * DAY, 60.0) - NOON - n * DAY) for n in range(200)]
    seconds = sorted(it.total_seconds() for it in late)
    assert seconds[0] >= 0
    assert seconds[-1] < 60
    assert 20 < seconds[100] < 40


def test_what_comes_ends_with_the_schedule():
    daily = plan(cron="0 12 * * *", starts_at=NOON + DAY, ends_at=NOON + 3 * DAY)

    assert list(upcoming(daily, NOON, created_at=NOON)) == [NOON + DAY, NOON + 2 * DAY]


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"starts_at": NOON, "ends_at": NOON}, "/ends_at"),
        ({"starts_at": NOON.replace(year=2200)}, "/starts_at"),
        ({"ends_at": NOON.replace(year=1)}, "/ends_at"),
        ({"timezone": "Mars/Olympus"}, "/timezone"),
    ],
)
def test_a_span_that_makes_no_sense_is_refused_with_a_pointer(fields, pointer):
    with pytest.raises(Invalid) as caught:
        check(plan(**{"cron": "0 12 * * *", **fields}))

    assert [fault.pointer for fault in caught.value.faults] == [pointer]


def test_a_change_keeps_what_it_does_not_name_and_null_takes_away():
    before = plan(interval_seconds=10, ends_at=NOON, jitter_seconds=3.0)

    after = changed(before, PlanChange(ends_at=None, overlap=Overlap.ALLOW))

    assert after == plan(interval_seconds=10, jitter_seconds=3.0, overlap=Overlap.ALLOW)


def test_a_cron_expression_takes_the_place_of_an_interval_and_the_other_way_round():
    every, daily = plan(interval_seconds=10), plan(cron="0 12 * * *")

    assert changed(every, PlanChange(cron="0 12 * * *")) == daily
    assert changed(daily, PlanChange(interval_seconds=10)) == every


@pytest.mark.parametrize(
    "name", ["", " a", "a ", "a\n", "a\nb", "a\x1bb", "\n", "a\u2028", "x" * 101]
)
def test_a_name_is_one_line_without_space_around_it(name):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(name, ScheduleName)


@pytest.mark.parametrize("name", ["a", "each day", "Nächtlich (Köln) №1", "日報", "x" * 100])
def test_names_are_in_any_language(name):
    assert msgspec.convert(name, ScheduleName) == name
