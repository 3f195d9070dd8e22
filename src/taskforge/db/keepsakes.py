"""What jobs keep: checkpoints for their own later attempts, memory for later jobs of their type."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_SAVE = text("""
WITH given AS (
    SELECT DISTINCT ON (g.job_id, g.key) g.* FROM unnest(
        CAST(:job_ids AS uuid[]), CAST(:attempts AS integer[]), CAST(:keys AS text[]),
        CAST(:data AS text[])
    ) WITH ORDINALITY AS g(job_id, attempt, key, data, nth)
    ORDER BY g.job_id, g.key, g.attempt DESC, g.nth DESC
),
ours AS MATERIALIZED (
    SELECT j.id, j.attempt FROM jobs j
    WHERE j.id = ANY(CAST(:job_ids AS uuid[])) AND j.status = 'running'
      AND j.worker_id = :worker_id
    ORDER BY j.id FOR KEY SHARE
)
INSERT INTO job_checkpoints (job_id, key, attempt, data)
SELECT g.job_id, g.key, g.attempt, CAST(g.data AS jsonb)
FROM given g JOIN ours o ON o.id = g.job_id AND o.attempt = g.attempt
ON CONFLICT (job_id, key) DO UPDATE
SET data = excluded.data, attempt = excluded.attempt, updated_at = clock_timestamp()
WHERE job_checkpoints.attempt <= excluded.attempt
RETURNING job_id, attempt
""")

_CHECKPOINT = text("""
SELECT data::text FROM job_checkpoints WHERE job_id = :job_id AND key = :key
""")

_SIZES = text("""
SELECT key, octet_length(data::text) FROM job_checkpoints WHERE job_id = :job_id
""")

_CHECKPOINTS = text("""
SELECT key, data::text FROM job_checkpoints WHERE job_id = :job_id ORDER BY key
""")

_REMEMBER = text("""
INSERT INTO job_memory (type, key, job_id, data)
SELECT type, :key, id, CAST(:data AS jsonb) FROM jobs
WHERE id = :job_id AND status = 'running' AND worker_id = :worker_id AND attempt = :attempt
ON CONFLICT (type, key) DO UPDATE
SET data = excluded.data, job_id = excluded.job_id, updated_at = clock_timestamp()
""")

_RECALL = text("SELECT data::text FROM job_memory WHERE type = :type AND key = :key")

_FORGET = text("""
DELETE FROM job_memory WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM job_memory
    WHERE updated_at < clock_timestamp() - :days * interval '1 day'
    LIMIT :limit FOR UPDATE SKIP LOCKED))
""")


class Checkpoint(NamedTuple):
    """A value that an attempt keeps."""

    job_id: UUID
    attempt: int
    key: str
    data: str
    """JSON text."""


async def save_checkpoints(
    connection: AsyncConnection, worker_id: UUID, items: Sequence[Checkpoint]
) -> list[bool]:
    """Keep these values; False where the attempt is no longer this worker's.

    Of two values under one key of one job, the later stands.
    """
    values = {
        "worker_id": worker_id,
        "job_ids": [item.job_id for item in items],
        "attempts": [item.attempt for item in items],
        "keys": [item.key for item in items],
        "data": [item.data for item in items],
    }
    rows = await connection.execute(_SAVE, values)
    saved = {(row[0], row[1]) for row in rows}
    return [(item.job_id, item.attempt) in saved for item in items]


async def checkpoint(connection: AsyncConnection, job_id: UUID, key: str) -> str | None:
    """The JSON text kept under this key; None if nothing."""
    return await connection.scalar(_CHECKPOINT, {"job_id": job_id, "key": key})


async def checkpoint_sizes(connection: AsyncConnection, job_id: UUID) -> dict[str, int]:
    """How many bytes of JSON text are kept under each key."""
    rows = await connection.execute(_SIZES, {"job_id": job_id})
    return {row[0]: row[1] for row in rows}


async def checkpoints(connection: AsyncConnection, job_id: UUID) -> dict[str, str]:
    """Everything kept, by key, as JSON text."""
    rows = await connection.execute(_CHECKPOINTS, {"job_id": job_id})
    return {row[0]: row[1] for row in rows}


async def remember(connection: AsyncConnection, worker_id: UUID, item: Checkpoint) -> bool:
    """Keep a value for later jobs of the job's type; the last writer stands.

    False when the attempt is no longer this worker's.
    """
    values = {**item._asdict(), "worker_id": worker_id}
    return bool((await connection.execute(_REMEMBER, values)).rowcount)


async def recall(connection: AsyncConnection, job_type: str, key: str) -> str | None:
    """The JSON text that a job of this type last kept under this key; None if nothing."""
    return await connection.scalar(_RECALL, {"type": job_type, "key": key})


async def prune_memory(connection: AsyncConnection, *, days: float, limit: int) -> int:
    """Forget up to `limit` values that were last written more than `days` ago; how many."""
    return (await connection.execute(_FORGET, {"days": days, "limit": limit})).rowcount
