"""How fast jobs went lately, by type and queue: what an estimate of a start is made from."""

from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.states import FINAL, JobStatus
from taskforge.core.why import Pace, Paces
from taskforge.db.counts import MINUTES, RATE_MINUTES, THIS_MINUTE
from taskforge.db.story import listed

RUN_MINUTES: Final = 15
"""Minutes over which run times are averaged, the current one included."""

_RUNS = f"m.status IN {listed({*FINAL, JobStatus.RETRYING})} AND m.bucket >= 0"
"""Entries that tell how long an attempt ran."""
_STARTS = ", ".join(
    f"coalesce(sum(m.n) FILTER (WHERE m.status = 'running' AND m.minute = {THIS_MINUTE}"
    f" - interval '{back} minutes'), 0)::bigint"
    for back in range(1, RATE_MINUTES + 1)
)

_PACES = text(f"""
SELECT statement_timestamp() AS at, p.*
FROM (SELECT) AS always LEFT JOIN LATERAL (
    SELECT m.type, m.priority,
        ARRAY[{_STARTS}] AS starts,
        (coalesce(sum(m.n) FILTER (
            WHERE m.status = 'queued' AND m.minute < {THIS_MINUTE}
              AND m.minute >= {THIS_MINUTE} - interval '{RATE_MINUTES} minutes'), 0)
            / {RATE_MINUTES}.0)::float8 AS came_per_minute,
        coalesce(sum(m.n) FILTER (WHERE {_RUNS}), 0)::bigint AS runs,
        coalesce(sum(m.seconds) FILTER (WHERE {_RUNS}), 0)::float8 AS run_seconds
    FROM {MINUTES} AS m
    WHERE m.minute >= {THIS_MINUTE} - interval '{RUN_MINUTES} minutes'
    GROUP BY m.type, m.priority) AS p ON true
""")


async def paces(connection: AsyncConnection) -> Paces:
    """How the last minutes went, for every type and queue that had something to do."""
    rows = (await connection.execute(_PACES)).mappings().all()
    return Paces(
        at=rows[0]["at"],
        items=[
            Pace(**{name: row[name] for name in Pace.__struct_fields__})
            for row in rows
            if row["type"] is not None
        ],
    )
