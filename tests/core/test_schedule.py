"""The moments of schedules between their start and end, and their jitter."""

from datetime import UTC, datetime, timedelta
from typing import Any

from taskforge.core.ids import new_id
from taskforge.core.job import JobTemplate
from taskforge.core.schedule import Plan, due_at, next_fire

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
