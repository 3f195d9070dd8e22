"""How jobs come to be: one statement for any number of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.states import JobStatus
from taskforge.db.audit import INSERT_DEEDS, Deed
from taskforge.db.engine import dump_json


class Draft(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A checked order, ready to become a job."""

    id: UUID
    type: str
    rank: int
    payload: msgspec.Raw
    """JSON of the normalised payload."""
    max_retries: int
    timeout_seconds: int
    run_at: datetime | None
    """None: after `delay_seconds`, by the database's clock."""
    delay_seconds: float
    created_by: UUID | None
    webhook_url: str | None
    idempotency_key: str | None
    tags: list[str]
    summary: str | None
    actor: str
    api_key_id: UUID | None = None
    """Set when a key asked."""
    schedule_id: UUID | None = None
    """Set when a schedule fires."""
    traceparent: str | None = None
    """The span that its attempts belong to or point at; set while tracing is on."""


class Born(NamedTuple):
    """What the database decided about a new job."""

    status: JobStatus
    created_at: datetime
    run_at: datetime
    queued_at: datetime | None


_CREATE = text(f"""
WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS now),
drafts AS MATERIALIZED (
    -- All that later steps need stands here: with by-key plans a join of two steps is quadratic.
    SELECT o.*, CASE WHEN o.run_at <= o.now THEN 'queued' ELSE 'scheduled' END AS status,
           CASE WHEN o.run_at <= o.now THEN o.now END AS queued_at
    FROM (
        SELECT d.id, d.type, d.rank AS priority, d.payload, d.max_retries, d.timeout_seconds,
               COALESCE(d.run_at, clock.now + d.delay_seconds * interval '1 second') AS run_at,
               d.created_by, d.webhook_url, d.idempotency_key, d.tags, d.summary, d.actor,
               d.api_key_id, d.schedule_id, d.traceparent, clock.now
        FROM clock, json_to_recordset(CAST(:drafts AS json)) AS d(
            id uuid, type text, rank smallint, payload jsonb, max_retries smallint,
            timeout_seconds integer, run_at timestamptz, delay_seconds float8, created_by uuid,
            webhook_url text, idempotency_key text, tags text[], summary text, actor text,
            api_key_id text, schedule_id uuid, traceparent text)) AS o
),
born AS (
    INSERT INTO jobs (id, type, priority, status, version, max_retries, timeout_seconds, notify,
                      created_at, run_at, queued_at, hinted_at)
    SELECT id, type, priority, status, 1, max_retries, timeout_seconds, webhook_url IS NOT NULL,
           now, run_at, queued_at, queued_at
    FROM drafts
    RETURNING id, type, priority, status, created_at, run_at, queued_at
),
detailed AS (
    INSERT INTO job_details (job_id, type, priority, created_by, tags, payload, summary,
                             webhook_url, idempotency_key, schedule_id, traceparent)
    SELECT id, type, priority, created_by, tags, payload, summary, webhook_url, idempotency_key,
           schedule_id, traceparent
    FROM drafts
),
tagged AS (
    INSERT INTO job_tags (tag, job_id)
    SELECT unnest(tags), id FROM drafts WHERE tags <> '{{}}'
),
told AS (
    INSERT INTO job_events (job_id, version, at, cycle, attempt, event, status, actor,
                            data)
    SELECT id, 1, now, 1, 0, 'job_' || status, status, actor,
           CASE WHEN api_key_id IS NOT NULL
                THEN jsonb_build_object('api_key_id', api_key_id) END
    FROM drafts
),
audited AS ({INSERT_DEEDS}),
tallied AS (
    INSERT INTO job_deltas (minute, n, seconds, priority, bucket, type, entered_status)
    SELECT date_trunc('minute', min(created_at)), count(*), 0, priority, -1, type, status
    FROM born GROUP BY priority, type, status
)
SELECT id, status, created_at, run_at, queued_at FROM born
""")


async def create(
    connection: AsyncConnection, drafts: Sequence[Draft], deeds: Sequence[Deed] = ()
) -> dict[UUID, Born]:
    """Insert jobs with details, tags, first event, counters and audit, in one statement.

    Args:
        connection: in autocommit, or in a transaction that also takes the keys.
        drafts: at least one; ids are new and unique.
        deeds: the calls that ask for them.
    """
    # One JSON text: fourteen arrays cost the client more than the insert costs the server.
    values = {"drafts": dump_json(drafts), "deeds": dump_json(deeds)}
    rows = await connection.execute(_CREATE, values)
    return {row.id: Born(JobStatus(row.status), *row[2:]) for row in rows}
