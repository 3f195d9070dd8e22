"""No scheduler left: workers do its work, and leave it to the next one (R-95)."""

import signal

import pytest

from support.waiting import eventually

WHO = "SELECT scheduler FROM duties ORDER BY ran_at DESC LIMIT 1"


@pytest.mark.chaos
async def test_workers_stand_in_for_a_scheduler_that_was_killed(chaos):
    db = chaos.arena.db
    await db.execute("TRUNCATE duties")
    await chaos.start(units=2, schedulers=1)
    await eventually(lambda: db.fetchval(WHO), within=30)
    (scheduler,) = chaos.arena.supervisor.of("scheduler")
    chaos.arena.supervisor.forget(scheduler)
    scheduler.send(signal.SIGKILL)
    await scheduler.ended()
    chaos.note("kill -9 the only scheduler")
    await db.execute("UPDATE duties SET ran_at = ran_at - interval '60 s'")  # instead of waiting

    await chaos.submit(20, delay_seconds=1)
    await chaos.drained(within=60)
    await eventually(lambda: stands_in(db), within=30)
    chaos.note("a unit stands in")

    await chaos.arena.start("scheduler")
    await eventually(lambda: stepped_down(chaos), within=60)
    await chaos.submit(20, delay_seconds=1)
    await chaos.drained(within=30)
    await chaos.check()
    await chaos.check_rest()


async def stands_in(db):
    return (await db.fetchval(WHO)).endswith("(worker)")


async def stepped_down(chaos):
    log = (chaos.arena.settings.data_dir / "worker.log").read_text()
    return "scheduler.returned" in log
