"""Fleet-wide limits: what they are set to, and what runs under them.

Every claim holds the lock shared while it goes on (`claim_rooms` of migration 0013). Who changes a
limit holds it alone: claims before have ended by then, and claims after see what was set.
"""

from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.db.counts import STANDING

_ALONE = text("SELECT lock_limits()")
_QUEUE_BEFORE = text("SELECT concurrency_limit FROM queues WHERE name = :name")
_SET_QUEUE = text("UPDATE queues SET concurrency_limit = :limit WHERE name = :name")
_TYPE_BEFORE = text("SELECT concurrency_limit FROM type_limits WHERE type = :type")
_SET_TYPE = text("""
INSERT INTO type_limits (type, concurrency_limit, set_by) VALUES (:type, :limit, :actor)
ON CONFLICT (type) DO UPDATE SET concurrency_limit = EXCLUDED.concurrency_limit,
    set_by = EXCLUDED.set_by, set_at = EXCLUDED.set_at
""")
_LIFT_TYPE = text("DELETE FROM type_limits WHERE type = :type")

_USES = text(f"""
WITH {STANDING},
busy AS (
    SELECT type, sum(n)::bigint AS running FROM standing WHERE status = 'running' GROUP BY type
)
SELECT type, concurrency_limit, coalesce(running, 0) FROM busy FULL JOIN type_limits USING (type)
""")


class TypeUse(NamedTuple):
    """A type in the fleet."""

    concurrency_limit: int | None
    running: int


NOT_USED = TypeUse(None, 0)


async def uses(connection: AsyncConnection) -> dict[str, TypeUse]:
    """Each type that has a limit or runs now; constant cost."""
    rows = await connection.execute(_USES)
    return {name: TypeUse(most, int(running)) for name, most, running in rows}


async def set_queue_limit(connection: AsyncConnection, name: str, most: int | None) -> int | None:
    """Set or lift (None) the limit of a queue, in a transaction; the one before.

    It holds for claims that begin after the commit. What runs beyond it runs on.
    """
    await connection.execute(_ALONE)
    before = await connection.scalar(_QUEUE_BEFORE, {"name": name})
    await connection.execute(_SET_QUEUE, {"name": name, "limit": most})
    return before


async def set_type_limit(
    connection: AsyncConnection, name: str, most: int | None, *, actor: str
) -> int | None:
    """The same for a type."""
    await connection.execute(_ALONE)
    before = await connection.scalar(_TYPE_BEFORE, {"type": name})
    if most is None:
        await connection.execute(_LIFT_TYPE, {"type": name})
    else:
        await connection.execute(_SET_TYPE, {"type": name, "limit": most, "actor": actor})
    return before
