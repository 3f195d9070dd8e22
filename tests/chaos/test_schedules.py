"""Several schedulers, stopped, thawed and killed: each moment of each schedule once (T-50)."""

import asyncio
import signal

import pytest

from support.schedules import plant
from support.waiting import eventually

DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
ONCE = """
SELECT f.schedule_id, f.fire_at FROM schedule_fires f LEFT JOIN jobs j ON j.id = f.job_id
WHERE j.id IS NULL OR f.skipped IS NOT NULL
UNION ALL
SELECT d.schedule_id, NULL FROM job_details d
WHERE NOT EXISTS (SELECT FROM schedule_fires WHERE job_id = d.job_id)
UNION ALL
SELECT schedule_id, gap FROM (
    SELECT f.schedule_id, fire_at AS gap, s.interval_seconds AS step,
           extract(epoch FROM fire_at - lag(fire_at) OVER (
               PARTITION BY f.schedule_id ORDER BY fire_at)) AS passed
    FROM schedule_fires f JOIN schedules s ON s.id = f.schedule_id) AS steps
WHERE passed <> step
"""
"""A fire without its job, a job without its fire, and a moment that was left out."""


async def torment(chaos, rounds):
    """Freeze a scheduler and kill another, by lot."""
    for _ in range(rounds):
        frozen, killed = chaos.random.sample(chaos.arena.supervisor.of("scheduler"), 2)
        async with chaos.frozen(frozen):
            chaos.note(f"kill -9 scheduler {killed.pid}")
            killed.send(signal.SIGKILL)
            await asyncio.sleep(chaos.random.uniform(0.3, 1.5))


async def fire_in_torment(chaos, schedulers, at_once, often, rounds):
    db = chaos.arena.db
    before = await db.fetchval(DEADLOCKS)
    once = await plant(db, at_once, ago=-2.0)
    busy = await plant(db, often, ago=-2.0, interval_seconds=2.0) if often else []
    for _ in range(schedulers):
        await chaos.arena.start("scheduler")
    await eventually(lambda: db.fetchval("SELECT count(*) FROM schedule_fires"), within=30)

    await torment(chaos, rounds)
    await eventually(
        lambda: db.fetchval(
            "SELECT count(DISTINCT schedule_id) = $1 FROM schedule_fires", len(once) + len(busy)
        ), within=30,
    )  # fmt: skip
    await db.execute("UPDATE schedules SET paused_at = now()")
    chaos.accepted |= {row["id"] for row in await db.fetch("SELECT id FROM jobs")}

    assert await db.fetch(ONCE) == []
    fires = await db.fetchval("SELECT count(*) FROM schedule_fires")
    chaos.note(f"{fires} fires of {len(once) + len(busy)} schedules")
    assert fires == len(chaos.accepted) >= len(once) + len(busy)
    hinted = await db.fetchval("SELECT count(*) FROM jobs WHERE hinted_at IS NULL")
    assert hinted == 0
    assert await db.fetchval(DEADLOCKS) == before


async def test_a_thousand_schedules_fire_once_each_while_a_scheduler_dies(chaos):
    await fire_in_torment(chaos, schedulers=2, at_once=1_000, often=0, rounds=1)


@pytest.mark.chaos
async def test_schedules_fire_once_each_whatever_happens_to_the_schedulers(chaos):
    await fire_in_torment(chaos, schedulers=4, at_once=5_000, often=300, rounds=15)
    assert chaos.arena.supervisor.ends
    assert all(code in (0, -signal.SIGKILL) for code in chaos.arena.supervisor.ends)
    await chaos.arena.start("worker", "--threads", "32")
    await chaos.drained(within=90)
    await chaos.check()
