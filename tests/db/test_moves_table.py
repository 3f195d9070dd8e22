"""Every move from every status, as `core/states.py` writes them."""

import itertools
from uuid import UUID

import pytest

from support.make import claimer, draft, ending, person
from taskforge.core.ids import new_id
from taskforge.core.states import MOVES, JobStatus, Move, allows
from taskforge.db import moves
from taskforge.db.birth import create
from taskforge.db.claims import claim

pytestmark = pytest.mark.usefixtures("sound")

ME = claimer()
RUNNING_MOVES = {
    Move.SUCCEED, Move.RETRY, Move.FAIL, Move.BURY, Move.RELEASE, Move.STOP,
}  # fmt: skip
PATHS: dict[JobStatus, Move | None] = {
    JobStatus.RETRYING: Move.RETRY,
    JobStatus.SUCCESS: Move.SUCCEED,
    JobStatus.FAILED: Move.FAIL,
    JobStatus.DEAD_LETTER: Move.BURY,
    JobStatus.CANCELLED: Move.STOP,
}
"""The move that brings a running job to a status."""


async def job_in(connection, status: JobStatus) -> UUID:
    """A job in this status, brought there by moves."""
    delay = 3_600.0 if status is JobStatus.SCHEDULED else 0.0
    job_id = new_id()
    await create(connection, [draft(id=job_id, delay_seconds=delay)])
    if status in (JobStatus.SCHEDULED, JobStatus.QUEUED):
        return job_id
    await claim(connection, ME, [job_id], free=1)
    if status is not JobStatus.RUNNING:
        last = PATHS[status]
        assert last
        await moves.settle(connection, [ending(job_id, 1, ME.worker_id, last, delay=3_600)])
    return job_id


async def carry_out(connection, move: Move, job_id: UUID) -> bool:
    """Try the move; whether the job moved."""
    if move in RUNNING_MOVES:
        return job_id in await moves.settle(
            connection, [ending(job_id, 1, ME.worker_id, move, delay=3_600)]
        )
    match move:
        case Move.CLAIM:
            return bool(await claim(connection, ME, [job_id], free=1))
        case Move.PROMOTE:
            return bool(await moves.promote(connection, limit=10))
        case Move.CANCEL:
            return any(
                it.row.status is JobStatus.CANCELLED
                for it in await moves.cancel(connection, [job_id], person("ann"))
            )
        case _:
            return bool(await moves.revive(connection, [job_id], person("ann")))


async def test_a_job_can_be_brought_to_every_status(connection, plain):
    for status in JobStatus:
        job_id = await job_in(connection, status)
        assert await plain.fetchval("SELECT status FROM jobs WHERE id = $1", job_id) == status


@pytest.mark.parametrize(("move", "status"), list(itertools.product(Move, JobStatus)))
async def test_a_move_starts_from_its_sources_alone(connection, plain, move, status):
    job_id = await job_in(connection, status)
    if move is Move.PROMOTE:
        await plain.execute("UPDATE jobs SET run_at = now() - interval '1 s' WHERE id = $1", job_id)
    before = await plain.fetchrow("SELECT * FROM jobs WHERE id = $1", job_id)

    moved = await carry_out(connection, move, job_id)

    after = await plain.fetchrow("SELECT * FROM jobs WHERE id = $1", job_id)
    assert moved is allows(move, status)
    if moved:
        assert after["status"] == MOVES[move].target
        assert after["version"] == before["version"] + 1
    elif not (move is Move.CANCEL and status is JobStatus.RUNNING):
        assert after == before


async def test_the_database_itself_knows_the_statuses_and_the_final_ones(plain):
    checks = {
        row["conname"]: row["def"]
        for row in await plain.fetch(
            """SELECT conname, pg_get_constraintdef(oid) AS def FROM pg_constraint
               WHERE conrelid = 'jobs'::regclass AND contype = 'c'"""
        )
    }

    for status in JobStatus:
        assert f"'{status}'" in checks["ck_jobs_status"]
        final = f"'{status}'" in checks["ck_jobs_finished"]
        assert final is (status in {r for r in JobStatus if r in _final()})
    assert checks["ck_jobs_status"].count("::text") >= len(JobStatus)


def _final() -> set[JobStatus]:
    return {status for status in JobStatus if not allows(Move.CANCEL, status)} - {JobStatus.RUNNING}
