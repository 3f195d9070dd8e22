"""Reads of workers and queues."""

from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.fleet import (
    CurrentJob,
    FleetCounts,
    QueueView,
    Wanted,
    WorkerFacts,
    WorkerStatus,
    WorkerView,
)
from taskforge.core.priority import BY_RANK
from taskforge.db.counts import MINUTES, RATE_MINUTES, STANDING, THIS_MINUTE

MAX_WORKERS: Final = 1_000

_WORKERS = text("""
SELECT w.id, w.host, w.pid, w.version, w.queues, w.types, w.slots, w.started_at, w.beat_at,
    w.stopped_at, w.wanted, w.wanted_by, w.wanted_at, w.wanted_reason, w.facts::text AS facts,
    greatest(extract(epoch FROM clock_timestamp() - w.beat_at), 0)::float8 AS age,
    CASE WHEN w.status <> 'offline'
              AND w.beat_at < clock_timestamp() - :late_seconds * interval '1 second'
         THEN 'late' ELSE w.status END AS status,
    -- Who leaves in order has beaten just before.
    coalesce(w.status = 'offline' AND w.stopped_at - w.beat_at
             >= :lease_seconds * interval '1 second', false) AS lost,
    (SELECT json_agg(c ORDER BY c.started_at, c.id)::text FROM (
        SELECT j.id, j.type, (CAST(:names AS text[]))[j.priority + 1] AS priority, j.attempt,
               j.started_at, j.timeout_seconds
        FROM jobs j WHERE j.worker_id = w.id AND j.status = 'running'
        ORDER BY j.id LIMIT 1000) AS c) AS jobs
FROM workers w
WHERE CAST(:id AS uuid) IS NULL OR w.id = :id
ORDER BY w.status = 'offline', w.started_at DESC, w.id LIMIT :limit
""")

_QUEUES = text(f"""
WITH {STANDING},
rates AS (
    SELECT priority, sum(n) FILTER (WHERE status = 'queued') AS came,
           sum(n) FILTER (WHERE status = 'running') AS went
    FROM {MINUTES} AS m
    WHERE minute >= {THIS_MINUTE} - {RATE_MINUTES} * interval '1 minute' AND minute < {THIS_MINUTE}
      AND status IN ('queued', 'running')
    GROUP BY priority
),
depths AS (
    SELECT priority, sum(n) FILTER (WHERE status = 'queued') AS queued,
           sum(n) FILTER (WHERE status = 'running') AS running,
           sum(n) FILTER (WHERE status IN ('retrying', 'scheduled')) AS later
    FROM standing GROUP BY priority
)
SELECT q.*, coalesce(d.queued, 0)::bigint AS depth, coalesce(d.running, 0)::bigint AS running,
    coalesce(d.later, 0)::bigint AS later,
    (coalesce(r.came, 0) / {RATE_MINUTES}.0)::float8 AS came,
    (coalesce(r.went, 0) / {RATE_MINUTES}.0)::float8 AS went,
    coalesce(u.units, 0)::integer AS units, coalesce(u.slots, 0)::integer AS slots,
    o.run_at, CASE WHEN o.run_at IS NOT NULL
        THEN greatest(extract(epoch FROM clock_timestamp() - o.run_at), 0)::float8 END AS age
FROM queues q
LEFT JOIN depths d USING (priority)
LEFT JOIN rates r USING (priority)
LEFT JOIN LATERAL (
    SELECT count(*) AS units, sum(w.slots) AS slots FROM workers w
    WHERE w.status = 'online' AND w.wanted = 'run' AND q.name = ANY(w.queues)) AS u ON true
CROSS JOIN LATERAL (
    -- Two partial indexes hold the due jobs: those that crashed twice wait in one of their own.
    SELECT least(
        (SELECT run_at FROM jobs j WHERE j.status = 'queued' AND j.crashes < 2
            AND j.priority = q.priority ORDER BY run_at LIMIT 1),
        (SELECT run_at FROM jobs j WHERE j.status = 'queued' AND j.crashes >= 2
            AND j.priority = q.priority ORDER BY run_at LIMIT 1)) AS run_at) AS o
WHERE CAST(:name AS text) IS NULL OR q.name = :name
ORDER BY q.priority
""")

