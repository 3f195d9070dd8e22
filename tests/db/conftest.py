"""A pool on this worker's database, and jobs put there without their story."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec import Raw
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from support.invariants import broken
from taskforge.config import Settings
from taskforge.core.ids import floor_id, new_id
from taskforge.core.states import FINAL, JobStatus
from taskforge.db.birth import Draft, create
from taskforge.db.engine import open_engine
from taskforge.db.tables import job_attempts, job_details, job_results, job_tags, jobs

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)

MakeJobs = Callable[..., Awaitable[list[UUID]]]
Plant = Callable[[Sequence[dict[str, Any]]], Awaitable[list[UUID]]]


@pytest.fixture(scope="session")
async def engine(settings: Settings) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(settings, statement_seconds=10, by_key=True)
    yield engine
    await engine.dispose()


@pytest.fixture
async def connection(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    async with engine.connect() as connection:
        yield connection


@pytest.fixture
async def sound(connection: AsyncConnection) -> AsyncIterator[None]:
    """Every invariant holds when the test is over; for tests that plant nothing of their own."""
    yield
    assert await broken(connection) == {}


@pytest.fixture
def make_jobs(connection: AsyncConnection) -> MakeJobs:
    """Lets jobs be born as a submit does."""

    async def make(n: int, *, rank: int = 2, type: str = "email", delay: float = 0.0) -> list[UUID]:
        drafts = [
            Draft(
                id=new_id(), type=type, rank=rank, payload=Raw(b"{}"), max_retries=3,
                timeout_seconds=60,
                run_at=None, delay_seconds=delay, created_by=None, webhook_url=None,
                idempotency_key=None, tags=[], summary=None, actor="user:ana",
            )
            for _ in range(n)
        ]  # fmt: skip
        return list(await create(connection, drafts))

    return make


@pytest.fixture
def plant(connection: AsyncConnection) -> Plant:
    """Puts jobs into the tables, a second apart, in the order given; answers their ids.

    Each is a dictionary with any of status, type, priority (rank), tags, created_by, schedule_id,
    payload, error, attempt, failures, duration, took (seconds from its creation to its end),
    workers (of its attempts) and worker_id (of the one under way).
    """

    async def put(wanted: Sequence[dict[str, Any]]) -> list[UUID]:
        moments = [BEGIN + timedelta(seconds=n) for n in range(len(wanted))]
        ids = [UUID(int=floor_id(int(at.timestamp() * 1000)).int + 7) for at in moments]
        made = list(zip(ids, moments, wanted, strict=True))
        if made:
            await connection.execute(insert(jobs), [_job(*one) for one in made])
            await connection.execute(insert(job_details), [_details(*one) for one in made])
        errors = [
            {"job_id": id_, "error": job["error"]} for id_, _, job in made if job.get("error")
        ]
        if errors:
            await connection.execute(insert(job_results), errors)
        tags = [{"tag": tag, "job_id": id_} for id_, _, job in made for tag in job.get("tags", [])]
        if tags:
            await connection.execute(insert(job_tags), tags)
        attempts = [
            {"job_id": id_, "number": n, "started_at": at, "finished_at": at, "worker_id": worker,
             "outcome": "retrying"}
            for id_, at, job in made for n, worker in enumerate(job.get("workers", []), 1)
        ]  # fmt: skip
        if attempts:
            await connection.execute(insert(job_attempts), attempts)
        return ids

    return put


def _job(id_: UUID, at: datetime, job: dict[str, Any]) -> dict[str, Any]:
    status = JobStatus(job.get("status", "success"))
    running = status is JobStatus.RUNNING
    return {
        "id": id_,
        "created_at": at,
        "run_at": at,
        "queued_at": at,
        "started_at": at,
        "finished_at": at + timedelta(seconds=job.get("took", 0)) if status in FINAL else None,
        "duration_seconds": job.get("duration"),
        "failures": job.get("failures", 0),
        "lease_expires_at": at if running else None,
        "worker_id": job.get("worker_id", UUID(int=1)) if running else None,
        "version": 1,
        "attempt": job.get("attempt", 1),
        "timeout_seconds": 60,
        "max_retries": 3,
        "priority": job.get("priority", 2),
        "status": status.value,
        "type": job.get("type", "email"),
    }


def _details(id_: UUID, _at: datetime, job: dict[str, Any]) -> dict[str, Any]:
    return {
        "job_id": id_,
        "created_by": job.get("created_by"),
        "priority": job.get("priority", 2),
        "type": job.get("type", "email"),
        "tags": job.get("tags", []),
        "payload": job.get("payload", {}),
        "schedule_id": job.get("schedule_id"),
    }
