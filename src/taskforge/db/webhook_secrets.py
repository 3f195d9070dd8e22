"""Signing secrets of accounts, sealed; at most two are live (S-31)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.ids import new_id

_LIVE = text("""
SELECT sealed, created_at, expires_at FROM webhook_secrets
WHERE user_id = :user_id AND (expires_at IS NULL OR expires_at > clock_timestamp())
ORDER BY created_at DESC, id DESC LIMIT 2
""")

_ROTATE = text("""
WITH live AS (
    SELECT id, row_number() OVER (ORDER BY created_at DESC, id DESC) AS nth FROM webhook_secrets
    WHERE user_id = :user_id AND (expires_at IS NULL OR expires_at > clock_timestamp())
),
aged AS (
    UPDATE webhook_secrets s SET expires_at = LEAST(
        COALESCE(s.expires_at, 'infinity'),
        clock_timestamp()
        + CASE WHEN live.nth = 1 THEN :overlap * interval '1 second' ELSE interval '0' END)
    FROM live WHERE s.id = live.id RETURNING live.nth, s.expires_at
),
made AS (
    INSERT INTO webhook_secrets (id, user_id, sealed)
    SELECT :id, id, :sealed FROM users WHERE id = :user_id
    RETURNING created_at
)
SELECT made.created_at, (SELECT expires_at FROM aged WHERE nth = 1) FROM made
""")

_END_OLDER = text("""
UPDATE webhook_secrets SET expires_at = clock_timestamp()
WHERE user_id = :user_id AND expires_at > clock_timestamp()
""")

_LOCK = text("SELECT 1 FROM users WHERE id = :user_id FOR UPDATE")

_PRUNE = text("DELETE FROM webhook_secrets WHERE expires_at < clock_timestamp()")


async def live_secrets(connection: AsyncConnection, user_id: UUID) -> list[str]:
    """The sealed secrets that sign now, newest first; none, one or two."""
    return [row[0] for row in await connection.execute(_LIVE, {"user_id": user_id})]


async def secret_times(
    connection: AsyncConnection, user_id: UUID
) -> list[tuple[datetime, datetime | None]]:
    """When each live secret was made and ends, newest first; none, one or two."""
    rows = await connection.execute(_LIVE, {"user_id": user_id})
    return [(row.created_at, row.expires_at) for row in rows]


async def end_older(connection: AsyncConnection, user_id: UUID) -> int:
    """End what signs beside the newest secret, which alone has no end; how many."""
    return (await connection.execute(_END_OLDER, {"user_id": user_id})).rowcount


async def rotate(
    connection: AsyncConnection, user_id: UUID, sealed: str, *, overlap: float
) -> tuple[datetime, datetime | None]:
    """Add a secret; the one before it signs for `overlap` seconds more, older ones no more.

    Args:
        connection: in a transaction.
        user_id: an account that exists.
        sealed: the new secret.
        overlap: seconds.

    Returns:
        When it was made, and when the one before it ends.
    """
    await connection.execute(_LOCK, {"user_id": user_id})  # of two at once, one is the newer
    values = {"id": new_id(), "user_id": user_id, "sealed": sealed, "overlap": overlap}
    row = (await connection.execute(_ROTATE, values)).one()
    return row[0], row[1]


async def prune_secrets(connection: AsyncConnection) -> int:
    """Delete secrets that sign no more; how many."""
    return (await connection.execute(_PRUNE)).rowcount
