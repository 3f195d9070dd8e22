"""Schedules and their firing change the same rows, and what a schedule names may go away."""

import asyncio
from datetime import timedelta

import pytest

from support.schedules import fires_of, jobs_of, plant
from taskforge.core.errors import Invalid, NotFound
from taskforge.core.job import JobTemplate
from taskforge.core.schedule import PlanChange
from taskforge.flows import fire, schedules
from taskforge.flows.schedule_view import look


async def test_a_schedule_whose_type_is_gone_can_still_be_steered(deps, plain, ann):
    (its_id,) = await plant(plain, ago=-60, template={"type": "gone", "payload": {"a": 1}})

    renamed = await schedules.change(deps, its_id, PlanChange(name="old"), ann)
    paused = await schedules.pause(deps, its_id, ann, reason="its type is gone")
    again = PlanChange(template=JobTemplate(type="gone", payload={"a": 2}))
    with pytest.raises(Invalid, match="gone"):
        await schedules.change(deps, its_id, again, ann)
    await schedules.delete(deps, its_id, ann)

    assert (renamed.name, paused.paused, paused.template.payload) == ("old", True, {"a": 1})


async def test_a_schedule_whose_zone_is_gone_is_shown_and_can_be_mended(deps, plain, ann):
    (its_id,) = await plant(plain, ago=-60, cron="0 12 * * *", timezone="Asia/Atlantis")
    await schedules.pause(deps, its_id, ann, reason="no such zone")

    shown = await look(deps, its_id)
    with pytest.raises(Invalid) as caught:
        await schedules.resume(deps, its_id, ann)
    mended = await schedules.change(deps, its_id, PlanChange(timezone="Asia/Tokyo"), ann)

    assert (list(shown.next_fires), shown.words) == ([], "At 12:00 every day")
    assert [fault.pointer for fault in caught.value.faults] == ["/timezone"]
    assert len(mended.next_fires) == 10


async def test_a_change_and_a_fire_at_once_come_one_after_the_other(deps, plain, ann):
    ids = await plant(plain, 20)
    change = PlanChange(cron="0 0 1 1 *")

    await asyncio.gather(
        *(schedules.change(deps, it, change, ann) for it in ids),
        *(fire.fire(deps) for _ in range(4)),
    )

    for its_id in ids:
        shown = await look(deps, its_id)
        made = await jobs_of(plain, its_id)
        assert shown.next_fire_at == shown.next_fires[0].at  # of the new timetable
        assert len(made) == len(await fires_of(plain, its_id)) <= 1


async def test_what_is_deleted_while_it_fires_leaves_a_job_or_none(deps, plain, ann):
    ids = await plant(plain, 20)

    await asyncio.gather(
        *(schedules.delete(deps, it, ann) for it in ids), *(fire.fire(deps) for _ in range(4))
    )

    for its_id in ids:
        assert len(await jobs_of(plain, its_id)) <= 1
        assert await fires_of(plain, its_id) == []
        with pytest.raises(NotFound):
            await look(deps, its_id)


async def test_a_pause_that_is_answered_lets_nothing_fire_any_more(deps, plain, ann):
    (its_id,) = await plant(plain)
    await schedules.pause(deps, its_id, ann, reason="wait")

    await fire.fire(deps)
    resumed = await schedules.resume(deps, its_id, ann)
    await fire.fire(deps)

    assert await jobs_of(plain, its_id) == []
    assert resumed.next_fire_at is not None
    assert resumed.next_fire_at - resumed.updated_at < timedelta(hours=1)
