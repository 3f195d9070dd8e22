"""How a worker comes to own jobs, and stays their owner: claim, lease, progress (R-10 to R-16)."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.job import JobRow
from taskforge.db.rows import ROW_COLUMNS, job_row
from taskforge.db.story import TAIL


class Claimer(NamedTuple):
    """Who claims, and what it can run."""

    worker_id: UUID
    ranks: list[int]
    """Priorities of the queues it serves."""
    types: list[str]
    """Job types it knows; others stay queued for a unit that does (R-92)."""
    lease_seconds: float


class Claimed(NamedTuple):
    """A job that is now ours."""

    row: JobRow
    payload: str
    """JSON text."""
    previous_error: str | None
    """JSON text of how the attempt before failed."""
    crashes: int


class Renewal(NamedTuple):
    """What a heartbeat learned of one job."""

    id: UUID
    attempt: int
    cancel_requested: bool


_MAY_ANY = """
    status = 'queued' AND {crashes}
    AND priority = ANY (ARRAY(
        SELECT q.priority FROM queues q
        WHERE q.priority = ANY(CAST(:ranks AS smallint[])) AND q.paused_at IS NULL))
"""
_MAY = f"{_MAY_ANY} AND type = ANY(CAST(:types AS text[]))"
"""The conditions of a claim; a paused queue or an unknown type is decided here (DESIGN §2.3)."""

_START = f""",
moved AS (
    UPDATE jobs j SET
        status = 'running', attempt = j.attempt + 1, version = j.version + 1,
        worker_id = :worker_id, started_at = clock_timestamp(), progress = NULL,
        error_class = NULL,
        lease_expires_at = clock_timestamp() + :lease_seconds * interval '1 second'
    FROM picked p WHERE j.id = p.id
    RETURNING j.*, j.started_at AS at, CAST('queued' AS text) AS left_status,
        'worker:' || CAST(:worker_id AS uuid) AS actor, CAST(NULL AS jsonb) AS data,
        GREATEST(EXTRACT(EPOCH FROM j.started_at - j.run_at), 0) AS seconds
){TAIL}
SELECT {ROW_COLUMNS.replace("j.", "m.")}, d.payload #>> '{{}}' AS payload, m.crashes,
       (SELECT r.error #>> '{{}}' FROM job_results r WHERE r.job_id = m.id AND m.attempt > 1)
           AS previous_error
FROM moved m JOIN job_details d ON d.job_id = m.id
ORDER BY m.priority, m.run_at, m.id
"""

_NAMED = f"""
WITH named AS MATERIALIZED (
    SELECT id FROM jobs
    WHERE id = ANY(CAST(:ids AS uuid[])) AND {_MAY.format(crashes="crashes < 2")}
    ORDER BY priority, run_at, id LIMIT :free FOR NO KEY UPDATE SKIP LOCKED
),
filled AS MATERIALIZED (
    SELECT id, priority, run_at FROM jobs WHERE {_MAY.format(crashes="crashes < 2")}
      AND id <> ALL(CAST(:ids AS uuid[]))
    ORDER BY priority, run_at, id
    LIMIT GREATEST(:free - (SELECT count(*) FROM named), 0) FOR NO KEY UPDATE SKIP LOCKED
)"""

_CLAIM = text(
    f"""{_NAMED},
picked AS (SELECT id FROM named UNION ALL SELECT id FROM filled){_START}"""
)

_EARLIER = f"""SELECT * FROM (
                SELECT id, priority, run_at FROM jobs
                WHERE {_MAY_ANY.format(crashes="crashes < 2")} AND type = l.type AND {{}}
                ORDER BY priority, run_at, id LIMIT LEAST(l.room, (SELECT n FROM room))
                FOR NO KEY UPDATE SKIP LOCKED) AS e"""
_AS_URGENT = """priority = (SELECT priority FROM bound)
                  AND run_at <= (SELECT run_at FROM bound)"""

_CLAIM_SCARCE = text(
    f"""{_NAMED},
room AS MATERIALIZED (SELECT GREATEST(:free - count(*), 0) AS n FROM named),
bound AS MATERIALIZED (
    -- What comes after the last of a full filling need not be looked at: however many jobs wait,
    -- the look for scarce types ends there.
    SELECT priority, run_at FROM (
        (SELECT priority, run_at FROM filled ORDER BY priority, run_at
         OFFSET GREATEST((SELECT n FROM room) - 1, 0) LIMIT 1)
        UNION ALL SELECT 4, NULL
    ) AS ends ORDER BY priority LIMIT 1
),
scarce AS MATERIALIZED (
    SELECT s.* FROM unnest(CAST(:scarce AS text[]), CAST(:rooms AS integer[])) AS l(type, room)
    CROSS JOIN LATERAL (
        SELECT * FROM (
            {_EARLIER.format("priority < (SELECT priority FROM bound)")} UNION ALL
            {_EARLIER.format(_AS_URGENT)}
        ) AS found ORDER BY priority, run_at, id LIMIT l.room) AS s
),
best AS (
    SELECT id FROM (SELECT * FROM filled UNION ALL SELECT * FROM scarce) AS due
    ORDER BY priority, run_at, id LIMIT (SELECT n FROM room)
),
picked AS (SELECT id FROM named UNION ALL SELECT id FROM best){_START}"""
)
"""As `_CLAIM`, with types of which fewer may be taken than slots are free.

They are found by filling alone, so that one rule bounds them: naming one has no effect.
"""

_CLAIM_SUSPECT = text(
    f"""
WITH picked AS MATERIALIZED (
    SELECT id FROM jobs WHERE {_MAY.format(crashes="crashes >= 2")}
    ORDER BY priority, run_at, id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
){_START}"""
)

_ADOPT = text(f"""
WITH strays AS MATERIALIZED (
    SELECT j.id FROM jobs j
    WHERE j.status = 'running' AND j.worker_id = :worker_id AND NOT EXISTS (
        SELECT FROM unnest(CAST(:ids AS uuid[]), CAST(:attempts AS integer[])) AS h(id, attempt)
        WHERE h.id = j.id AND h.attempt = j.attempt)
    ORDER BY j.id FOR NO KEY UPDATE OF j SKIP LOCKED
),
held AS (
    UPDATE jobs j SET lease_expires_at = clock_timestamp() + :lease_seconds * interval '1 second'
    FROM strays WHERE j.id = strays.id RETURNING j.*
)
SELECT {ROW_COLUMNS.replace("j.", "m.")}, d.payload #>> '{{}}' AS payload, m.crashes,
       (SELECT r.error #>> '{{}}' FROM job_results r WHERE r.job_id = m.id AND m.attempt > 1)
           AS previous_error
FROM held m JOIN job_details d ON d.job_id = m.id ORDER BY m.id
""")

_RENEW = text("""
WITH held AS MATERIALIZED (
    SELECT j.id FROM jobs j
    JOIN unnest(CAST(:ids AS uuid[]), CAST(:attempts AS integer[])) AS h(id, attempt)
      ON h.id = j.id AND h.attempt = j.attempt
    WHERE j.status = 'running' AND j.worker_id = :worker_id
    ORDER BY j.id FOR NO KEY UPDATE OF j SKIP LOCKED
)
UPDATE jobs j SET lease_expires_at = clock_timestamp() + :lease_seconds * interval '1 second'
FROM held WHERE j.id = held.id
RETURNING j.id, j.attempt, j.cancel_requested_at IS NOT NULL
""")

_STILL_MINE = text("""
SELECT j.id, j.attempt, j.cancel_requested_at IS NOT NULL FROM jobs j
WHERE j.id = ANY(CAST(:ids AS uuid[])) AND j.status = 'running' AND j.worker_id = :worker_id
""")

_SAVE_PROGRESS = text("""
WITH picked AS MATERIALIZED (
    SELECT j.id, p.progress FROM jobs j
    JOIN unnest(CAST(:ids AS uuid[]), CAST(:attempts AS integer[]), CAST(:progresses AS text[]))
      AS p(id, attempt, progress) ON p.id = j.id AND p.attempt = j.attempt
    WHERE j.status = 'running' AND j.worker_id = :worker_id
    ORDER BY j.id FOR NO KEY UPDATE OF j SKIP LOCKED
)
UPDATE jobs j SET progress = CAST(picked.progress AS jsonb) FROM picked WHERE j.id = picked.id
""")


_ANY_SUSPECTS = text("SELECT EXISTS (SELECT FROM jobs WHERE status = 'queued' AND crashes >= 2)")


NO_LIMITS: Final[Mapping[str, int]] = MappingProxyType({})


async def claim(
    connection: AsyncConnection,
    claimer: Claimer,
    ids: Sequence[UUID],
    *,
    free: int,
    rooms: Mapping[str, int] = NO_LIMITS,
) -> list[Claimed]:
    """Take up to `free` jobs: first those named, then the best due ones (R-10, R-11).

    Best is by priority, then by due time. Jobs that crashed twice are left to `claim_suspect`.

    Args:
        connection: in autocommit.
        claimer: who takes them.
        ids: what hints name.
        free: most jobs.
        rooms: most jobs of a type, for types that are limited; those beyond it stay queued.
    """
    scarce = {name: rooms[name] for name in claimer.types if 0 < rooms.get(name, free) < free}
    values = {
        **claimer._asdict(),
        "ids": list(ids),
        "free": free,
        "types": [name for name in claimer.types if rooms.get(name, free) >= free],
    }
    if scarce:
        values |= {"scarce": list(scarce), "rooms": list(scarce.values())}
    statement = _CLAIM_SCARCE if scarce else _CLAIM
    rows = (await connection.execute(statement, values)).mappings()
    return [_claimed(row) for row in rows]


async def claim_suspect(connection: AsyncConnection, claimer: Claimer) -> Claimed | None:
    """Take one job that crashed twice; only a unit that runs nothing else may call this (R-30)."""
    row = (await connection.execute(_CLAIM_SUSPECT, claimer._asdict())).mappings().first()
    return _claimed(row) if row else None


async def adopt(
    connection: AsyncConnection, claimer: Claimer, held: Sequence[tuple[UUID, int]]
) -> list[Claimed]:
    """Running jobs of this worker that it does not know of: the answer to their claim was lost.

    Args:
        connection: in autocommit.
        claimer: no claim of its own is under way.
        held: the attempts (id, attempt) that it does know of.
    """
    rows = await connection.execute(_ADOPT, _holding(claimer, held))
    return [_claimed(row) for row in rows.mappings()]


async def renew(
    connection: AsyncConnection, claimer: Claimer, held: Sequence[tuple[UUID, int]]
) -> list[Renewal]:
    """Extend the leases of running jobs (id, attempt), all in one statement (R-13, R-14).

    A job that is missing from the answer may only have been locked for a moment; `still_mine`
    tells which are lost.
    """
    return [Renewal(*row) for row in await connection.execute(_RENEW, _holding(claimer, held))]


async def still_mine(
    connection: AsyncConnection, claimer: Claimer, ids: Sequence[UUID]
) -> list[Renewal]:
    """Which of these jobs this worker still holds; reads without locking."""
    values = {"ids": list(ids), "worker_id": claimer.worker_id}
    return [Renewal(*row) for row in await connection.execute(_STILL_MINE, values)]


async def save_progress(
    connection: AsyncConnection, worker_id: UUID, latest: Sequence[tuple[UUID, int, str]]
) -> None:
    """Keep the latest progress (id, attempt, JSON text) of jobs that are still this worker's."""
    ids, attempts, progresses = map(list, zip(*latest, strict=True))
    await connection.execute(
        _SAVE_PROGRESS,
        {"ids": ids, "attempts": attempts, "progresses": progresses, "worker_id": worker_id},
    )


async def any_suspects(connection: AsyncConnection) -> bool:
    """Whether a job that crashed twice is waiting."""
    return bool(await connection.scalar(_ANY_SUSPECTS))


def _holding(claimer: Claimer, held: Sequence[tuple[UUID, int]]) -> dict[str, Any]:
    return {
        "ids": [id_ for id_, _ in held],
        "attempts": [attempt for _, attempt in held],
        "worker_id": claimer.worker_id,
        "lease_seconds": claimer.lease_seconds,
    }


def _claimed(row: RowMapping) -> Claimed:
    return Claimed(job_row(row), row["payload"], row["previous_error"], row["crashes"])
