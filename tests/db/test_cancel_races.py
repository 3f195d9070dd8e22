"""A cancel, or another deed, that waits for a row which somebody is moving."""

import asyncio
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from support.make import person
from taskforge.core.people import KeyScope
from taskforge.core.priority import Priority
from taskforge.core.states import JobStatus, Move
from taskforge.db import moves, priorities
from taskforge.db.claims import Claimer, claim
from taskforge.db.engine import transaction
from taskforge.db.moves import Ending, Moved, cancel, settle

WORKER = Claimer(UUID(int=5), [0, 1, 2, 3], ["email"], 30.0)


async def until_it_waits(connection: AsyncConnection) -> None:
    """Until a statement of this database waits for a lock."""
    waits = text("""
        SELECT count(*) FROM pg_stat_activity
        WHERE wait_event_type = 'Lock' AND datname = current_database()
    """)
    async with asyncio.timeout(5):
        while not await connection.scalar(waits):
            pass


async def cancelled(engine: AsyncEngine, job_id: UUID) -> list[Moved]:
    async with engine.connect() as connection:
        return await cancel(connection, [job_id], person("ana"))


async def test_a_job_that_is_claimed_meanwhile_is_asked_to_stop(engine, connection, make_jobs):
    (job_id,) = await make_jobs(1)
    async with transaction(engine) as rival:
        await claim(rival, WORKER, [job_id], free=1)
        waiting = asyncio.create_task(cancelled(engine, job_id))
        await until_it_waits(connection)

    (moved,) = await waiting

    assert moved.left is moved.row.status is JobStatus.RUNNING
    assert moved.row.cancel_requested_at is not None
    assert (moved.row.attempt, moved.row.version) == (1, 3)


async def test_a_job_that_fails_meanwhile_is_cancelled_at_once(engine, connection, make_jobs):
    (job_id,) = await make_jobs(1)
    await claim(connection, WORKER, [job_id], free=1)
    async with transaction(engine) as rival:
        await settle(rival, [Ending(job_id, 1, WORKER.worker_id, Move.RETRY, delay=60.0)])
        waiting = asyncio.create_task(cancelled(engine, job_id))
        await until_it_waits(connection)

    (moved,) = await waiting

    assert (moved.left, moved.row.status) == (JobStatus.RETRYING, JobStatus.CANCELLED)
    assert moved.row.finished_at is not None


async def test_a_job_that_succeeds_meanwhile_stays_as_it_is(engine, connection, make_jobs):
    (job_id,) = await make_jobs(1)
    await claim(connection, WORKER, [job_id], free=1)
    async with transaction(engine) as rival:
        await settle(rival, [Ending(job_id, 1, WORKER.worker_id, Move.SUCCEED)])
        waiting = asyncio.create_task(cancelled(engine, job_id))
        await until_it_waits(connection)

    assert await waiting == []


@pytest.mark.parametrize("deed", ["cancel", "retry", "reprioritise"])
async def test_a_job_that_leaves_a_keys_reach_meanwhile_is_not_touched(
    engine, connection, make_jobs, deed
):
    """What the key may do is judged by the job as the deed finds it, not as it was (S-14)."""
    ana, high = person("ana"), frozenset({Priority.NORMAL, Priority.HIGH})
    narrow = ana._replace(scope=KeyScope(priorities=high))
    raised = partial(priorities.reprioritise, priority=Priority.HIGH, by=narrow)
    acts = {"cancel": moves.cancel, "retry": moves.revive}
    (job_id,) = await make_jobs(1)
    if deed == "retry":
        await moves.cancel(connection, [job_id], ana)
    async with transaction(engine) as rival, engine.connect() as own:
        if deed == "retry":  # for a moment it waits, and can change its queue
            await moves.revive(rival, [job_id], ana)
        await priorities.reprioritise(rival, [job_id], Priority.CRITICAL, ana)
        if deed == "retry":
            await moves.cancel(rival, [job_id], ana)
        act = partial(acts[deed], by=narrow) if deed in acts else raised
        waiting = asyncio.create_task(act(own, [job_id]))
        await until_it_waits(connection)
        await rival.commit()

        assert await waiting == []
