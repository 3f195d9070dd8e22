"""Which uploads there are; their bytes are in the store."""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.files import KEPT_HOURS, MAX_KEPT_BYTES, Upload

_COLUMNS = "id, filename, format, size_bytes, sha256, created_by, created_at, expires_at"

_IN_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")
"""Two uploads of one account are counted one after the other."""

_KEPT = text("""
SELECT coalesce(sum(size_bytes), 0) FROM uploads
WHERE created_by = :user_id AND expires_at > clock_timestamp()
""")

_ADD = text(f"""
INSERT INTO uploads (id, created_by, expires_at, filename, format, size_bytes, sha256)
VALUES (:id, :created_by, clock_timestamp() + interval '{KEPT_HOURS} hours',
        :filename, :format, :size_bytes, :sha256)
RETURNING {_COLUMNS}
""")

_UPLOAD = text(f"""
SELECT {_COLUMNS} FROM uploads WHERE id = :id AND expires_at > clock_timestamp()
""")

_LIST = text(f"""
SELECT {_COLUMNS} FROM uploads
WHERE created_by = :user_id AND id < :before AND expires_at > clock_timestamp()
ORDER BY id DESC LIMIT :limit
""")

_DELETE = text("DELETE FROM uploads WHERE id = :id")

_PRUNE = text("""
DELETE FROM uploads WHERE id = ANY(ARRAY(
    SELECT id FROM uploads WHERE expires_at < statement_timestamp()
    LIMIT :limit FOR UPDATE SKIP LOCKED))
RETURNING id
""")

_KNOWN = text("SELECT id FROM uploads WHERE id = ANY(CAST(:ids AS uuid[]))")

NEWEST = UUID(int=(1 << 128) - 1)


class NewUpload(NamedTuple):
    """A file that has arrived whole."""

    id: UUID
    created_by: UUID
    filename: str
    format: str
    size_bytes: int
    sha256: str


async def kept_bytes(connection: AsyncConnection, user_id: UUID) -> int:
    """How much is kept for an account."""
    return int(await connection.scalar(_KEPT, {"user_id": user_id}) or 0)


async def add_upload(connection: AsyncConnection, new: NewUpload) -> Upload | None:
    """List an upload; None when the account would have more than it may.

    Args:
        connection: in a transaction.
        new: its file is in the store already.
    """
    await connection.execute(_IN_TURN, {"key": f"uploads:{new.created_by}"})
    if await kept_bytes(connection, new.created_by) + new.size_bytes > MAX_KEPT_BYTES:
        return None
    row = (await connection.execute(_ADD, new._asdict())).mappings().one()
    return Upload(**row)


async def upload(connection: AsyncConnection, upload_id: UUID) -> Upload | None:
    """An upload that is still kept; None otherwise."""
    row = (await connection.execute(_UPLOAD, {"id": upload_id})).mappings().first()
    return Upload(**row) if row else None


async def list_uploads(
    connection: AsyncConnection, user_id: UUID, *, before: UUID = NEWEST, limit: int
) -> list[Upload]:
    """What is kept of an account, newest first.

    Args:
        connection: any.
        user_id: whose.
        before: id of the last one seen.
        limit: most of them.
    """
    values = {"user_id": user_id, "before": before, "limit": limit}
    return [Upload(**row) for row in (await connection.execute(_LIST, values)).mappings()]


async def delete_upload(connection: AsyncConnection, upload_id: UUID) -> bool:
    """Forget an upload; False when there is none."""
    return bool((await connection.execute(_DELETE, {"id": upload_id})).rowcount)


async def prune_uploads(connection: AsyncConnection, *, limit: int) -> list[UUID]:
    """Forget up to `limit` uploads whose time is over; which."""
    return list(await connection.scalars(_PRUNE, {"limit": limit}))


async def known_uploads(connection: AsyncConnection, ids: list[UUID]) -> set[UUID]:
    """Those of these ids that are uploads, also when their time is over."""
    return set(await connection.scalars(_KNOWN, {"ids": ids}))
