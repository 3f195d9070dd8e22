"""What attempts write beside their outcome, with a rival in the way (T-04)."""

import asyncio
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from support.make import claimer, ending
from support.waiting import eventually
from taskforge.core.history import ArtifactRecord
from taskforge.core.ids import new_id
from taskforge.core.states import Move
from taskforge.db.claims import claim
from taskforge.db.engine import transaction
from taskforge.db.files import Superseded, add_artifact, artifact, artifacts_of
from taskforge.db.keepsakes import Checkpoint, checkpoints, save_checkpoints
from taskforge.db.moves import settle

ME = claimer(types=["email"])


@pytest.fixture
async def job_id(make_jobs, connection):
    """A running job of mine."""
    [job_id] = await make_jobs(1)
    assert await claim(connection, ME, [job_id], free=1)
    return job_id


def record(attempt=1, name="a.csv"):
    return ArtifactRecord(
        name=name,
        attempt=attempt,
        media_type="text/csv",
        size_bytes=1,
        sha256=f"{attempt}" * 64,
        created_at=datetime.now(UTC),
    )


async def release(engine, job_id, attempt=1):
    async with engine.connect() as connection:
        lost = ending(job_id, attempt, ME.worker_id, Move.RELEASE, crashed=True)
        return await settle(connection, [lost])


async def waiters(connection, pid):
    """How many wait for this backend."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE :pid = ANY(pg_blocking_pids(pid))"
    return await connection.scalar(text(waiting), {"pid": pid})


async def test_nobody_moves_a_job_while_an_artifact_is_being_listed(engine, connection, job_id):
    async with transaction(engine) as mine:
        pid = await mine.scalar(text("SELECT pg_backend_pid()"))
        await add_artifact(mine, job_id, ME.worker_id, record())
        moving = asyncio.create_task(release(engine, job_id))

        await eventually(lambda: waiters(connection, pid))

    assert await moving
    assert await artifact(connection, job_id, "a.csv")


async def test_an_artifact_waits_for_a_move_and_is_then_refused(engine, connection, job_id):
    async with transaction(engine) as rival:
        lost = ending(job_id, 1, ME.worker_id, Move.RELEASE, crashed=True)
        assert await settle(rival, [lost])
        pid = await rival.scalar(text("SELECT pg_backend_pid()"))

        async def add():
            async with transaction(engine) as mine:
                await add_artifact(mine, job_id, ME.worker_id, record())

        adding = asyncio.create_task(add())

        await eventually(lambda: waiters(connection, pid))

    with pytest.raises(Superseded):
        await adding
    assert await artifact(connection, job_id, "a.csv") is None


async def test_an_attempt_is_not_mistaken_for_its_successor_of_the_same_worker(
    engine, connection, job_id
):
    await release(engine, job_id)
    assert await claim(connection, ME, [job_id], free=1)

    async def add(attempt):
        async with transaction(engine) as mine:
            return await add_artifact(mine, job_id, ME.worker_id, record(attempt))

    first = await add(2)
    with pytest.raises(Superseded):
        await add(1)
    again = await add(2)

    assert first.replaced is None
    assert again.replaced
    assert again.replaced.attempt == 2
    saved = await save_checkpoints(
        connection, ME.worker_id, [Checkpoint(job_id, n, f"{n}", "0") for n in (1, 2)]
    )
    assert saved == [False, True]
    assert await checkpoints(connection, job_id) == {"2": "0"}


async def test_what_is_listed_of_many_jobs_is_told_at_once(engine, connection, job_id):
    async with transaction(engine) as mine:
        for name in ("a.csv", "b.csv"):
            await add_artifact(mine, job_id, ME.worker_id, record(name=name))

    found = await artifacts_of(connection, [job_id, new_id()])

    assert {it: sorted(file.name for file in files) for it, files in found.items()} == {
        job_id: ["a.csv", "b.csv"]
    }
