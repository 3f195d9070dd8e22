"""Sketches of payloads (`core.sketch`), drawn behind the submissions.

An index of payloads in the table itself would cost a third of all submissions (measured with GIN:
7,200 jobs a second without it, 4,700 with). Payloads never change, so the scheduler draws sketches
a little later, oldest first: those of `CHUNK` jobs in a row cost one small row. What is not drawn
yet is the newest, and is looked at directly.
"""

import asyncio
from collections.abc import Sequence, Set
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.ids import floor_id
from taskforge.core.sketch import BITS, HASHES, MAX_VALUES, draw, positions, values_in

CHUNK: Final = 64
"""Jobs of a sketch, when they have few different values."""
BATCH: Final = 16 * CHUNK
"""Jobs that one pass reads."""
SETTLED: Final = timedelta(seconds=20)
"""Ids that are older than this are all committed: longer than a statement or a clock may be off."""

LARGE: Final = 32_768
"""Bytes of a payload that is not read: its sketch says yes to everything."""

_LOCK: Final = 0x5E7C4
_BEGIN = text(f"""
SELECT clock_timestamp() AS now,
       COALESCE((SELECT last_id FROM job_sketches ORDER BY last_id DESC LIMIT 1),
                '{UUID(int=0)}') AS drawn
WHERE pg_try_advisory_xact_lock({_LOCK})
""")
_READ = text(f"""
SELECT job_id, CASE WHEN octet_length(payload::text) <= {LARGE} THEN payload::text END AS payload
FROM job_details
WHERE job_id > :drawn AND job_id < :settled ORDER BY job_id LIMIT :limit
""")
_WRITE = text("""
INSERT INTO job_sketches (last_id, first_id, bits)
SELECT * FROM unnest(
    CAST(:lasts AS uuid[]), CAST(:firsts AS uuid[]), CAST(:bits AS bytea[]))
""")
_PRUNE = text("""
DELETE FROM job_sketches WHERE last_id < (SELECT id FROM jobs ORDER BY id LIMIT 1)
""")

DRAWN_SQL: Final = f"""
COALESCE((SELECT last_id FROM job_sketches ORDER BY last_id DESC LIMIT 1),
         CAST('{UUID(int=0)}' AS uuid))
""".strip()
"""The last id that a sketch covers."""


async def sketch(connection: AsyncConnection) -> int:
    """Draw sketches of the oldest jobs without one, as far as they fill some; of how many jobs.

    Args:
        connection: in a transaction. One draws at a time; a rival is answered with 0.
    """
    begin = (await connection.execute(_BEGIN)).one_or_none()
    if begin is None:
        return 0
    settled = floor_id(int((begin.now - SETTLED).timestamp() * 1_000))
    values = {"drawn": begin.drawn, "settled": settled, "limit": BATCH}
    rows = (await connection.execute(_READ, values)).all()
    chunks = await asyncio.to_thread(_chunks, [(row.job_id, row.payload) for row in rows])
    if not chunks:
        return 0
    lasts, firsts, bits, jobs = zip(*chunks, strict=True)
    drawn = {"lasts": list(lasts), "firsts": list(firsts), "bits": list(bits)}
    await connection.execute(_WRITE, drawn)
    return sum(jobs)


async def prune_sketches(connection: AsyncConnection) -> int:
    """Delete those of jobs that are all gone; how many."""
    return (await connection.execute(_PRUNE)).rowcount


def may_have(values: Sequence[int], name: str) -> tuple[str, dict[str, Any]]:
    """Whether a sketch `k` may have one of these values, in SQL, and its parameter.

    Args:
        values: of `core.sketch.value_of`.
        name: of the parameter.
    """
    wanted = [position for value in values for position in positions(value)]
    one_of = [
        " AND ".join(
            f"get_bit(k.bits, (CAST(:{name} AS integer[]))[{n}] % (8 * length(k.bits))) = 1"
            for n in range(begin, begin + HASHES)
        )
        for begin in range(1, len(wanted) + 1, HASHES)
    ]
    return "(" + " OR ".join(one_of) + ")", {name: wanted}


def _chunks(jobs: list[tuple[UUID, str | None]]) -> list[tuple[UUID, UUID, bytes, int]]:
    """Those that are full: last and first id, the sketch, and of how many jobs it is."""
    found: list[tuple[UUID, UUID, bytes, int]] = []
    begin = 0
    held: set[int] = set()
    for n, (_, payload) in enumerate(jobs):
        values = _ANYTHING if payload is None else values_in(payload)
        if n > begin and (n - begin == CHUNK or len(held | values) > MAX_VALUES):
            found.append((jobs[n - 1][0], jobs[begin][0], _drawn(held), n - begin))
            begin = n
            held = set()
        held |= values
    return found


_ANYTHING: Final = frozenset(range(MAX_VALUES + 1))
"""Stands for the values of a large payload."""


def _drawn(values: Set[int]) -> bytes:
    return b"\xff" * (BITS // 8) if values >= _ANYTHING else draw(values)
