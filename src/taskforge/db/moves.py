"""Every move of `core/states.py` but the claim (`claims.py`), each as one statement.

With `birth.py` and `claims.py` this is all that ever writes `jobs.status`; a rule test says so.

Every statement is set-based and has the same shape: *picked* locks the rows that may move, in id
order or skipping what others hold; *moved* updates them; the tail tells the story (`job_events`)
and keeps the counters (`job_deltas`). What did not qualify is simply absent from the answer: that
is how a late worker, a double click and a duplicate message end.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import Row, TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.failures import ErrorClass, ErrorRecord
from taskforge.core.job import JobRow, Progress
from taskforge.core.people import Principal
from taskforge.core.states import FINAL, MOVES, WAITING, JobStatus, Move
from taskforge.db.admission import LIMITED
from taskforge.db.audit import AUDIT_MOVED, deed
from taskforge.db.engine import dump_json
from taskforge.db.failure_deltas import BLAME, EASE
from taskforge.db.reach import REACHED, reach_of
from taskforge.db.rows import job_row
from taskforge.db.story import NOTIFY, REOPEN, SHOW, TAIL, listed

_TARGETS = ", ".join(f"('{move}', '{rule.target}')" for move, rule in MOVES.items())
_FINAL = listed(FINAL)
_RUNNING = f"'{JobStatus.RUNNING}'"
_QUEUED = f"'{JobStatus.QUEUED}'"


class Moved(NamedTuple):
    """A job after a move."""

    row: JobRow
    at: datetime
    left: JobStatus


class Ending(msgspec.Struct, frozen=True):
    """What an attempt came to, quoting what it must still hold: the fence (DESIGN §2.4)."""

    id: UUID
    attempt: int
    worker_id: UUID
    move: Move
    failed: bool = False
    crashed: bool = False
    delay: float = 0.0
    """Seconds until it is due again."""
    error: ErrorRecord | None = None
    result: msgspec.Raw | None = None
    """JSON."""
    progress: Progress | None = None
    """The last one; None keeps what the row has."""
    actor: str | None = None
    type: str = ""
    """The job's, for an error that has to be told in place of this ending."""


class Settled(NamedTuple):
    """The columns that an ending changed."""

    id: UUID
    attempt: int
    status: JobStatus
    version: int
    failures: int
    run_at: datetime
    queued_at: datetime | None
    finished_at: datetime | None
    duration_seconds: float | None
    cancel_requested_at: datetime | None
    error_class: ErrorClass | None
    at: datetime
    limited: bool
    """Whether it held a place in a fleet-wide limit, which another job may take now."""


