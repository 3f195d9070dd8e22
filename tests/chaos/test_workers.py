"""Faults on workers: killed, frozen, poisoned, drained (T-01, T-04, T-07, T-08)."""

import asyncio
import signal

import pytest

from support.waiting import eventually

THREADS = 8


async def kill_under_load(chaos, jobs, kills):
    await chaos.start(units=2, threads=THREADS)
    for ms, part in ((1, 0.5), (20, 0.4), (200, 0.1)):
        await chaos.submit(int(jobs * part), payload={"ms": ms})
    for n in range(kills):
        await eventually(lambda n=n: half_way(chaos, n, kills, jobs), within=60)
        await chaos.kill_a_unit()
    await chaos.drained()
    await chaos.check()

    assert (await chaos.tally()) == {"success": len(chaos.accepted)}
    again = await chaos.runs() - len(chaos.accepted)
    chaos.note(f"{again} runs were repeated after {kills} kills")
    assert again <= kills * THREADS


async def half_way(chaos, n, kills, jobs):
    """The n-th part of the work has been done."""
    done = await chaos.arena.db.fetchval("SELECT count(*) FROM jobs WHERE status = 'success'")
    units = chaos.arena.supervisor.of("worker")
    ready = [unit for unit in units if unit.code is None and await chaos.arena.registered(unit)]
    return done >= jobs * n / (kills + 1) and ready


async def test_jobs_survive_units_that_are_killed(chaos):
    await kill_under_load(chaos, jobs=300, kills=2)


@pytest.mark.chaos
async def test_a_thousand_jobs_survive_ten_kills(chaos):
    await kill_under_load(chaos, jobs=1_000, kills=10)


@pytest.mark.chaos
async def test_a_frozen_unit_comes_back_and_writes_nothing(chaos):
    await chaos.start(units=2, threads=4)
    for _ in range(8):
        await chaos.submit_one(payload={"ms": 1_500})
    await eventually(lambda: started(chaos, 8))
    unit = chaos.arena.supervisor.of("worker")[0]
    mine = await chaos.arena.registered(unit)
    assert not await taken_from(chaos, mine)

    async with chaos.frozen(unit):
        await eventually(lambda: taken_from(chaos, mine), within=30)
    await chaos.drained()
    await chaos.check()

    await chaos.tell_stories()
    assert (await chaos.tally()) == {"success": 8}
    assert (await chaos.runs()) == 12
    assert unit.code is None


@pytest.mark.chaos
async def test_a_unit_that_freezes_for_a_moment_loses_nothing(chaos):
    await chaos.start(units=2, threads=4)
    for _ in range(8):
        await chaos.submit_one(payload={"ms": 2_000})
    await eventually(lambda: started(chaos, 8))

    async with chaos.frozen(chaos.arena.supervisor.of("worker")[0]):
        await asyncio.sleep(1.0)
    await chaos.drained()
    await chaos.check()

    assert await chaos.runs() == 8


async def started(chaos, n):
    return await chaos.runs() >= n


async def taken_from(chaos, worker_id):
    """None of its jobs is its own any more."""
    return not await chaos.arena.db.fetchval(
        "SELECT count(*) FROM jobs WHERE worker_id = $1 AND status = 'running'", worker_id
    )


DEATHS = ["os_exit", "sigkill", "segfault", "exit_in_task"]


@pytest.mark.chaos
async def test_poison_is_dead_lettered_and_its_neighbours_live(chaos):
    await chaos.start(units=2, threads=4)
    poison = [await chaos.submit_one("poison", {"how": how}, max_retries=25) for how in DEATHS]
    await chaos.submit(200, payload={"ms": 5}, max_retries=25)

    await chaos.drained(within=180)
    await chaos.check()

    for job_id in poison:
        row = await chaos.arena.row(job_id)
        assert (row["status"], row["crashes"], row["attempt"]) == ("dead_letter", 3, 3)
        assert (await chaos.arena.error(job_id))["kind"] == "worker_lost"
    assert (await chaos.tally()) == {"success": 200, "dead_letter": len(DEATHS)}
    assert len(chaos.arena.supervisor.ends) <= 3 * len(DEATHS)


async def test_a_rolling_restart_counts_no_failure(chaos):
    await chaos.start(units=2, threads=4)
    await chaos.submit(60, payload={"ms": 100})
    await chaos.submit(4, "pause", {"seconds": 7})
    for unit in chaos.arena.supervisor.of("worker"):
        await eventually(lambda: both_ready(chaos), within=30)
        chaos.note(f"SIGTERM unit {unit.pid}")
        unit.send(signal.SIGTERM)
        assert await unit.ended(within=15) == 0
    await chaos.drained()
    await chaos.check()

    assert (await chaos.tally()) == {"success": 64}
    sums = await chaos.arena.db.fetchrow("SELECT sum(failures) f, sum(crashes) c FROM jobs")
    assert (sums["f"], sums["c"]) == (0, 0)
    await chaos.check_rest()


async def both_ready(chaos):
    units = chaos.arena.supervisor.of("worker")
    return all([unit.code is None and await chaos.arena.registered(unit) for unit in units])
