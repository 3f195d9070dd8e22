"""What the gauges of the installation are read from; no table's size changes what it costs."""

from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.priority import BY_RANK, Priority
from taskforge.db.facts import SURVEYOR

COUNTED: Final = 10_000
"""As far as what waits for receivers is counted."""

# One row at a time belongs to one scheduler: who holds it, or comes after its lease has run out.
_HOLD = text("""
INSERT INTO facts AS f (key, value) VALUES (:key, to_jsonb(CAST(:owner AS text)))
ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value, at = clock_timestamp()
WHERE f.value = EXCLUDED.value OR f.at < clock_timestamp() - :seconds * interval '1 second'
RETURNING 1
""")
_LET_GO = text("DELETE FROM facts WHERE key = :key AND value = to_jsonb(CAST(:owner AS text))")

_BUSY = text("""
SELECT coalesce(sum(least(busy, slots)), 0)::integer AS busy,
       coalesce(sum(greatest(slots - busy, 0)), 0)::integer AS free
FROM (
    SELECT w.slots, (SELECT count(*) FROM jobs j
                     WHERE j.status = 'running' AND j.worker_id = w.id) AS busy
    FROM workers w
    WHERE w.status = 'online' AND w.beat_at >= clock_timestamp() - :late_seconds * interval '1 s'
) AS units
""")
_SILENCE = text("""
SELECT coalesce(greatest(max(extract(epoch FROM clock_timestamp() - beat_at)), 0), 0)::float8
FROM workers WHERE status <> 'offline'
""")
_RUNS = text("""
SELECT priority, type,
       greatest(extract(epoch FROM clock_timestamp() - min(started_at)), 0)::float8
FROM jobs WHERE status = 'running' GROUP BY priority, type
""")
_LIMITS = text("SELECT type, concurrency_limit FROM type_limits")
_OUTBOX = text(f"""
SELECT (SELECT count(*) FROM (
            SELECT FROM webhook_deliveries WHERE status = 'pending' LIMIT {COUNTED}) AS waiting),
       coalesce(greatest(extract(epoch FROM clock_timestamp() - (
            SELECT next_at FROM webhook_deliveries WHERE status = 'pending'
            ORDER BY next_at LIMIT 1)), 0), 0)::float8
""")
_RECEIVERS = text("""
SELECT count(*) FILTER (WHERE failures = 0 AND disabled_at IS NULL) AS healthy,
       count(*) FILTER (WHERE failures > 0 AND disabled_at IS NULL) AS failing,
       count(*) FILTER (WHERE disabled_at IS NOT NULL) AS disabled
FROM webhook_endpoints
""")


class Slots(NamedTuple):
    """Slots of the units online."""

    busy: int
    free: int


class Outbox(NamedTuple):
    """Webhook deliveries that have not ended."""

    pending: int
    """10,000 at most."""
    oldest_seconds: float
    """How long the most overdue one has been due; 0: none is."""


class Receivers(NamedTuple):
    """Receivers of webhooks."""

    healthy: int
    failing: int
    """Their last call failed."""
    disabled: int


async def hold(connection: AsyncConnection, owner: UUID, *, seconds: float) -> bool:
    """Become, or stay, the one who tells of the installation; whether it is so.

    Args:
        connection: in autocommit.
        owner: who asks.
        seconds: after which another may take over, unless it is asked again before.
    """
    values = {"key": SURVEYOR, "owner": str(owner), "seconds": seconds}
    return (await connection.execute(_HOLD, values)).first() is not None


async def let_go(connection: AsyncConnection, owner: UUID) -> None:
    """Let another take over at once."""
    await connection.execute(_LET_GO, {"key": SURVEYOR, "owner": str(owner)})


async def slots(connection: AsyncConnection, *, lease_seconds: float) -> Slots:
    """How busy the units are that beat in time."""
    values = {"late_seconds": lease_seconds * 2 / 3}
    return Slots(*(await connection.execute(_BUSY, values)).one())


async def silence(connection: AsyncConnection) -> float:
    """Seconds since the unit that has been silent longest was heard; 0 without units."""
    return float(await connection.scalar(_SILENCE) or 0)


async def longest_runs(connection: AsyncConnection) -> dict[tuple[Priority, str], float]:
    """For how many seconds the longest of the attempts going on has run, by queue and type."""
    rows = await connection.execute(_RUNS)
    return {(BY_RANK[rank], name): seconds for rank, name, seconds in rows}


async def type_limits(connection: AsyncConnection) -> dict[str, int]:
    """The limits of the types that have one."""
    return {row.type: row.concurrency_limit for row in await connection.execute(_LIMITS)}


async def outbox(connection: AsyncConnection) -> Outbox:
    """What receivers are still owed."""
    return Outbox(*(await connection.execute(_OUTBOX)).one())


async def receivers(connection: AsyncConnection) -> Receivers:
    """How receivers fare; the one count that grows with its table, which is small."""
    return Receivers(**(await connection.execute(_RECEIVERS)).mappings().one())