_SETTLE = text(
    f"""
WITH endings AS MATERIALIZED (
    SELECT e.*, t.target, e.error ->> 'class' AS error_class
    FROM json_to_recordset(CAST(:endings AS json)) AS e(
        id uuid, attempt integer, worker_id uuid, move text, failed boolean, crashed boolean,
        delay float8, error jsonb, result jsonb, progress jsonb, actor text)
    JOIN (VALUES {_TARGETS}) AS t(move, target) USING (move)
),
picked AS MATERIALIZED (
    -- Who asked for a stop gets one, unless the work was done by then (R-18).
    SELECT e.*, CASE WHEN j.cancel_requested_at IS NOT NULL AND e.target <> 'success'
                THEN 'cancelled' ELSE e.target END AS goal
    FROM jobs j JOIN endings e ON e.id = j.id
    WHERE j.status = {_RUNNING} AND j.attempt = e.attempt AND j.worker_id = e.worker_id
    ORDER BY j.id FOR NO KEY UPDATE OF j
),
moved AS (
    UPDATE jobs j SET
        status = p.goal, version = j.version + 1, lease_expires_at = NULL,
        progress = COALESCE(p.progress, j.progress),
        finished_at = CASE WHEN p.goal IN {_FINAL} THEN clock_timestamp() END,
        failures = j.failures + p.failed::integer, crashes = j.crashes + p.crashed::integer,
        run_at = CASE WHEN p.goal = 'retrying'
                 THEN clock_timestamp() + p.delay * interval '1 second' ELSE j.run_at END,
        queued_at = CASE WHEN p.goal = 'queued' THEN clock_timestamp() ELSE j.queued_at END,
        hinted_at = CASE WHEN p.goal = 'queued' THEN clock_timestamp() ELSE j.hinted_at END,
        duration_seconds = EXTRACT(EPOCH FROM clock_timestamp() - j.started_at),
        error_class = CASE WHEN p.goal = 'cancelled' THEN NULL ELSE p.error_class END
    FROM picked p WHERE j.id = p.id
    RETURNING j.*, clock_timestamp() AS at, {_RUNNING} AS left_status, p.actor, p.crashed,
        p.result, CASE WHEN p.goal <> 'cancelled' THEN p.error END AS error,
        CASE WHEN p.error_class IS NOT NULL
             THEN jsonb_build_object('error_class', p.error_class) END AS data,
        j.duration_seconds AS seconds
),
recorded AS (
    INSERT INTO job_attempts (job_id, number, started_at, finished_at, worker_id, outcome, error)
    SELECT id, attempt, started_at, at, worker_id,
           CASE WHEN crashed THEN 'lost' WHEN status = 'queued' THEN 'released' ELSE status END,
           error
    FROM moved
),
kept AS (
    INSERT INTO job_results AS r (job_id, result, error)
    SELECT id, result, error FROM moved
    WHERE result IS NOT NULL OR error IS NOT NULL OR attempt > 1
    ON CONFLICT (job_id) DO UPDATE SET result = EXCLUDED.result, error = EXCLUDED.error
){NOTIFY}{BLAME}{TAIL}
SELECT id, attempt, status, version, failures, run_at, queued_at, finished_at, duration_seconds,
       cancel_requested_at, error_class, at, {LIMITED} AS limited
FROM moved j
"""
)


async def settle(connection: AsyncConnection, endings: Sequence[Ending]) -> dict[UUID, Settled]:
    """End attempts: success, retry, failure, dead letter, release or stop.

    Jobs whose lease has passed to somebody else are absent from the answer, and nothing of theirs
    was written. The row, its event, the attempt, the result and the webhook rows are one statement.
    """
    rows = await connection.execute(_SETTLE, {"endings": dump_json(endings)})
    return {row.id: _settled(row) for row in rows}


_PROMOTE = text(
    f"""
WITH picked AS MATERIALIZED (
    SELECT id, status AS left_status FROM jobs
    -- The statement's time: an index serves no comparison with a clock that moves on, and all
    -- that is booked for later would be looked at.
    WHERE status IN ('retrying', 'scheduled') AND run_at <= statement_timestamp()
    ORDER BY run_at, id LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED
),
moved AS (
    UPDATE jobs j SET status = {_QUEUED}, version = j.version + 1,
        queued_at = clock_timestamp(), hinted_at = clock_timestamp(), hint_count = 0
    FROM picked p WHERE j.id = p.id
    RETURNING j.*, j.queued_at AS at, p.left_status, CAST('scheduler' AS text) AS actor,
        CAST(NULL AS jsonb) AS data, CAST(NULL AS float8) AS seconds
){TAIL}{SHOW}
"""
)

_CANCEL = text(
    f"""
WITH picked AS MATERIALIZED (
    SELECT id, status AS left_status FROM jobs
    WHERE id = ANY(CAST(:ids AS uuid[])) AND {REACHED}
      AND (status IN {listed(WAITING)} OR (status = {_RUNNING} AND cancel_requested_at IS NULL))
    ORDER BY id FOR NO KEY UPDATE
),
moved AS (
    UPDATE jobs j SET version = j.version + 1, cancel_requested_at = clock_timestamp(),
        -- By j, not by p: the row that a rival moved while we waited is tried in its old version
        -- first, constraints included, and only then in the new one, which p already speaks of.
        status = CASE j.status WHEN {_RUNNING} THEN {_RUNNING} ELSE 'cancelled' END,
        finished_at = CASE j.status WHEN {_RUNNING} THEN NULL ELSE clock_timestamp() END
    FROM picked p WHERE j.id = p.id
    RETURNING j.*, j.cancel_requested_at AS at, p.left_status, CAST(:actor AS text) AS actor,
        NULLIF(CAST(:origin AS jsonb) || jsonb_strip_nulls(jsonb_build_object(
            'cancel_requested', CASE p.left_status WHEN {_RUNNING} THEN true END)), '{{}}') AS data,
        CAST(NULL AS float8) AS seconds
){NOTIFY}{AUDIT_MOVED}{TAIL}{SHOW}
"""
)

