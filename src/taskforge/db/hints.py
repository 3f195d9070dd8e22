"""Which queued jobs may have lost their hint (R-20 to R-22); age alone is never a reason.

Filling makes hints interchangeable: a unit with a free slot takes the best due job, whatever a
hint names (R-11). So one question covers deficit, overtaken and idle (R-21c to e): do due jobs of
a queue wait although units that serve it have free slots?
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.priority import BY_RANK, Priority
from taskforge.db.admission import type_room

SETTLED_SECONDS = 3
"""A younger hint may still be on its way."""

Due = tuple[Priority, UUID]


_FORGET = text("""
UPDATE jobs SET hinted_at = NULL WHERE id = ANY(ARRAY(
    SELECT id FROM jobs WHERE id = ANY(CAST(:ids AS uuid[])) AND status = 'queued'
    ORDER BY id FOR NO KEY UPDATE SKIP LOCKED))
""")

_QUEUED_AFTER = text("""
SELECT priority, id FROM jobs WHERE status = 'queued' AND id > :after ORDER BY id LIMIT :limit
""")

_STILL_QUEUED = text("""
SELECT priority, id FROM jobs
WHERE id = ANY(CAST(:ids AS uuid[])) AND status = 'queued' AND type = ANY(CAST(:types AS text[]))
ORDER BY priority, run_at, id
""")

_TAKE = """
UPDATE jobs SET hinted_at = clock_timestamp(), hint_count = LEAST(hint_count + 1, 1000)
WHERE id = ANY(ARRAY(
    SELECT j.id FROM jobs j WHERE j.status = 'queued' AND {lost}
    ORDER BY j.priority, j.run_at, j.id LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED))
RETURNING priority, id
"""

_UNHINTED = text(_TAKE.format(lost="j.hinted_at IS NULL"))

_OLDEST = text(
    _TAKE.format(
        # What waits for a place has lost no hint: who frees the place looks for the next job.
        lost=f"""j.priority = :rank AND {type_room()} AND j.hinted_at < clock_timestamp()
             - interval '{SETTLED_SECONDS} seconds' * power(2, LEAST(j.hint_count, 8))"""
    )
)

_FIRST = text(_TAKE.format(lost=f"j.priority = :rank AND {type_room()}"))
_FIRST_OF_TYPE = text(_TAKE.format(lost="j.priority = :rank AND j.type = :type AND j.crashes < 2"))

_FREE_SLOTS = text("""
SELECT q.priority, LEAST(
    GREATEST(COALESCE(sum(w.slots - w.busy), 0), 0),
    (SELECT l.room FROM limit_rooms() l WHERE l.priority = q.priority))
FROM queues q LEFT JOIN (
    SELECT w.queues, w.slots, (SELECT count(*) FROM jobs j
                               WHERE j.status = 'running' AND j.worker_id = w.id) AS busy
    FROM workers w WHERE w.status = 'online' AND w.wanted = 'run'
) AS w ON q.name = ANY(w.queues)
WHERE q.paused_at IS NULL
GROUP BY q.priority
""")


async def forget_hints(connection: AsyncConnection, ids: Sequence[UUID]) -> None:
    """Remember that the push for these jobs failed (R-20)."""
    await connection.execute(_FORGET, {"ids": list(ids)})


async def queued_after(connection: AsyncConnection, after: UUID, *, limit: int) -> list[Due]:
    """Queued jobs in id order, a page at a time: all of them need a hint after a loss (R-21b)."""
    rows = await connection.execute(_QUEUED_AFTER, {"after": after, "limit": limit})
    return [(BY_RANK[rank], job_id) for rank, job_id in rows]


async def still_queued(
    connection: AsyncConnection, ids: Sequence[UUID], types: Sequence[str]
) -> list[Due]:
    """Which of these jobs wait and are of these types, the best first."""
    rows = await connection.execute(_STILL_QUEUED, {"ids": list(ids), "types": list(types)})
    return [(BY_RANK[rank], job_id) for rank, job_id in rows]


async def take_unhinted(connection: AsyncConnection, *, limit: int) -> list[Due]:
    """Jobs whose push failed; they count as hinted from now on (R-21a)."""
    return await _take(connection, _UNHINTED, limit=limit)


async def take_oldest(connection: AsyncConnection, priority: Priority, *, limit: int) -> list[Due]:
    """The first jobs of a queue that have waited although slots are free.

    Each is hinted again after 3 s, 6 s, 12 s, … so that a job which no unit can take (its type is
    known to none) costs next to nothing.
    """
    return await _take(connection, _OLDEST, limit=limit, rank=priority.rank)


async def take_first(
    connection: AsyncConnection, priority: Priority, *, limit: int, type_: str | None = None
) -> list[Due]:
    """The first jobs of a queue, or those of a type in it, whose hints may be used up.

    For a queue that goes on after a pause, and for limits that rise.
    """
    if type_ is None:
        return await _take(connection, _FIRST, limit=limit, rank=priority.rank)
    return await _take(connection, _FIRST_OF_TYPE, limit=limit, rank=priority.rank, type=type_)


async def free_slots(connection: AsyncConnection) -> dict[Priority, int]:
    """Slots that could take a job of each queue at this moment; paused queues are left out.

    No more than a limit of the queue leaves.
    """
    rows = await connection.execute(_FREE_SLOTS)
    return {BY_RANK[rank]: int(free) for rank, free in rows}


async def _take(
    connection: AsyncConnection, statement: TextClause, **values: int | str
) -> list[Due]:
    rows = await connection.execute(statement, values)
    return [(BY_RANK[rank], job_id) for rank, job_id in rows]
