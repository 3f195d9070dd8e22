"""Single values that all processes share."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.db.engine import dump_json

EPOCH = "redis_epoch"
"""The life of the Redis data that queued jobs were hinted in (R-22)."""
ZONES = "zone_data"
"""Which rules of time zones the next moments of schedules were computed by (R-63)."""
STORE_OWNER = "store_owner"
"""What the file store of this database says whose it is."""
SURVEYOR = "surveyor"
"""Which scheduler tells how the installation stands."""

_GET = text("SELECT value FROM facts WHERE key = :key")
_SET_ONCE = text("""
INSERT INTO facts (key, value) VALUES (:key, CAST(:value AS jsonb)) ON CONFLICT (key) DO NOTHING
""")
_SET = text("""
INSERT INTO facts (key, value) VALUES (:key, CAST(:value AS jsonb))
ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value, at = clock_timestamp()
""")


async def get_fact(connection: AsyncConnection, key: str) -> Any:
    """The value; None when it was never set."""
    return await connection.scalar(_GET.columns(), {"key": key})


async def set_fact(connection: AsyncConnection, key: str, value: Any) -> None:
    """Set the value."""
    await connection.execute(_SET, {"key": key, "value": dump_json(value)})


async def set_fact_once(connection: AsyncConnection, key: str, value: Any) -> Any:
    """Set the value unless there is one; the value that there is now."""
    await connection.execute(_SET_ONCE, {"key": key, "value": dump_json(value)})
    return await get_fact(connection, key)
