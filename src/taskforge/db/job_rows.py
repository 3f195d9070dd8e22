"""Rows of jobs by their ids."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.job import JobRow
from taskforge.db.rows import ROW_COLUMNS, job_row

_GET = text(f"""
SELECT {ROW_COLUMNS} FROM jobs j JOIN job_details d ON d.job_id = j.id WHERE j.id = :id
""")
_GET_MANY = text(f"""
SELECT {ROW_COLUMNS} FROM jobs j JOIN job_details d ON d.job_id = j.id
WHERE j.id = ANY(CAST(:ids AS uuid[])) ORDER BY j.id
""")


async def get_row(connection: AsyncConnection, job_id: UUID) -> JobRow | None:
    """The row of a job; None when there is no such job."""
    row = (await connection.execute(_GET, {"id": job_id})).mappings().first()
    return job_row(row) if row else None


async def get_rows(connection: AsyncConnection, ids: Sequence[UUID]) -> list[JobRow]:
    """The rows of jobs in id order; those that do not exist are absent."""
    rows = await connection.execute(_GET_MANY, {"ids": list(ids)})
    return [job_row(row) for row in rows.mappings()]
