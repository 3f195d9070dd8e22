"""How jobs come to be: one statement for any number of them, and the keys that make it once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.states import JobStatus

KEY_HOURS = 24
"""How long an idempotency key is remembered (R-43)."""


class Draft(NamedTuple):
    """A checked order, ready to become a job."""

    id: UUID
    type: str
    rank: int
    payload: str
    """JSON text of the normalised payload."""
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


class Born(NamedTuple):
    """What the database decided about a new job."""

    status: JobStatus
    created_at: datetime
    run_at: datetime
    queued_at: datetime | None


class KeyHolder(NamedTuple):
    """The job that an idempotency key already names."""

    job_id: UUID
    fingerprint: str


_CREATE = text("""
WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS now),
drafts AS MATERIALIZED (
    SELECT d.*, COALESCE(d.at, clock.now + d.delay * interval '1 second') AS run_at
    FROM clock, unnest(
        CAST(:ids AS uuid[]), CAST(:types AS text[]), CAST(:ranks AS smallint[]),
        CAST(:payloads AS text[]), CAST(:max_retries AS smallint[]), CAST(:timeouts AS integer[]),
        CAST(:run_ats AS timestamptz[]), CAST(:delays AS float8[]), CAST(:creators AS uuid[]),
        CAST(:webhooks AS text[]), CAST(:keys AS text[]), CAST(:tags AS text[]),
        CAST(:summaries AS text[]), CAST(:actors AS text[])
    ) AS d(id, type, priority, payload, max_retries, timeout, at, delay, created_by, webhook_url,
           key, tags, summary, actor)
),
born AS (
    INSERT INTO jobs (id, type, priority, status, version, max_retries, timeout_seconds, notify,
                      created_at, run_at, queued_at, hinted_at)
    SELECT d.id, d.type, d.priority,
           CASE WHEN d.run_at <= clock.now THEN 'queued' ELSE 'scheduled' END, 1, d.max_retries,
           d.timeout, d.webhook_url IS NOT NULL, clock.now, d.run_at,
           CASE WHEN d.run_at <= clock.now THEN clock.now END,
           CASE WHEN d.run_at <= clock.now THEN clock.now END
    FROM drafts d, clock
    RETURNING id, type, priority, status, created_at, run_at, queued_at
),
detailed AS (
    INSERT INTO job_details (job_id, type, priority, created_by, tags, payload, summary,
                             webhook_url, idempotency_key)
    SELECT id, type, priority, created_by, CAST(tags AS text[]), CAST(payload AS jsonb), summary,
           webhook_url, key
    FROM drafts
),
tagged AS (
    INSERT INTO job_tags (tag, job_id)
    SELECT unnest(CAST(tags AS text[])), id FROM drafts WHERE tags <> '{}'
),
told AS (
    INSERT INTO job_events (job_id, version, at, cycle, attempt, event, status, actor)
    SELECT b.id, 1, b.created_at, 1, 0, 'job_' || b.status, b.status, d.actor
    FROM born b JOIN drafts d USING (id)
),
tallied AS (
    INSERT INTO job_deltas (minute, n, seconds, priority, bucket, type, entered_status)
    SELECT date_trunc('minute', min(created_at)), count(*), 0, priority, -1, type, status
    FROM born GROUP BY priority, type, status
)
SELECT id, status, created_at, run_at, queued_at FROM born
""")

_TAKE_KEY = text("""
INSERT INTO idempotency_keys AS held (user_id, key, fingerprint, job_id, expires_at)
VALUES (:user_id, :key, :fingerprint, :job_id,
        clock_timestamp() + make_interval(hours => :hours))
ON CONFLICT (user_id, key) DO UPDATE
SET fingerprint = EXCLUDED.fingerprint, job_id = EXCLUDED.job_id, expires_at = EXCLUDED.expires_at
WHERE held.expires_at < clock_timestamp()
RETURNING job_id
""")

_KEY_HOLDER = text("""
SELECT job_id, fingerprint FROM idempotency_keys WHERE user_id = :user_id AND key = :key
""")


async def create(connection: AsyncConnection, drafts: Sequence[Draft]) -> dict[UUID, Born]:
    """Insert jobs with details, tags, first event and counters, in one statement.

    Args:
        connection: in autocommit, or in a transaction that also takes the keys.
        drafts: at least one; ids are new and unique.
    """
    columns: list[tuple[Any, ...]] = list(zip(*drafts, strict=True))
    names: tuple[str, ...] = (
        "ids", "types", "ranks", "payloads", "max_retries", "timeouts", "run_ats", "delays",
        "creators", "webhooks", "keys", "tags", "summaries", "actors",
    )  # fmt: skip
    values: dict[str, list[Any]] = dict(zip(names, map(list, columns), strict=True))
    values["tags"] = [_array(tags) for tags in values["tags"]]
    rows = await connection.execute(_CREATE, values)
    return {row.id: Born(JobStatus(row.status), *row[2:]) for row in rows}


async def take_key(
    connection: AsyncConnection, user_id: UUID, key: str, fingerprint: str, job_id: UUID
) -> bool:
    """Bind an idempotency key to a job, unless a live binding exists (R-41).

    Waits for a rival transaction that holds the same key, up to `lock_timeout`.
    """
    row = await connection.scalar(
        _TAKE_KEY,
        {
            "user_id": user_id,
            "key": key,
            "fingerprint": fingerprint,
            "job_id": job_id,
            "hours": KEY_HOURS,
        },
    )
    return row is not None


async def key_holder(connection: AsyncConnection, user_id: UUID, key: str) -> KeyHolder | None:
    """The job that a key names, if any."""
    row = (await connection.execute(_KEY_HOLDER, {"user_id": user_id, "key": key})).first()
    return KeyHolder(*row) if row else None


def _array(values: Sequence[str]) -> str:
    """An array literal; ragged arrays cannot travel as parameters."""
    if not values:
        return "{}"
    quoted = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return "{" + ",".join(f'"{value}"' for value in quoted) + "}"
