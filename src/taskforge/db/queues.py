"""Pausing queues: each statement is one transaction's worth; all times are the database's own."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_STANDING = """
WITH standing AS MATERIALIZED (
    SELECT name, paused_at, paused_by, pause_reason, resume_at FROM queues
    WHERE {which} ORDER BY name FOR NO KEY UPDATE
)
UPDATE queues q SET {change} FROM standing s WHERE q.name = s.name
RETURNING q.name, clock_timestamp() AS at, s.paused_at, s.paused_by, s.pause_reason, s.resume_at
"""

_PAUSE = text(
    _STANDING.format(
        which="name = :name",
        change="""paused_at = COALESCE(q.paused_at, clock_timestamp()), paused_by = :actor,
    pause_reason = :reason, resume_at = CAST(:resume_at AS timestamptz)""",
    )
)

_NOTHING = "paused_at = NULL, paused_by = NULL, pause_reason = NULL, resume_at = NULL"
_RESUME = text(_STANDING.format(which="name = :name AND paused_at IS NOT NULL", change=_NOTHING))
_RESUME_DUE = text(_STANDING.format(which="resume_at <= clock_timestamp()", change=_NOTHING))


class Turned(NamedTuple):
    """A queue that was paused or resumed, and how it stood before."""

    name: str
    at: datetime
    paused_at: datetime | None
    paused_by: str | None
    pause_reason: str | None
    resume_at: datetime | None


async def pause(
    connection: AsyncConnection, name: str, *, actor: str, reason: str, resume_at: datetime | None
) -> Turned:
    """Pause a queue, or give its pause another reason and end.

    Claims that begin after the commit take nothing from it.
    """
    values = {"name": name, "actor": actor, "reason": reason, "resume_at": resume_at}
    return Turned(**(await connection.execute(_PAUSE, values)).mappings().one())


async def resume(connection: AsyncConnection, name: str) -> Turned | None:
    """Let a queue go on; None when it was not paused."""
    row = (await connection.execute(_RESUME, {"name": name})).mappings().first()
    return None if row is None else Turned(**row)


async def resume_due(connection: AsyncConnection) -> list[Turned]:
    """Let those go on whose pause has come to its end."""
    return [Turned(**row) for row in (await connection.execute(_RESUME_DUE)).mappings()]
