"""One job with all that is known about it."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Raw
from sqlalchemy import insert

from support.make import person
from taskforge.core.failures import ErrorClass, ErrorRecord
from taskforge.core.history import LOG_TAIL, LogLevel
from taskforge.core.ids import new_id
from taskforge.core.states import JobStatus, Move
from taskforge.db.birth import Draft, create
from taskforge.db.claims import Claimer, claim
from taskforge.db.jobs import ended_among, job_artifacts, job_detail, job_logs
from taskforge.db.logs import Line, insert_lines
from taskforge.db.moves import Ending, revive, settle
from taskforge.db.tables import job_artifacts as artifacts_table

WORKER = Claimer(UUID(int=5), [0, 1, 2, 3], ["email"], 30.0)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ERROR = ErrorRecord(class_=ErrorClass.TARGET_ERROR, kind="Refused", message="no")


def draft() -> Draft:
    return Draft(
        id=new_id(), type="email", rank=1, payload=Raw(b'{"to": ["a@example.com"]}'), max_retries=3,
        timeout_seconds=60, run_at=None, delay_seconds=0, created_by=UUID(int=3),
        webhook_url="https://example.com/hook", idempotency_key="k-1", tags=["x"],
        summary="mail to one", actor="user:ana",
    )  # fmt: skip


async def born(connection) -> UUID:
    (id_,) = await create(connection, [draft()])
    return id_


async def ran(connection, move: Move, **more: Any) -> UUID:
    id_ = await born(connection)
    await claim(connection, WORKER, [id_], free=1)
    await settle(connection, [Ending(id_, 1, WORKER.worker_id, move, **more)])
    return id_


async def log(connection, id_: UUID, levels: list[str]) -> None:
    """A line for each level; the even ones have no fields."""
    lines = [
        Line(id_, n, 1, NOON, level, f"line {n}", f'{{"n": {n}}}' if n % 2 else None)
        for n, level in enumerate(levels, 1)
    ]
    await insert_lines(connection, lines)


async def test_a_job_that_waits_has_its_order_and_nothing_else(connection):
    id_ = await born(connection)

    job = await job_detail(connection, id_)

    assert job is not None
    assert (job.status, job.payload) == (JobStatus.QUEUED, {"to": ["a@example.com"]})
    assert (job.summary, job.idempotency_key, job.tags) == ("mail to one", "k-1", ["x"])
    assert [(e.version, e.event, e.actor) for e in job.events] == [(1, "job_queued", "user:ana")]
    assert (job.result, job.error, job.attempts, job.logs) == (None, None, [], [])


async def test_a_job_that_runs_shows_the_attempt_under_way(connection):
    id_ = await born(connection)
    await claim(connection, WORKER, [id_], free=1)

    job = await job_detail(connection, id_)

    assert job is not None
    (attempt,) = job.attempts
    assert (attempt.number, attempt.worker_id) == (1, WORKER.worker_id)
    assert (attempt.finished_at, attempt.outcome) == (None, None)
    assert attempt.started_at == job.started_at


async def test_a_job_that_succeeded_has_its_result_and_owes_a_webhook(connection):
    id_ = await ran(connection, Move.SUCCEED, result=Raw(b'{"sent": 1}'))

    job = await job_detail(connection, id_)

    assert job is not None
    assert (job.result, job.error) == ({"sent": 1}, None)
    assert [(a.outcome, a.error) for a in job.attempts] == [("success", None)]
    assert [(w.event, w.status, w.attempts) for w in job.webhooks] == [
        ("job.success", "pending", 0)
    ]


async def test_an_error_is_shown_while_it_is_where_the_job_stands(connection):
    id_ = await ran(connection, Move.FAIL, error=ERROR, failed=True)
    failed = await job_detail(connection, id_)
    await revive(connection, [id_], person("ana"))
    revived = await job_detail(connection, id_)

    assert failed is not None
    assert revived is not None
    assert failed.error is not None
    assert failed.error.class_ is failed.error_class is ErrorClass.TARGET_ERROR
    assert revived.error is None
    assert [a.error and a.error.message for a in revived.attempts] == ["no"]


async def test_the_last_log_lines_come_with_the_job_in_order(connection):
    id_ = await born(connection)
    await log(connection, id_, ["info"] * (LOG_TAIL + 5))

    job = await job_detail(connection, id_)

    assert job is not None
    assert [line.seq for line in job.logs] == list(range(6, LOG_TAIL + 6))
    assert (job.logs[0].fields, job.logs[1].fields) == ({}, {"n": 7})


async def test_a_job_that_is_not_there_is_none(connection):
    assert await job_detail(connection, new_id()) is None


async def test_a_job_can_be_written_as_json(connection):
    id_ = await ran(connection, Move.RETRY, error=ERROR, delay=60.0)

    shown = msgspec.json.decode(msgspec.json.encode(await job_detail(connection, id_)))

    assert shown["status"] == "retrying"
    assert shown["error"]["class"] == "target_error"


async def test_a_log_is_read_page_by_page_from_a_level_up(connection):
    id_ = await born(connection)
    await log(connection, id_, ["debug", "info", "warning", "error", "info", "error"])

    first = await job_logs(connection, id_, after=0, limit=2, level=LogLevel.WARNING)
    rest = await job_logs(connection, id_, after=first[-1].seq, limit=9, level=LogLevel.WARNING)
    all_ = await job_logs(connection, id_, after=0, limit=9, level=LogLevel.DEBUG)

    assert [line.seq for line in first + rest] == [3, 4, 6]
    assert [line.seq for line in all_] == [1, 2, 3, 4, 5, 6]


async def test_files_come_by_name(connection):
    id_ = await born(connection)
    files = [
        {"job_id": id_, "name": name, "attempt": 1, "media_type": "text/csv", "size_bytes": 3,
         "sha256": "0" * 64}
        for name in ("b.csv", "a.csv")
    ]  # fmt: skip
    await connection.execute(insert(artifacts_table), files)

    assert [file.name for file in await job_artifacts(connection, id_)] == ["a.csv", "b.csv"]


async def test_jobs_that_have_ended_or_are_gone_are_over(connection):
    waits, gone = await born(connection), new_id()
    ended = await ran(connection, Move.SUCCEED)

    assert await ended_among(connection, [waits, ended, gone]) == {ended, gone}
