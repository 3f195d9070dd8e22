"""One attempt, stopped at the worst moments."""

import asyncio
from typing import Any

import pytest

from support.counting import counting
from support.make import claimer, ending, order, person
from support.waiting import eventually
from taskforge.core.states import JobStatus, Move
from taskforge.db.claims import claim
from taskforge.db.job_rows import get_row
from taskforge.db.moves import settle
from taskforge.flows import control, submit
from taskforge.flows.attempt import Hold, Interruption, run, take
from taskforge.flows.deps import open_deps
from taskforge.flows.unit import Unit
from taskforge.handlers.registry import load

BY = person()


@pytest.fixture(scope="module")
def types():
    return load(["jobs.plain", "jobs.rough"])


@pytest.fixture
async def unit(settings, types):
    async with open_deps(settings, types) as deps:
        yield Unit(deps, claimer(types=sorted(types.types)))


async def held(unit, type, payload=None, **fields):
    """A hold on a running job, and what it frees."""
    done = await submit.submit(unit.deps, order(type, payload, **fields), BY)
    claimed = await take(unit, [done.job.id], free=1)
    freed = []
    return Hold(claimed[0], lease_until=float("inf"), freed=freed.append), freed


async def row(unit, hold) -> Any:
    async with unit.deps.db.connect() as connection:
        return await get_row(connection, hold.claimed.row.id)


async def began(hold):
    """The handler works: one turn of the loop takes a task to its first wait."""

    async def look():
        return hold.task

    await eventually(look)
    await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("why", "status"),
    [(Interruption.CANCELLED, JobStatus.CANCELLED), (Interruption.DRAINED, JobStatus.QUEUED)],
)
async def test_a_job_stopped_before_its_first_step_is_let_go(unit, why, status):
    hold, freed = await held(unit, "pause")
    task = asyncio.create_task(run(unit, hold))

    hold.interrupt(why)
    ended = await task

    assert ended.settled
    assert ended.settled.status is status
    assert freed == [hold]
    assert (await row(unit, hold)).failures == 0


@pytest.mark.parametrize(
    ("why", "status"),
    [(Interruption.CANCELLED, JobStatus.CANCELLED), (Interruption.DRAINED, JobStatus.QUEUED)],
)
@pytest.mark.parametrize("type", ["pause", "upset"])
async def test_a_stop_is_a_stop_however_the_handler_takes_it(unit, type, why, status):
    hold, _ = await held(unit, type, {"seconds": 60})
    task = asyncio.create_task(run(unit, hold))
    await began(hold)

    hold.interrupt(why)
    ended = await task

    assert ended.settled
    assert ended.settled.status is status
    after = await row(unit, hold)
    assert (after.failures, after.attempt, after.error_class) == (0, 1, None)


async def test_a_handler_that_finishes_all_the_same_has_finished(unit):
    hold, _ = await held(unit, "stubborn", {"seconds": 0.05})
    task = asyncio.create_task(run(unit, hold))
    await began(hold)
    await control.cancel(unit.deps, hold.claimed.row.id, BY)

    hold.interrupt(Interruption.CANCELLED)

    ended: Any = await task
    assert ended.settled.status is JobStatus.SUCCESS


async def test_a_job_that_fails_while_a_stop_was_asked_for_is_cancelled(unit):
    hold, _ = await held(unit, "stubborn", {"seconds": 0.05, "then": "raise"})
    task = asyncio.create_task(run(unit, hold))
    await began(hold)
    await control.cancel(unit.deps, hold.claimed.row.id, BY)

    hold.interrupt(Interruption.CANCELLED)

    ended: Any = await task
    assert ended.settled.status is JobStatus.CANCELLED


@pytest.mark.parametrize("first", [Interruption.CANCELLED, Interruption.DRAINED])
async def test_a_lost_lease_overrules_and_writes_nothing_over_its_successor(unit, first):
    hold, freed = await held(unit, "stubborn", {"seconds": 0.05, "then": "raise"})
    task = asyncio.create_task(run(unit, hold))
    await began(hold)
    successor = await passed_on(unit, hold)
    fenced = counting(
        "taskforge_job_attempts_total", queue="default", job_type="stubborn", result="lost"
    )

    hold.interrupt(first)
    hold.interrupt(Interruption.LOST)
    ended = await task

    assert ended.settled is None
    assert fenced() == 1
    assert freed == [hold]
    after = await row(unit, hold)
    assert (after.status, after.worker_id) == (JobStatus.RUNNING, successor)


async def passed_on(unit, hold):
    """The job runs at another worker by now."""
    mine, another = hold.claimed.row, claimer(types=["stubborn"])
    async with unit.deps.db.connect() as connection:
        await settle(
            connection, [ending(mine.id, mine.attempt, mine.worker_id, Move.RELEASE, crashed=True)]
        )
        assert await claim(connection, another, [mine.id], free=1)
    return another.worker_id


async def test_a_lease_that_was_only_lost_sight_of_is_handed_back_at_once(unit):
    hold, _ = await held(unit, "pause")
    task = asyncio.create_task(run(unit, hold))
    await began(hold)

    hold.interrupt(Interruption.LOST)
    ended = await task

    assert ended.settled
    assert ended.settled.status is JobStatus.QUEUED
    assert ended.settled.failures == 0


async def test_an_outcome_is_never_interrupted(unit):
    hold, _ = await held(unit, "noop")
    ended = await run(unit, hold)

    for why in Interruption:
        hold.interrupt(why)

    me = asyncio.current_task()
    assert ended.settled
    assert me
    assert not me.cancelling()


@pytest.mark.parametrize("type", ["pause", "upset"])
async def test_a_time_limit_is_told_however_the_handler_takes_it(unit, type):
    hold, _ = await held(unit, type, {"seconds": 60}, timeout_seconds=1)

    ended = await run(unit, hold)

    assert ended.settled
    assert (ended.settled.status, ended.settled.failures) == (JobStatus.RETRYING, 1)
    assert ended.settled.error_class == "timeout"
