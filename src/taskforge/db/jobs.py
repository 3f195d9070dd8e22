"""Reads of one job: all of it in one statement, its log page by page."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.events import LogLine
from taskforge.core.failures import ErrorRecord
from taskforge.core.history import (
    LOG_TAIL,
    ArtifactRecord,
    AttemptRecord,
    DeliveryRecord,
    EventRecord,
    JobDetail,
    LogLevel,
)
from taskforge.core.states import JobStatus
from taskforge.db.rows import ROW_COLUMNS, job_fields

_DETAIL = text(f"""
SELECT {ROW_COLUMNS}, d.webhook_url, d.idempotency_key, d.schedule_id,
    d.payload::text AS payload,
    CASE j.status WHEN 'success' THEN r.result::text END AS result,
    CASE WHEN j.error_class IS NOT NULL THEN r.error::text END AS error,
    (SELECT json_agg(a ORDER BY a.number)::text FROM (
        SELECT number, worker_id, started_at, finished_at, outcome, error
        FROM job_attempts WHERE job_id = j.id) AS a) AS attempts,
    (SELECT json_agg(e ORDER BY e.version)::text FROM (
        SELECT version, event, at, status, attempt, actor, data FROM job_events
        WHERE job_id = j.id ORDER BY version DESC LIMIT {LOG_TAIL}) AS e) AS events,
    (SELECT json_agg(l ORDER BY l.seq)::text FROM (
        SELECT seq, at, attempt, level, message, coalesce(fields, '{{}}') AS fields FROM job_logs
        WHERE job_id = j.id ORDER BY seq DESC LIMIT {LOG_TAIL}) AS l) AS logs,
    (SELECT json_agg(f ORDER BY f.name)::text FROM (
        SELECT name, attempt, media_type, size_bytes, sha256, created_at
        FROM job_artifacts WHERE job_id = j.id) AS f) AS artifacts,
    (SELECT json_agg(w ORDER BY w.created_at, w.id)::text FROM (
        SELECT id, event, url, status, attempts, created_at, next_at, delivered_at, last_status,
               last_error, signed
        FROM webhook_deliveries WHERE job_id = j.id) AS w) AS webhooks
FROM jobs j JOIN job_details d ON d.job_id = j.id LEFT JOIN job_results r ON r.job_id = j.id
WHERE j.id = :id
""")

_UNFINISHED = text("""
SELECT id FROM jobs WHERE id = ANY(CAST(:ids AS uuid[])) AND finished_at IS NULL
""")

_EXISTS = text("SELECT 1 FROM jobs WHERE id = :id")

_LOGS = text("""
SELECT seq, at, attempt, level, message, coalesce(fields, '{}')::text AS fields FROM job_logs
WHERE job_id = :id AND seq > :after AND level = ANY(CAST(:levels AS text[]))
ORDER BY seq LIMIT :limit
""")

_ARTIFACTS = text("""
SELECT name, attempt, media_type, size_bytes, sha256, created_at
FROM job_artifacts WHERE job_id = :id ORDER BY name
""")

_LEVELS = list(LogLevel)
_ERROR = msgspec.json.Decoder(ErrorRecord)
_ATTEMPTS = msgspec.json.Decoder(list[AttemptRecord])
_EVENTS = msgspec.json.Decoder(list[EventRecord])
_LINES = msgspec.json.Decoder(list[LogLine])
_FILES = msgspec.json.Decoder(list[ArtifactRecord])
_DELIVERIES = msgspec.json.Decoder(list[DeliveryRecord])


async def job_detail(connection: AsyncConnection, job_id: UUID) -> JobDetail | None:
    """A job with its history, as of one moment; None when there is none."""
    row = (await connection.execute(_DETAIL, {"id": job_id})).mappings().first()
    return _detail(row) if row else None


async def ended_among(connection: AsyncConnection, ids: Sequence[UUID]) -> set[UUID]:
    """Which of these jobs have ended, or are gone."""
    rows = await connection.scalars(_UNFINISHED, {"ids": list(ids)})
    return set(ids) - set(rows)


async def job_exists(connection: AsyncConnection, job_id: UUID) -> bool:
    """Whether there is such a job."""
    return await connection.scalar(_EXISTS, {"id": job_id}) is not None


async def job_logs(
    connection: AsyncConnection, job_id: UUID, *, after: int, limit: int, level: LogLevel
) -> list[LogLine]:
    """Log lines after a sequence number, oldest first.

    Args:
        connection: any.
        job_id: the job; one that does not exist has no lines.
        after: `seq` of the last line already seen, 0 for none.
        limit: most lines.
        level: the least serious to include.
    """
    values = {
        "id": job_id,
        "after": after,
        "levels": _LEVELS[_LEVELS.index(level) :],
        "limit": limit,
    }
    rows = (await connection.execute(_LOGS, values)).mappings()
    return [LogLine(**{**row, "fields": msgspec.json.decode(row["fields"])}) for row in rows]


async def job_artifacts(connection: AsyncConnection, job_id: UUID) -> list[ArtifactRecord]:
    """The files of a job, by name."""
    rows = (await connection.execute(_ARTIFACTS, {"id": job_id})).mappings()
    return [ArtifactRecord(**row) for row in rows]


def _detail(row: RowMapping) -> JobDetail:
    error: str | None = row["error"]
    result: str | None = row["result"]
    return JobDetail(
        **job_fields(row),
        webhook_url=row["webhook_url"],
        idempotency_key=row["idempotency_key"],
        schedule_id=row["schedule_id"],
        payload=msgspec.json.decode(row["payload"]),
        result=None if result is None else msgspec.json.decode(result),
        error=None if error is None else _ERROR.decode(error),
        attempts=[*_ATTEMPTS.decode(row["attempts"] or "[]"), *_under_way(row)],
        events=_EVENTS.decode(row["events"] or "[]"),
        logs=_LINES.decode(row["logs"] or "[]"),
        artifacts=_FILES.decode(row["artifacts"] or "[]"),
        webhooks=_DELIVERIES.decode(row["webhooks"] or "[]"),
    )


def _under_way(row: RowMapping) -> Sequence[AttemptRecord]:
    if row["status"] != JobStatus.RUNNING:
        return ()
    started: Any = row["started_at"]
    return (AttemptRecord(number=row["attempt"], worker_id=row["worker_id"], started_at=started),)
