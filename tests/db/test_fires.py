"""Fires: what two schedulers, or one that believes the wrong thing, may write."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from support.make import claimer, ending, person
from support.schedules import plant
from support.waiting import eventually
from taskforge.core.ids import new_id
from taskforge.core.states import Move
from taskforge.db import fires, moves
from taskforge.db.claims import claim
from taskforge.db.engine import transaction
from taskforge.db.fires import FireRow, Step

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def a_fire(schedule_id, at=NOON, **fields):
    standard = {"job_id": None, "skipped": None, "held": False, "actor": None}
    return FireRow(schedule_id=schedule_id, fire_at=at, **(standard | fields))


async def test_rivals_lock_different_schedules(engine, plain):
    ids = await plant(plain, 10)
    async with transaction(engine) as one, transaction(engine) as other:
        mine = await fires.lock_due(one, limit=4)
        theirs = await fires.lock_due(other, limit=100)

    assert len(mine) == 4
    assert sorted(it.id for it in [*mine, *theirs]) == ids


async def test_a_schedule_that_a_rival_has_just_fired_is_not_due_any_more(engine, plain):
    [it] = await plant(plain)
    async with transaction(engine) as one:
        [due] = await fires.lock_due(one, limit=1)
        later = due.now + timedelta(hours=1)
        step = Step(id=it, expected=due.next_fire_at, next_fire_at=later, due_at=later)
        await fires.record(one, [a_fire(it, skipped="x")], [step])
    async with transaction(engine) as other:
        assert await fires.lock_due(other, limit=1) == []
        assert await fires.due_in(other) > 3_000


async def test_a_moment_is_written_once_and_a_stale_step_is_not_taken(engine, plain):
    [it] = await plant(plain)
    stale = Step(id=it, expected=NOON, next_fire_at=None, due_at=None)

    async with engine.connect() as connection:
        first = await fires.record(connection, [a_fire(it, job_id=new_id())], [stale])
        second = await fires.record(connection, [a_fire(it, job_id=new_id())])

    assert (first, second) == ({(it, NOON)}, set())
    assert await plain.fetchval("SELECT next_fire_at FROM schedules")


async def test_a_held_fire_gets_its_job_and_no_second_one(engine, plain):
    [it] = await plant(plain)
    job = new_id()

    async with engine.connect() as connection:
        await fires.record(connection, [a_fire(it, held=True, actor="user:ann")])
        first = await fires.record(connection, [a_fire(it, job_id=job)])
        second = await fires.record(connection, [a_fire(it, job_id=new_id())])

    assert (first, second) == ({(it, NOON)}, set())
    row = await plain.fetchrow("SELECT job_id, held, open, actor FROM schedule_fires")
    assert tuple(row) == (job, False, True, "user:ann")


async def test_a_job_that_is_revived_while_its_fire_is_closed_stays_in_the_way(
    engine, plain, make_jobs
):
    [it] = await plant(plain)
    [job] = await make_jobs(1, type="noop")
    me = claimer()
    async with engine.connect() as connection:
        await fires.record(connection, [a_fire(it, job_id=job)])
        await claim(connection, me, [job], free=1)
        await moves.settle(connection, [ending(job, 1, me.worker_id, Move.FAIL)])

    async def revive():
        async with engine.connect() as connection:
            return await moves.revive(connection, [job], person())

    async with transaction(engine) as one:
        standing = await fires.standing(one, [it])
        assert (standing.busy, standing.ended) == ({}, [job])
        rival = asyncio.create_task(revive())
        waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()"
        await eventually(lambda: plain.fetchval(waits), every=0.01)
        await fires.record(one, [a_fire(it, NOON + timedelta(1), skipped="x")], ended=[job])
    assert await rival

    async with transaction(engine) as connection:
        assert (await fires.standing(connection, [it])).busy[it].active == [job]


@pytest.mark.parametrize(
    "wrong",
    [
        {"job_id": None, "skipped": None, "held": False},
        {"job_id": "j", "skipped": "x", "held": False},
        {"job_id": "j", "skipped": None, "held": True},
    ],
    ids=["nothing", "both", "held with a job"],
)
async def test_a_fire_has_one_outcome(connection, wrong):
    fields = {**wrong, "job_id": wrong["job_id"] and new_id()}

    with pytest.raises(Exception, match="ck_schedule_fires_outcome"):
        await fires.record(connection, [a_fire(new_id(), **fields)])


async def test_an_idle_look_reads_the_index_alone(connection, plain):
    await plant(plain, 2_000, ago=-3_600.0)
    await plain.execute("ANALYZE schedules")

    plan = await connection.execute(text("EXPLAIN " + str(fires.FIRST_DUE)))

    told = "\n".join(row[0] for row in plan)
    assert "ix_schedules_due" in told
    assert "Sort" not in told
