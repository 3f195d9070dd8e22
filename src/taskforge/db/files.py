"""Which files there are: artifacts of jobs, uploads of clients. Their bytes are in the store."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.files import MAX_ARTIFACTS, Upload
from taskforge.core.history import ArtifactRecord

_HOLD = text("""
SELECT 1 FROM jobs
WHERE id = :job_id AND status = 'running' AND worker_id = :worker_id AND attempt = :attempt
FOR KEY SHARE
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

_ARTIFACT = text("""
SELECT name, attempt, media_type, size_bytes, sha256, created_at FROM job_artifacts
WHERE job_id = :job_id AND name = :name
""")

_UPLOAD = text("""
SELECT id, filename, format, size_bytes, sha256, created_by, created_at, expires_at FROM uploads
WHERE id = :id AND expires_at > clock_timestamp()
""")


class Superseded(Exception):
    """The attempt is no longer this worker's."""


class TooMany(Exception):
    """The job has as many artifacts as it may have."""


async def add_artifact(
    connection: AsyncConnection,
    job_id: UUID,
    worker_id: UUID,
    record: ArtifactRecord,
) -> datetime:
    """List an artifact, in the place of one of the same name; when it came to be.

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
    return created_at


async def artifact(connection: AsyncConnection, job_id: UUID, name: str) -> ArtifactRecord | None:
    """One artifact; None when there is none of this name."""
    values = {"job_id": job_id, "name": name}
    row = (await connection.execute(_ARTIFACT, values)).mappings().first()
    return ArtifactRecord(**row) if row else None


async def upload(connection: AsyncConnection, upload_id: UUID) -> Upload | None:
    """An upload that is still kept; None otherwise."""
    row = (await connection.execute(_UPLOAD, {"id": upload_id})).mappings().first()
    return Upload(**row) if row else None
