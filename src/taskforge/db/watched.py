"""Reads for those who watch single jobs: how they stand, and the last change of some (R-71)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.job import JobRow
from taskforge.core.priority import BY_RANK, Priority
from taskforge.core.states import JobStatus
from taskforge.db.rows import ROW_COLUMNS, job_row

# OFFSET 0 keeps it one step in the primary key a job: a plain join of a thousand reads all of a
# table that is not large.
_MOVED_ON = text("""
SELECT known.id, j.version, j.type, j.priority, j.status
FROM unnest(CAST(:ids AS uuid[]), CAST(:versions AS integer[])) AS known (id, version)
LEFT JOIN LATERAL (
    SELECT version, type, priority, status FROM jobs WHERE id = known.id OFFSET 0
) AS j ON true
WHERE j.version IS DISTINCT FROM known.version
""")

_CHANGES = text(f"""
SELECT {ROW_COLUMNS}, e.at AS changed_at
FROM jobs j JOIN job_details d ON d.job_id = j.id
JOIN job_events e ON e.job_id = j.id AND e.version = j.version
WHERE j.id = ANY(CAST(:ids AS uuid[])) ORDER BY e.at, j.id
""")


class Standing(NamedTuple):
    """What must be known of a job to say that it has changed, or is gone."""

    version: int
    type: str
    priority: Priority
    status: JobStatus


async def moved_on(
    connection: AsyncConnection, known: Mapping[UUID, int]
) -> dict[UUID, Standing | None]:
    """Which jobs are not at the version that is known, and how they stand; None: there is no such.

    Reads the narrow table alone, and answers little where little has happened.
    """
    values = {"ids": list(known), "versions": list(known.values())}
    rows = await connection.execute(_MOVED_ON, values)
    return {
        id_: None if version is None else Standing(version, type_, BY_RANK[rank], JobStatus(status))
        for id_, version, type_, rank, status in rows
    }


async def last_changes(
    connection: AsyncConnection, ids: Sequence[UUID]
) -> list[tuple[JobRow, datetime]]:
    """The rows of jobs with the moment they came to be so, the oldest change first."""
    rows = await connection.execute(_CHANGES, {"ids": list(ids)})
    return [(job_row(row), row["changed_at"]) for row in rows.mappings()]
