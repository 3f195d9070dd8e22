"""How a process looks at the servers that it stands on."""

import asyncio

from prometheus_client import REGISTRY
from sqlalchemy import event

from support.waiting import eventually
from taskforge.flows import health as looking
from taskforge.flows.health import Health


async def test_whoever_asks_meanwhile_costs_nothing_more(deps):
    health = Health(deps)

    answers = await asyncio.gather(*(health.readiness() for _ in range(100)))

    assert {it.status for it in answers} == {"ok"}
    assert len({id(it.checks) for it in answers}) == 1


async def test_no_check_is_under_way_when_the_watch_has_ended(deps, plain):
    health = Health(deps)
    gate = plain.transaction()
    await gate.start()
    await plain.execute("LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE")
    async with health.watched():
        asking = asyncio.create_task(health.readiness())
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        await eventually(lambda: plain.fetchval(waiting))
        asking.cancel()
        giving_way = asyncio.create_task(gate.rollback())

    await giving_way
    under_way = """SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
        AND state = 'active' AND query LIKE '%alembic_version%' AND pid <> pg_backend_pid()"""
    assert await plain.fetchval(under_way) == 0


async def test_a_driver_that_fails_in_words_of_its_own_ends_no_watch(deps, monkeypatch):
    monkeypatch.setattr(looking, "LOOK_SECONDS", 0.02)

    def break_off(*_given):
        raise RuntimeError("the handler is closed")

    async def told(up):
        labels = {"dependency": "database"}
        return REGISTRY.get_sample_value("taskforge_dependency_up", labels) == up

    async with Health(deps).watched():
        await eventually(lambda: told(1))
        event.listen(deps.db.sync_engine, "before_cursor_execute", break_off)
        await eventually(lambda: told(0))
        event.remove(deps.db.sync_engine, "before_cursor_execute", break_off)
        await eventually(lambda: told(1))