# A unit that stops by itself has just beaten; one that fell silent is noted a lease later.
_COUNT = text("""
SELECT count(*) FILTER (WHERE fresh AND status = 'online') AS online,
    count(*) FILTER (WHERE NOT fresh AND status <> 'offline') AS late,
    count(*) FILTER (WHERE fresh AND status IN ('draining', 'stopping')) AS draining,
    count(*) FILTER (WHERE status = 'offline' AND silent) AS lost,
    coalesce(sum(slots) FILTER (WHERE fresh AND status = 'online'), 0)::integer AS slots
FROM (
    SELECT status, slots,
        beat_at >= clock_timestamp() - :late_seconds * interval '1 second' AS fresh,
        stopped_at >= beat_at + :lease_seconds * interval '1 second' AS silent
    FROM workers) AS units
""")

_JOBS = msgspec.json.Decoder(list[CurrentJob])
_FACTS = msgspec.json.Decoder(WorkerFacts)


async def list_workers(connection: AsyncConnection, *, lease_seconds: float) -> list[WorkerView]:
    """Every registered worker unit with what it runs: those at work first, then the newest.

    Args:
        connection: any.
        lease_seconds: the installation's; a third of it lies between two heartbeats.
    """
    return await _workers(connection, None, lease_seconds)


async def get_worker(
    connection: AsyncConnection, worker_id: UUID, *, lease_seconds: float
) -> WorkerView | None:
    """One of them; None when the roster does not have it (any more)."""
    found = await _workers(connection, worker_id, lease_seconds)
    return found[0] if found else None


async def _workers(
    connection: AsyncConnection, only: UUID | None, lease_seconds: float
) -> list[WorkerView]:
    values = {
        "id": only,
        "lease_seconds": lease_seconds,
        "late_seconds": lease_seconds * 2 / 3,
        "names": list(BY_RANK),
        "limit": MAX_WORKERS,
    }
    rows = (await connection.execute(_WORKERS, values)).mappings()
    return [_worker(row) for row in rows]


async def count_fleet(connection: AsyncConnection, *, lease_seconds: float) -> FleetCounts:
    """How many units there are; arguments as for `list_workers`."""
    values = {"late_seconds": lease_seconds * 2 / 3, "lease_seconds": lease_seconds}
    row = (await connection.execute(_COUNT, values)).mappings().one()
    return FleetCounts(**row)


async def list_queues(connection: AsyncConnection) -> list[QueueView]:
    """The four queues, the most urgent first, with exact depths; constant cost."""
    rows = (await connection.execute(_QUEUES, {"name": None})).mappings()
    return [_queue(row) for row in rows]


async def get_queue(connection: AsyncConnection, name: str) -> QueueView:
    """One of them."""
    return _queue((await connection.execute(_QUEUES, {"name": name})).mappings().one())


def _worker(row: RowMapping) -> WorkerView:
    facts: str | None = row["facts"]
    return WorkerView(
        id=row["id"],
        host=row["host"],
        pid=row["pid"],
        version=row["version"],
        queues=row["queues"],
        types=row["types"],
        slots=row["slots"],
        status=WorkerStatus(row["status"]),
        started_at=row["started_at"],
        beat_at=row["beat_at"],
        heartbeat_age_seconds=row["age"],
        stopped_at=row["stopped_at"],
        lost=row["lost"],
        wanted=Wanted(row["wanted"]),
        wanted_by=row["wanted_by"],
        wanted_at=row["wanted_at"],
        wanted_reason=row["wanted_reason"],
        facts=None if facts is None else _FACTS.decode(facts),
        jobs=_JOBS.decode(row["jobs"] or "[]"),
    )


def _queue(row: RowMapping) -> QueueView:
    return QueueView(
        name=row["name"],
        priority=BY_RANK[int(row["priority"])],
        depth=row["depth"],
        running=row["running"],
        scheduled=row["later"],
        oldest_due_at=row["run_at"],
        oldest_age_seconds=row["age"],
        in_per_minute=row["came"],
        out_per_minute=row["went"],
        drain_seconds=_drain_seconds(row),
        workers=row["units"],
        slots=row["slots"],
        paused=row["paused_at"] is not None,
        paused_at=row["paused_at"],
        paused_by=row["paused_by"],
        pause_reason=row["pause_reason"],
        resume_at=row["resume_at"],
        concurrency_limit=row["concurrency_limit"],
    )


def _drain_seconds(row: RowMapping) -> float | None:
    if row["depth"] == 0:
        return 0.0
    gain = row["went"] - row["came"]
    return None if row["paused_at"] or gain <= 0 else row["depth"] / gain * 60
