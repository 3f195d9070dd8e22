"""The roster of worker units: for display, capacity and orders; recovery never asks it (R-34)."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.fleet import Wanted, WorkerFacts, WorkerStatus
from taskforge.db.engine import dump_json

KEPT_LEASES = 10
"""A unit that has been gone for so many leases is forgotten (R-34)."""


class Member(NamedTuple):
    """A worker unit."""

    id: UUID
    host: str
    pid: int
    version: str
    queues: list[str]
    types: list[str]
    slots: int


class Gone(NamedTuple):
    """A unit that fell silent."""

    id: UUID
    host: str
    pid: int
    at: datetime


class Standing(NamedTuple):
    """How a unit stood when an order came."""

    status: WorkerStatus
    """Never `late`: that is in the eye of who lists."""
    wanted: Wanted
    turned: bool
    """Whether the order changed what is wanted."""


# A unit that comes back after it was forgotten is still to do what it was ordered last.
_BEAT = text("""
INSERT INTO workers AS w (id, host, pid, version, queues, types, slots, status, wanted, facts)
VALUES (:id, :host, :pid, :version, :queues, :types, :slots, :status, :wanted,
        CAST(:facts AS jsonb))
ON CONFLICT (id) DO UPDATE SET beat_at = clock_timestamp(), status = EXCLUDED.status,
    facts = EXCLUDED.facts, stopped_at = NULL
RETURNING wanted
""")
_ORDER = text("""
WITH standing AS MATERIALIZED (
    SELECT id, status, wanted FROM workers WHERE id = :id FOR NO KEY UPDATE
),
turned AS (
    UPDATE workers w SET wanted = :wanted, wanted_by = :actor, wanted_at = clock_timestamp(),
        wanted_reason = :reason
    FROM standing s
    WHERE w.id = s.id AND s.status IN ('draining', 'online') AND s.wanted NOT IN ('stop', :wanted)
    RETURNING w.id
)
SELECT status, wanted, EXISTS (SELECT FROM turned) AS turned FROM standing
""")
_LEAVE = text("""
UPDATE workers SET status = 'offline', stopped_at = clock_timestamp() WHERE id = :id
""")
_MARK_SILENT = text("""
UPDATE workers SET status = 'offline', stopped_at = clock_timestamp()
WHERE id = ANY(ARRAY(
    SELECT id FROM workers
    WHERE status <> 'offline' AND beat_at < clock_timestamp() - :seconds * interval '1 second'
    ORDER BY id FOR NO KEY UPDATE SKIP LOCKED))
RETURNING id, host, pid, stopped_at
""")
_FORGET = text("""
DELETE FROM workers
WHERE status = 'offline' AND stopped_at < clock_timestamp() - :seconds * interval '1 second'
""")


async def beat(
    connection: AsyncConnection,
    member: Member,
    *,
    status: WorkerStatus,
    facts: WorkerFacts,
    wanted: Wanted = Wanted.RUN,
) -> Wanted:
    """Register a unit, or say that it still lives; what is wanted of it.

    Args:
        connection: the heartbeat's own.
        member: who.
        status: online, draining or stopping.
        facts: what else to show.
        wanted: the last that it knows of; counts only when the roster has forgotten the unit.
    """
    values = {"status": status, "wanted": wanted, "facts": dump_json(facts)}
    return Wanted((await connection.execute(_BEAT, {**member._asdict(), **values})).scalar_one())


async def order(
    connection: AsyncConnection, worker_id: UUID, wanted: Wanted, *, actor: str, reason: str | None
) -> Standing | None:
    """Order a unit that is at work to do something; None when there is no such unit.

    Nothing turns when it is offline, on its way out, or ordered to do just that already.
    """
    values = {"id": worker_id, "wanted": wanted, "actor": actor, "reason": reason}
    row = (await connection.execute(_ORDER, values)).first()
    return None if row is None else Standing(WorkerStatus(row[0]), Wanted(row[1]), row[2])


async def leave(connection: AsyncConnection, worker_id: UUID) -> None:
    """Say that a unit has stopped of its own accord."""
    await connection.execute(_LEAVE, {"id": worker_id})


async def mark_silent(connection: AsyncConnection, *, seconds: float) -> list[Gone]:
    """Mark units offline that have not beaten for `seconds`; which ones."""
    rows = await connection.execute(_MARK_SILENT, {"seconds": seconds})
    return [Gone(*row) for row in rows]


async def forget_gone(connection: AsyncConnection, *, seconds: float) -> int:
    """Forget units that went offline more than `seconds` ago; how many."""
    return (await connection.execute(_FORGET, {"seconds": seconds})).rowcount