_REVIVE = text(
    f"""
WITH picked AS MATERIALIZED (
    SELECT id, status AS left_status FROM jobs
    WHERE id = ANY(CAST(:ids AS uuid[])) AND {REACHED}
      AND status IN {listed(MOVES[Move.REVIVE].sources)}
    ORDER BY id FOR NO KEY UPDATE
),
moved AS (
    UPDATE jobs j SET status = {_QUEUED}, version = j.version + 1, cycle = j.cycle + 1,
        failures = 0, crashes = 0, cancel_requested_at = NULL, finished_at = NULL,
        progress = NULL, error_class = NULL, run_at = clock_timestamp(),
        queued_at = clock_timestamp(), hinted_at = clock_timestamp(), hint_count = 0
    FROM picked p WHERE j.id = p.id
    RETURNING j.*, j.queued_at AS at, p.left_status, CAST(:actor AS text) AS actor,
        NULLIF(CAST(:origin AS jsonb), '{{}}') AS data,
        CAST(NULL AS float8) AS seconds
){REOPEN}{EASE}{AUDIT_MOVED}{TAIL}{SHOW}
"""
)


async def promote(connection: AsyncConnection, *, limit: int) -> list[Moved]:
    """Queue what has become due, oldest first; rows that a rival holds are left to it (R-25)."""
    return await move(connection, _PROMOTE, {"limit": limit})


async def cancel(connection: AsyncConnection, ids: Sequence[UUID], by: Principal) -> list[Moved]:
    """Cancel waiting jobs, and ask running ones to stop, in one statement (R-18).

    A job that is already asked to stop, that has ended, or that `by` does not reach, is absent from
    the answer.
    """
    return await move(connection, _CANCEL, asked(ids, by, "job.cancelled"))


async def make_way(connection: AsyncConnection, ids: Sequence[UUID]) -> list[Moved]:
    """Cancel as `cancel` does, for a later job of the same schedule: no deed of a person (R-64)."""
    values = {"ids": list(ids), "actor": "scheduler", "origin": "{}", "deeds": "[]"}
    return await move(connection, _CANCEL, {**values, **reach_of(None)})


async def revive(connection: AsyncConnection, ids: Sequence[UUID], by: Principal) -> list[Moved]:
    """Queue ended jobs again, with failures and crashes from zero, where `by` reaches them."""
    return await move(connection, _REVIVE, asked(ids, by, "job.retried"))


def asked(ids: Sequence[UUID], by: Principal, action: str) -> dict[str, Any]:
    """Parameters of a move that a person asks for; deeds on jobs that do not move fall away."""
    origin = {"api_key_id": by.api_key_id, "operation_id": by.operation_id}
    noted = () if by.operation_id else ids  # the trail has the operation, with all its jobs
    return {
        "ids": list(ids),
        "actor": by.actor,
        "origin": dump_json({name: it for name, it in origin.items() if it}),
        "deeds": dump_json([deed(by, action, f"job:{id_}") for id_ in noted]),
        **reach_of(by),
    }


async def move(
    connection: AsyncConnection, statement: TextClause, values: dict[str, Any]
) -> list[Moved]:
    """Execute a statement that ends with `story.SHOW`; what did not qualify is absent."""
    rows = (await connection.execute(statement, values)).mappings()
    return [Moved(job_row(row), row["at"], JobStatus(row["left_status"])) for row in rows]


def _settled(row: Row[Any]) -> Settled:
    values: dict[str, Any] = dict(row._mapping)  # pyright: ignore[reportPrivateUsage] - SQLAlchemy's public name
    values["status"] = JobStatus(row.status)
    values["error_class"] = ErrorClass(row.error_class) if row.error_class else None
    return Settled(**values)
