"""Another priority for waiting jobs: like a move (`moves.py`), of the queue and not the status."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.people import Principal
from taskforge.core.priority import BY_RANK, Priority
from taskforge.core.states import WAITING
from taskforge.db.audit import AUDIT_REPRIORITISED
from taskforge.db.moves import Moved, asked, move
from taskforge.db.reach import REACHED
from taskforge.db.story import REQUEUED, SHOW, TAIL, listed

_NAMES = f"(CAST(ARRAY{[str(it) for it in BY_RANK]} AS text[]))"
_REPRIORITISE = text(
    f"""
WITH picked AS MATERIALIZED (
    SELECT id, status AS left_status, priority AS left_priority FROM jobs
    WHERE id = ANY(CAST(:ids AS uuid[])) AND {REACHED} AND status IN {listed(WAITING)}
      AND priority <> :rank
      AND (CAST(:ranks AS smallint[]) IS NULL OR :rank = ANY(CAST(:ranks AS smallint[])))
    ORDER BY id FOR NO KEY UPDATE
),
moved AS (
    UPDATE jobs j SET priority = :rank, version = j.version + 1,
        hinted_at = CASE j.status WHEN 'queued' THEN clock_timestamp() ELSE j.hinted_at END,
        hint_count = 0
    FROM picked p WHERE j.id = p.id
    RETURNING j.*, clock_timestamp() AS at, p.left_status, p.left_priority,
        CAST(:actor AS text) AS actor,
        CAST(:origin AS jsonb) || jsonb_build_object(
            'priority', to_jsonb(ARRAY[{_NAMES}[p.left_priority + 1], {_NAMES}[j.priority + 1]])
        ) AS data,
        CAST(NULL AS float8) AS seconds
),
detailed AS (
    UPDATE job_details d SET priority = m.priority FROM moved m WHERE d.job_id = m.id
){AUDIT_REPRIORITISED}{REQUEUED}{TAIL}{SHOW}
"""
)


async def reprioritise(
    connection: AsyncConnection, ids: Sequence[UUID], priority: Priority, by: Principal
) -> list[Moved]:
    """Give waiting jobs another priority, which puts them into its queue; due times stay.

    Absent from the answer are jobs that run, have ended or have this priority already, and those
    that `by` does not reach: it has to reach the queue they leave and the one they enter. The
    caller hints those that are `queued`, for it is to the new queue that a hint has to go.
    """
    values = {**asked(ids, by, "job.reprioritised"), "rank": priority.rank}
    return await move(connection, _REPRIORITISE, values)
