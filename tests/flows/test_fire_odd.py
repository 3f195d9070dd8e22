"""Schedules that cannot fire as they should, and schedules that are fired by hand."""

import asyncio
import dataclasses
import json
from datetime import UTC, datetime, timedelta

import pytest

from support.schedules import fires_of, jobs_of, plant
from taskforge.core.errors import Conflict, Denied, NotFound
from taskforge.core.ids import new_id
from taskforge.core.people import KeyScope
from taskforge.flows import fire
from taskforge.handlers.base import Context, Payload, declared, job_type
from taskforge.handlers.registry import Registry

HOUR = timedelta(hours=1)


class Nul(Payload, frozen=True):
    """What PostgreSQL does not store."""

    text: str = "\x00"


class Raising(Payload, frozen=True):
    """What no payload should do."""

    def __post_init__(self):
        raise KeyError("of a plug-in")


@job_type("nul", Nul, title="NUL")
async def nul(_ask: Nul, _ctx: Context) -> None:
    """Never runs."""


@job_type("raising", Raising, title="Raising")
async def raising(_ask: Raising, _ctx: Context) -> None:
    """Never runs."""


BAD = [
    ({"type": "gone"}, "There is no job type 'gone'"),
    ({"type": "pause", "payload": {"seconds": "soon"}}, "The payload does not fit"),
    ({"type": "noop", "webhook_url": "http://10.0.0.1/"}, "webhook_url"),
    ({"type": 5}, "Expected `str`"),
    ([], "Expected `object`"),
    ({"type": "nul"}, "a value that cannot be stored"),
    ({"type": "raising"}, "KeyError('of a plug-in')"),
]


@pytest.fixture
def odd(deps):
    """Deps that know the two odd types too."""
    types = {"nul": declared(nul), "raising": declared(raising), **deps.registry.types}
    return dataclasses.replace(deps, registry=Registry(types, []))


async def test_a_bad_schedule_stops_no_other_and_leaves_a_reason(odd, plain):
    bad = [(await plant(plain, template=template))[0] for template, _ in BAD]
    good = await plant(plain, 3)

    assert await fire.fire(odd) == len(bad) + 3

    for it, (_, reason) in zip(bad, BAD, strict=True):
        [row] = await fires_of(plain, it)
        assert reason in row["skipped"]
        assert "change the schedule's template" in row["skipped"]
        assert await jobs_of(plain, it) == []
    assert [len(await jobs_of(plain, it)) for it in good] == [1, 1, 1]
    assert await plain.fetchval("SELECT min(next_fire_at) > now() FROM schedules")


async def test_a_zone_that_is_gone_is_told_once_and_tried_again_later(deps, plain):
    [it] = await plant(plain, cron="0 0 * * *", timezone="Mars/Olympus", ago=7_200.0)

    assert await fire.fire(deps) == 1
    assert await fire.fire(deps) == 0

    [row] = await fires_of(plain, it)
    assert "there is no time zone 'Mars/Olympus'" in row["skipped"]
    await plain.execute("UPDATE schedules SET due_at = now() - interval '1 s', timezone = 'UTC'")
    assert await fire.fire(deps) == 1
    assert await plain.fetchval("SELECT next_fire_at > now() FROM schedules")


@pytest.mark.parametrize("state", ["active", "paused", "over"])
async def test_a_schedule_is_run_by_hand_whatever_its_state(deps, plain, ann, state):
    paused_at = datetime.now(UTC) if state == "paused" else None
    at = None if state == "over" else datetime.now(UTC) + HOUR
    [it] = await plant(plain, paused_at=paused_at, next_fire_at=at, created_at=datetime.now(UTC))

    fired = await fire.run_now(deps, it, ann)

    [row], [job] = await fires_of(plain, it), await jobs_of(plain, it)
    assert fired.job
    assert fired.job.id == row["job_id"] == job["id"]
    assert (fired.fire_at, row["actor"]) == (row["fire_at"], "user:ann")
    assert (fired.skipped, fired.held) == (None, False)
    assert await plain.fetchval("SELECT next_fire_at FROM schedules") == at
    deed = await plain.fetchrow("SELECT * FROM audit WHERE action = 'schedule.run_now'")
    assert (deed["actor_id"], deed["target"]) == (ann.user_id, f"schedule:{it}")
    assert json.loads(deed["after"])["job_id"] == str(job["id"])


async def test_a_run_by_hand_obeys_the_overlap_policy_and_says_so(deps, plain, ann):
    skipping, [holding] = (
        (await plant(plain, overlap="skip"))[0],
        await plant(plain, overlap="queue_one"),
    )
    await fire.fire(deps)

    left_out = await fire.run_now(deps, skipping, ann)
    held = await fire.run_now(deps, holding, ann)

    assert (left_out.job, left_out.held) == (None, False)
    assert "has not ended" in str(left_out.skipped)
    assert (held.job, held.skipped, held.held) == (None, None, True)


async def test_two_who_run_a_schedule_at_once_stand_in_each_others_way(deps, plain, ann):
    [it] = await plant(plain, overlap="skip", ago=-60.0)

    both = await asyncio.gather(*(fire.run_now(deps, it, ann) for _ in range(2)))

    assert sorted(bool(one.job) for one in both) == [False, True]
    assert len(await jobs_of(plain, it)) == 1


async def test_a_run_by_hand_that_cannot_be_is_refused(odd, plain, ann):
    [it] = await plant(plain, template={"type": "noop", "priority": "high"})
    [unreadable] = await plant(plain, template={"type": 5})
    [unstorable] = await plant(plain, template={"type": "nul"})

    with pytest.raises(NotFound, match="there is no schedule"):
        await fire.run_now(odd, new_id(), ann)
    with pytest.raises(Denied):
        await fire.run_now(odd, it, ann._replace(scope=KeyScope(types=frozenset({"email"}))))
    with pytest.raises(Conflict, match="can no longer be read"):
        await fire.run_now(odd, unreadable, ann)
    assert await plain.fetchval("SELECT count(*) FROM schedule_fires") == 0
    assert "cannot be stored" in str((await fire.run_now(odd, unstorable, ann)).skipped)
