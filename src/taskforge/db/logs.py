"""Lines of job logs."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_INSERT = text("""
INSERT INTO job_logs (job_id, seq, attempt, at, level, message, fields)
SELECT l.job_id, l.seq, l.attempt, l.at, l.level, l.message, CAST(l.fields AS jsonb)
FROM unnest(
    CAST(:job_ids AS uuid[]), CAST(:seqs AS bigint[]), CAST(:attempts AS integer[]),
    CAST(:ats AS timestamptz[]), CAST(:levels AS text[]), CAST(:messages AS text[]),
    CAST(:fields AS text[])
) AS l(job_id, seq, attempt, at, level, message, fields)
ON CONFLICT DO NOTHING
""")


class Line(NamedTuple):
    """A log line as stored."""

    job_id: UUID
    seq: int
    attempt: int
    at: datetime
    level: str
    message: str
    fields: str | None
    """JSON text."""


async def insert_lines(connection: AsyncConnection, lines: Sequence[Line]) -> None:
    """Append lines; one that is there already is left as it is."""
    names = ("job_ids", "seqs", "attempts", "ats", "levels", "messages", "fields")
    columns = zip(*lines, strict=True)
    await connection.execute(_INSERT, dict(zip(names, map(list, columns), strict=True)))
