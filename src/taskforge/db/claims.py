"""How a worker comes to own jobs, and stays their owner: claim, lease, progress (R-10 to R-16)."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.job import JobRow
from taskforge.core.priority import Priority
from taskforge.db.choice import CHOOSE, CHOOSE_SUSPECT
from taskforge.db.rows import ROW_COLUMNS, job_row
from taskforge.db.story import TAIL

MARGIN = 0.2
"""Part of a lease that is given up for safety before it ends, at most 2 s (R-15)."""


class Claimer(NamedTuple):
    """Who claims, and what it can run."""

    worker_id: UUID
    ranks: list[int]
    """Priorities of the queues it serves."""
    types: list[str]
    """Job types it knows; others stay queued for a unit that does (R-92)."""
    lease_seconds: float

    def sure_until(self, asked_at: float) -> float:
        """Until when a lease that was asked for then is certainly ours; monotonic (R-15)."""
        return asked_at + self.lease_seconds - min(self.lease_seconds * MARGIN, 2.0)


class Claimed(NamedTuple):
    """A job that is now ours."""

    row: JobRow
    payload: str
    """JSON text."""
    previous_error: str | None
    """JSON text of how the attempt before failed."""
    crashes: int
    traceparent: str | None
    """The span that submitted it, where that was traced."""
    more: bool
    """Whether its claim found more than limits let it take: another one may find a way."""


class Renewal(NamedTuple):
    """What a heartbeat learned of one job."""

    id: UUID
    attempt: int
    cancel_requested: bool


_CLAIMED = f"""{ROW_COLUMNS.replace("j.", "m.")}, d.payload #>> '{{}}' AS payload, m.crashes,
       d.traceparent,
       (SELECT r.error #>> '{{}}' FROM job_results r WHERE r.job_id = m.id AND m.attempt > 1)
           AS previous_error"""

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
SELECT {_CLAIMED}, (SELECT more FROM rest) AS more
FROM moved m JOIN job_details d ON d.job_id = m.id
ORDER BY m.priority, m.run_at, m.id
"""

_CLAIM = text(f"{CHOOSE}{_START}")
_CLAIM_SUSPECT = text(f"{CHOOSE_SUSPECT}{_START}")

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
SELECT {_CLAIMED}, false AS more
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
NOTHING_OWED: Final[Mapping[Priority, int]] = MappingProxyType({})


async def claim(
    connection: AsyncConnection,
    claimer: Claimer,
    ids: Sequence[UUID],
    *,
    free: int,
    rooms: Mapping[str, int] = NO_LIMITS,
    owed: Mapping[Priority, int] = NOTHING_OWED,
) -> list[Claimed]:
    """Take up to `free` jobs: those owed, those named, then the best due ones (R-10, R-11).

    Best is by priority, then by due time. Jobs that crashed twice are left to `claim_suspect`.
    Fleet-wide limits are kept whatever rivals do; those set while this waits are kept too.

    Args:
        connection: in autocommit.
        claimer: who takes them.
        ids: what hints name. Naming a job does not lift a limit.
        free: most jobs.
        rooms: most jobs of a type, for types that this unit limits; those beyond stay queued.
        owed: how many of the best due jobs of a queue come before everything else.
    """
    scarce = {name: rooms[name] for name in claimer.types if rooms.get(name, free) < free}
    values = {
        **claimer._asdict(),
        "ids": list(ids),
        "free": free,
        "scarce": list(scarce),
        "rooms": list(scarce.values()),
        "owing": [priority.rank for priority in owed],
        "owed": list(owed.values()),
    }
    rows = (await connection.execute(_CLAIM, values)).mappings()
    return [_claimed(row) for row in rows]


async def claim_suspect(connection: AsyncConnection, claimer: Claimer) -> Claimed | None:
    """Take one job that crashed twice; only a unit that runs nothing else may call this (R-30)."""
    values: dict[str, Any] = {**claimer._asdict(), "free": 1, "scarce": [], "rooms": []}
    row = (await connection.execute(_CLAIM_SUSPECT, values)).mappings().first()
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
    names = ("payload", "previous_error", "crashes", "traceparent", "more")
    return Claimed(job_row(row), *(row[name] for name in names))
