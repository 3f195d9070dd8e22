"""A unit as a process: how it comes, stops jobs, and goes."""

import asyncio
import json
import signal
import time

import pytest

from support.make import person
from support.waiting import eventually
from taskforge.core.priority import Priority
from taskforge.flows import aftermath, control, queues

BY = person()


async def frames(arena, event):
    """The frames of one kind that are in the stream."""
    entries = await arena.deps.redis.xrange("taskforge:events")
    told = [frame for _, entry in entries for frame in json.loads(entry[b"f"])]
    return [frame for frame in told if frame["event"] == event]


@pytest.mark.parametrize(("type", "signalled"), [("pause", True), ("pause", False), ("spin", True)])
async def test_a_running_job_stops_within_a_second_of_the_wish(
    shared, monkeypatch, type, signalled
):
    """Also when its signal is lost: the heartbeat brings the wish within a third of a lease."""
    job_id = await shared.submit(type, {"seconds": 60})
    await shared.until(job_id, "running")
    if type == "spin":
        await eventually(lambda: burning(shared, job_id))
    if not signalled:
        monkeypatch.setattr(aftermath, "ask_to_stop", lambda *_: asyncio.sleep(0))
    asked = time.monotonic()

    await control.cancel(shared.deps, job_id, BY)

    row = await shared.until(job_id)
    assert row["status"] == "cancelled"
    assert time.monotonic() - asked < (1.0 if signalled else 2.5)
    assert (row["failures"], row["error_class"]) == (0, None)


async def burning(arena, job_id):
    progress = (await arena.row(job_id))["progress"]
    return progress and progress["stage"] == "burning"


async def test_a_job_of_an_unknown_type_waits_for_a_unit_that_knows_it(shared):
    job_id = await shared.submit("noop", delay_seconds=0.1)
    await shared.db.execute("UPDATE jobs SET type = 'later_version' WHERE id = $1", job_id)
    await shared.until(job_id, "queued", tending=True)

    for _ in range(3):  # the unit claims on each of these, and could have taken it
        await shared.until(await shared.submit("noop"), "success")

    assert (await shared.row(job_id))["status"] == "queued"
    await control.cancel(shared.deps, job_id, BY)
    await shared.db.execute("UPDATE jobs SET type = 'noop' WHERE id = $1", job_id)


async def test_a_paused_queue_waits_and_goes_on(arena):
    await arena.start("worker", "--threads", "2")
    await queues.pause(arena.deps, "low", BY, reason="a look around", resume_at=None)
    low = await arena.submit("noop", priority=Priority.LOW)
    for _ in range(3):
        await arena.until(await arena.submit("noop"), "success")
    assert (await arena.row(low))["status"] == "queued"

    # No scheduler runs here: to resume is all that it takes.
    await queues.resume(arena.deps, "low", BY)

    await arena.until(low, "success")


async def test_units_of_one_host_are_told_apart_and_come_and_go(arena):
    units = [await arena.start("worker", "--threads", "1") for _ in range(2)]

    known = await arena.db.fetch("SELECT id, host, pid FROM workers")
    assert len({row["id"] for row in known}) == 2
    assert len({row["host"] for row in known}) == 1
    assert {row["pid"] for row in known} == {unit.pid for unit in units}
    assert await arena.supervisor.stop() == [0, 0]

    gone = await arena.db.fetch("SELECT status FROM workers")
    assert [row["status"] for row in gone] == ["offline"] * 2
    for event in ("worker_online", "worker_offline"):
        assert {it["pid"] for it in await frames(arena, event)} == {unit.pid for unit in units}


async def test_a_unit_serves_the_queues_it_was_given(arena):
    await arena.start("worker", "--queues", "high,critical")
    normal = await arena.submit("noop")

    await arena.until(await arena.submit("noop", priority=Priority.HIGH), "success")

    assert (await arena.row(normal))["status"] == "queued"
    await control.cancel(arena.deps, normal, BY)


async def test_a_second_signal_hands_the_jobs_back_at_once(make_arena):
    arena = await make_arena(DRAIN_SECONDS="30")
    unit = await arena.start("worker", "--threads", "2")
    job_id = await arena.submit("pause", {"seconds": 60})
    await arena.until(job_id, "running")
    arena.supervisor.forget(unit)

    unit.send(signal.SIGTERM)
    await eventually(lambda: stopping(arena))
    began = time.monotonic()
    unit.send(signal.SIGTERM)

    assert await unit.ended(within=15) == 0
    assert time.monotonic() - began < 10
    row = await arena.row(job_id)
    assert (row["status"], row["attempt"], row["failures"]) == ("queued", 1, 0)
    left = [key async for key in arena.deps.redis.scan_iter("taskforge:__acks__*")]
    assert left == []


async def stopping(arena):
    return await arena.db.fetchval("SELECT count(*) FROM workers WHERE status = 'stopping'")


async def test_a_blocked_loop_ends_its_unit_and_the_job_goes_to_another(arena):
    unit = await arena.start("worker", "--threads", "2")
    job_id = await arena.submit("block", {"seconds": 60})
    await arena.until(job_id, "running")
    arena.supervisor.forget(unit)

    assert await unit.ended(within=15) == 70

    assert (await arena.row(job_id))["status"] == "running"
