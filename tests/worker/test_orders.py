"""Orders to a unit that is a process: it drains, goes on, stops."""

import asyncio
import signal
import time

import pytest

from support.make import person
from support.waiting import eventually
from taskforge.core.fleet import Wanted
from taskforge.core.watch import Watch
from taskforge.flows import tend, workers
from tests.worker.test_unit import frames

BY = person()


async def unit_of(arena, *options):
    """A unit as a process, and its id."""
    process = await arena.start("worker", *options)
    return process, await arena.registered(process)


async def until_it_is(arena, worker_id, status, *, within=10.0):
    async def look():
        view = await workers.look(arena.deps, worker_id)
        assert view.status == status, view
        return view

    return await eventually(look, within=within)


async def until_told(arena, *statuses):
    async def look():
        told = [frame["status"] for frame in await frames(arena, "worker_online")]
        assert told == [*statuses]
        return True

    await eventually(look)


@pytest.mark.parametrize("signalled", [True, False], ids=["by signal", "by heartbeat"])
async def test_a_drained_unit_takes_nothing_finishes_what_it_has_and_goes_on(
    arena, monkeypatch, signalled
):
    _, worker_id = await unit_of(arena, "--threads", "4")
    runs = await arena.submit("pause", {"seconds": 1.5})
    await arena.until(runs, "running")
    if not signalled:
        monkeypatch.setattr(workers, "point_at_order", lambda *_: asyncio.sleep(0))
    asked = time.monotonic()

    await workers.order(arena.deps, worker_id, Wanted.DRAIN, BY, reason="a look")

    view = await until_it_is(arena, worker_id, "draining")
    assert time.monotonic() - asked < (1.0 if signalled else 2.5)
    assert [job.id for job in view.jobs] == [runs]
    waits = [await arena.submit("noop") for _ in range(3)]
    await arena.until(runs, "success")
    assert view.facts
    assert (view.facts.started_jobs, view.facts.ended_jobs) == (1, 0)
    assert {(await arena.row(it))["status"] for it in waits} == {"queued"}

    await workers.order(arena.deps, worker_id, Wanted.RUN, BY)

    for job_id in waits:
        await arena.until(job_id, "success")
    await until_it_is(arena, worker_id, "online")
    await until_told(arena, "online", "draining", "online")


async def test_hints_that_a_drained_unit_holds_go_to_another(arena):
    _, first = await unit_of(arena, "--threads", "2")
    await workers.order(arena.deps, first, Wanted.DRAIN, BY)
    await until_it_is(arena, first, "draining")
    _, second = await unit_of(arena, "--threads", "2")

    for _ in range(5):
        row = await arena.until(await arena.submit("noop"), "success")
        assert row["worker_id"] == second


async def test_a_unit_that_is_told_to_stop_ends_and_hands_back_what_it_cannot_finish(make_arena):
    arena = await make_arena(DRAIN_SECONDS="1")
    process, worker_id = await unit_of(arena, "--threads", "2")
    long, short = [await arena.submit("pause", {"seconds": it}) for it in (60, 0.7)]
    for job_id in (long, short):
        await arena.until(job_id, "running")
    arena.supervisor.forget(process)

    await workers.order(arena.deps, worker_id, Wanted.STOP, BY)

    assert await process.ended(within=15) == 0
    handed_back = await arena.row(long)
    assert (handed_back["status"], handed_back["failures"]) == ("queued", 0)
    assert (await arena.row(short))["status"] == "success"
    assert (await workers.look(arena.deps, worker_id)).status == "offline"
    await until_told(arena, "online", "stopping")
    assert [it["reason"] for it in await frames(arena, "worker_offline")] == ["stopped"]


async def test_a_signal_ends_a_drained_unit(arena):
    process, worker_id = await unit_of(arena, "--threads", "2")
    await workers.order(arena.deps, worker_id, Wanted.DRAIN, BY)
    await until_it_is(arena, worker_id, "draining")
    arena.supervisor.forget(process)

    process.send(signal.SIGTERM)

    assert await process.ended(within=15) == 0
    assert (await workers.look(arena.deps, worker_id)).status == "offline"


async def test_a_drained_unit_that_is_killed_loses_nothing_and_its_heir_knows_no_orders(arena):
    process, worker_id = await unit_of(arena, "--threads", "2")
    job_id = await arena.submit("pause", {"seconds": 1})
    await arena.until(job_id, "running")
    await workers.order(arena.deps, worker_id, Wanted.DRAIN, BY)
    await until_it_is(arena, worker_id, "draining")

    process.send(signal.SIGKILL)  # the supervisor starts another

    watch = Watch(0.0)

    async def rescued():
        await tend.rescue(arena.deps, watch)
        await tend.fleet(arena.deps)
        row = await arena.row(job_id)
        return row["status"] == "success" and row

    row = await eventually(rescued, within=30)
    assert (row["attempt"], row["worker_id"] != worker_id) == (2, True)
    assert (await workers.look(arena.deps, worker_id)).status == "offline"
    heir = await workers.look(arena.deps, row["worker_id"])
    assert (heir.status, heir.wanted) == ("online", Wanted.RUN)
