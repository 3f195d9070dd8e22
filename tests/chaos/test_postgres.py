"""Faults on PostgreSQL: it crashes under load (T-40)."""

import asyncio

import pytest

from chaos.harness import open_chaos
from support.waiting import eventually


async def crash_under_load(chaos, crashes, away):
    """Nothing that was accepted is lost, and nothing is charged for it."""
    await chaos.start(units=2, threads=8)
    await chaos.submit(200, payload={"ms": 20})
    await chaos.submit(8, payload={"ms": 1_500}, timeout_seconds=120)
    ambiguous = 0
    for _ in range(crashes):
        await eventually(lambda: some_run(chaos), within=30)
        crash = asyncio.create_task(chaos.crash_postgres(away))
        while not crash.done():
            try:
                await chaos.submit_one(payload={"ms": 5})
            except Exception:  # noqa: BLE001 - the database is away, in whatever words
                ambiguous += 1
            await asyncio.sleep(0.05)
        await crash
        await chaos.submit(50, payload={"ms": 20})
    await chaos.drained(within=90)
    await adopt_ambiguous(chaos, ambiguous)
    await chaos.check()

    tally, runs = await chaos.tally(), await chaos.runs()
    chaos.note(f"{tally}, {runs} runs of {len(chaos.accepted)} jobs, {ambiguous} refused submits")
    assert tally == {"success": len(chaos.accepted)}
    failed = await chaos.arena.db.fetchval("SELECT sum(failures) FROM jobs")
    assert failed == 0
    assert chaos.arena.supervisor.ends == []


async def some_run(chaos):
    return await chaos.arena.db.fetchval("SELECT count(*) FROM jobs WHERE status = 'running'")


async def adopt_ambiguous(chaos, most):
    """I2: a submit without an answer has made one job or none."""
    known = {row["id"] for row in await chaos.arena.db.fetch("SELECT id FROM jobs")}
    assert known >= chaos.accepted
    assert len(known - chaos.accepted) <= most
    chaos.accepted = known


@pytest.fixture
async def patient(ground, tmp_path):
    """With leases that outlast the outage, as in production."""
    async with open_chaos(ground, tmp_path, LEASE_SECONDS="20") as it:
        yield it


async def test_a_crash_of_the_database_loses_no_job_and_repeats_none(patient):
    await crash_under_load(patient, crashes=1, away=1.0)
    assert await patient.runs() == len(patient.accepted)


@pytest.mark.chaos
async def test_crash_after_crash_of_the_database(patient):
    await crash_under_load(patient, crashes=4, away=4.0)
    assert await patient.runs() == len(patient.accepted)


@pytest.mark.chaos
async def test_an_outage_longer_than_the_leases_costs_no_failure(chaos):
    await crash_under_load(chaos, crashes=2, away=6.0)
    assert await chaos.runs() <= len(chaos.accepted) + 2 * 2 * 8
