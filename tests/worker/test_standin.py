"""Where no scheduler runs, workers do what it would (R-95)."""

import asyncio

import pytest

from support.make import order, person
from support.waiting import eventually
from taskforge.core.states import JobStatus
from taskforge.db.job_rows import get_row
from taskforge.flows import submit
from taskforge.flows.duties import Ledger
from taskforge.worker.standin import BUSY_LOOKS, IDLE_LOOKS, StandIn


@pytest.fixture
async def make_stand_in(deps):
    """Makes units that stand in, idle ones unless said otherwise."""
    made = []

    def make(name="unit-1", *, idle=True):
        made.append(StandIn(deps, lambda: idle, name=name, look_seconds=0.05))
        return made[-1]

    yield make
    await asyncio.gather(*(it.step_down() for it in made))


async def ticked(deps, plain, *, seconds, by="host:1"):
    """A scheduler told of a pass so long ago."""
    ledger = Ledger(by)
    ledger.note("promote", every=0.25, seconds=0.0, did=0, error=None)
    await ledger.tell(deps)
    await plain.execute("UPDATE duties SET ran_at = ran_at - $1 * interval '1 s'", float(seconds))


async def looks(stand_in, n):
    for _ in range(n):
        await stand_in.look()
    return stand_in.stands_in


async def test_an_idle_unit_stands_in_when_no_scheduler_has_ticked_for_a_minute(
    deps, plain, make_stand_in
):
    await ticked(deps, plain, seconds=61)
    stand_in = make_stand_in()
    job = (await submit.submit(deps, order("noop", delay_seconds=0.001), person())).job

    assert not await looks(stand_in, IDLE_LOOKS - 1)
    assert await looks(stand_in, 1)

    async def queued():
        async with deps.db.connect() as connection:
            row = await get_row(connection, job.id)
        return row and row.status is JobStatus.QUEUED

    await eventually(queued)


async def test_a_busy_unit_leaves_it_to_idle_ones_for_a_while(deps, plain, make_stand_in):
    await ticked(deps, plain, seconds=61)
    stand_in = make_stand_in(idle=False)

    assert not await looks(stand_in, BUSY_LOOKS - 1)
    assert await looks(stand_in, 1)


async def test_a_tick_in_between_begins_the_count_anew(deps, plain, make_stand_in):
    stand_in = make_stand_in()
    await ticked(deps, plain, seconds=61)
    await looks(stand_in, IDLE_LOOKS - 1)
    await ticked(deps, plain, seconds=0)
    await looks(stand_in, 1)
    await ticked(deps, plain, seconds=61)

    assert not await looks(stand_in, IDLE_LOOKS - 1)


async def test_where_a_scheduler_ticks_nobody_stands_in(deps, plain, make_stand_in):
    await ticked(deps, plain, seconds=30)

    assert not await looks(make_stand_in(), BUSY_LOOKS)


async def test_where_none_has_ever_run_a_unit_waits_as_long_as_for_one_that_starts(make_stand_in):
    assert not await looks(make_stand_in(), BUSY_LOOKS)


async def test_a_unit_steps_down_when_a_scheduler_is_back(deps, plain, make_stand_in):
    await ticked(deps, plain, seconds=61)
    stand_in = make_stand_in()
    assert await looks(stand_in, IDLE_LOOKS)

    await ticked(deps, plain, seconds=0, by="host:2")

    assert not await looks(stand_in, 1)


async def test_of_several_that_stand_in_one_goes_on(deps, plain, make_stand_in):
    await ticked(deps, plain, seconds=61)
    first, second = make_stand_in("unit-1"), make_stand_in("unit-2")
    await looks(first, IDLE_LOOKS)
    await looks(second, IDLE_LOOKS)

    await ticked(deps, plain, seconds=0, by="unit-1 (worker)")
    assert (await looks(first, 1), await looks(second, 1)) == (True, False)

    await ticked(deps, plain, seconds=0, by="unit-2 (worker)")
    assert await looks(first, 1)
