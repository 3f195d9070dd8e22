"""The roster of worker units: for display and capacity only; recovery never asks it (R-34)."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

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


_BEAT = text("""
INSERT INTO workers AS w (id, host, pid, version, queues, types, slots, status, facts)
VALUES (:id, :host, :pid, :version, :queues, :types, :slots, :status, CAST(:facts AS jsonb))
ON CONFLICT (id) DO UPDATE SET beat_at = clock_timestamp(), status = EXCLUDED.status,
    facts = EXCLUDED.facts, stopped_at = NULL
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
    connection: AsyncConnection, member: Member, *, status: str, facts: dict[str, Any]
) -> None:
    """Register a unit, or say that it still lives.

    Args:
        connection: the heartbeat's own.
        member: who.
        status: `online` or `draining`.
        facts: what else to show: memory, loop lag.
    """
    await connection.execute(
        _BEAT, {**member._asdict(), "status": status, "facts": dump_json(facts)}
    )


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
