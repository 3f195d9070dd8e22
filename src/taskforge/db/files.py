"""Which files there are: artifacts of jobs, uploads of clients. Their bytes are in the store."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.files import MAX_ARTIFACTS
from taskforge.core.history import ArtifactRecord

_HOLD = text("""
SELECT 1 FROM jobs
WHERE id = :job_id AND status = 'running' AND worker_id = :worker_id AND attempt = :attempt
FOR NO KEY UPDATE
""")
"""Nobody moves the job before the transaction ends, and two artifacts of it are counted in turn."""

_ARTIFACT = text("""
SELECT name, attempt, media_type, size_bytes, sha256, created_at FROM job_artifacts
WHERE job_id = :job_id AND name = :name
""")

_ADD = text(f"""
INSERT INTO job_artifacts (job_id, name, attempt, media_type, size_bytes, sha256)
SELECT :job_id, :name, :attempt, :media_type, :size_bytes, :sha256
WHERE (SELECT count(*) FROM job_artifacts WHERE job_id = :job_id AND name <> :name)
      < {MAX_ARTIFACTS}
ON CONFLICT (job_id, name) DO UPDATE SET
    attempt = excluded.attempt, media_type = excluded.media_type,
    size_bytes = excluded.size_bytes, sha256 = excluded.sha256, created_at = clock_timestamp()
RETURNING created_at
""")

_LISTED = text("""
SELECT job_id, name, attempt, media_type, size_bytes, sha256, created_at FROM job_artifacts
WHERE job_id = ANY(CAST(:job_ids AS uuid[]))
""")

_KNOWN_JOBS = text("SELECT id FROM jobs WHERE id = ANY(CAST(:ids AS uuid[]))")


class Superseded(Exception):
    """The attempt is no longer this worker's."""


class TooMany(Exception):
    """The job has as many artifacts as it may have."""


class Added(NamedTuple):
    """What came of adding an artifact."""

    created_at: datetime
    replaced: ArtifactRecord | None
    """What was listed under its name before."""


async def add_artifact(
    connection: AsyncConnection, job_id: UUID, worker_id: UUID, record: ArtifactRecord
) -> Added:
    """List an artifact, in the place of one of the same name.

    Args:
        connection: in a transaction.
        job_id: its job.
        worker_id: who runs it.
        record: its `attempt` is the fence; its `created_at` is not read.

    Raises:
        Superseded: the attempt is no longer this worker's.
        TooMany: the job has 50 others.
    """
    fence = {"job_id": job_id, "worker_id": worker_id, "attempt": record.attempt}
    if await connection.scalar(_HOLD, fence) is None:
        raise Superseded
    replaced = await artifact(connection, job_id, record.name)
    values = {
        "job_id": job_id,
        "name": record.name,
        "attempt": record.attempt,
        "media_type": record.media_type,
        "size_bytes": record.size_bytes,
        "sha256": record.sha256,
    }
    created_at = await connection.scalar(_ADD, values)
    if created_at is None:
        raise TooMany
    return Added(created_at, replaced)


async def artifact(connection: AsyncConnection, job_id: UUID, name: str) -> ArtifactRecord | None:
    """One artifact; None when there is none of this name."""
    values = {"job_id": job_id, "name": name}
    row = (await connection.execute(_ARTIFACT, values)).mappings().first()
    return ArtifactRecord(**row) if row else None


async def artifacts_of(
    connection: AsyncConnection, job_ids: Sequence[UUID]
) -> dict[UUID, list[ArtifactRecord]]:
    """What is listed of those of these jobs that there are; jobs that are gone are absent."""
    known = await connection.scalars(_KNOWN_JOBS, {"ids": list(job_ids)})
    found: dict[UUID, list[ArtifactRecord]] = {job_id: [] for job_id in known}
    rows = await connection.execute(_LISTED, {"job_ids": list(found)})
    for row in rows.mappings():
        fields = dict(row)
        found[fields.pop("job_id")].append(ArtifactRecord(**fields))
    return found
