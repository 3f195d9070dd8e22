"""What keeps the promise when something was lost: each function is one pass, safe to run twice.

    promote   scheduled and retrying jobs whose time has come → queued, hinted
    rehint    queued jobs whose hint Redis has lost, by reason and never by age alone (R-21)
    rescue    running jobs whose worker fell silent → by `core.retry.after_crash` (R-30)
    fleet     worker units that fell silent → offline
    count     appended deltas → counters
    sketch    jobs whose payloads cannot be searched by sketches yet → sketched
    prune     what has outlived its time

Any number of schedulers may run them at once: each statement skips what a rival holds.
"""

import asyncio
from uuid import UUID

from redis import RedisError
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.config import Settings
from taskforge.core.events import Event, WorkerFrame
from taskforge.core.fingerprint import marked
from taskforge.core.fleet import WorkerStatus
from taskforge.core.retry import after_crash
from taskforge.core.states import FINAL, JobStatus
from taskforge.core.watch import Watch
from taskforge.db import hints, leases, moves, roster, sketches
from taskforge.db.audit import prune_audit
from taskforge.db.counts import roll_up
from taskforge.db.deliveries import prune_deliveries
from taskforge.db.endpoints import prune_endpoints
from taskforge.db.engine import transaction
from taskforge.db.facts import EPOCH, get_fact, set_fact
from taskforge.db.failure_deltas import prune_failure_hours, prune_failures
from taskforge.db.fires import prune_fires
from taskforge.db.job_rows import get_rows
from taskforge.db.keepsakes import prune_memory
from taskforge.db.leases import Expired
from taskforge.db.mailbox import prune_mail
from taskforge.db.operations import prune_operations
from taskforge.db.prune import (
    prune_jobs,
    prune_keys,
    prune_minutes,
    prune_sessions,
    prune_spans,
)
from taskforge.db.webhook_secrets import prune_secrets
from taskforge.flows.deps import Deps
from taskforge.flows.frames import moved
from taskforge.log import get_logger
from taskforge.metrics import repairs
from taskforge.metrics.jobs import Kind, settled

PROMOTE_BATCH = 500
HINT_BATCH = 1_000
"""Most jobs hinted again per queue and pass (R-21)."""
RESCUE_BATCH = 200
COUNT_BATCH = 20_000
PRUNE_BATCH = 500
FIRES_KEPT = 1_000
"""Of each schedule, and none for longer than RETENTION_DAYS."""
MANY_OWNERS = 4
"""From so many owners on, half of them silent at once looks like our own fault (R-32)."""

log = get_logger(__name__)


async def promote(deps: Deps) -> int:
    """Queue what has become due, and hint it; how many."""
    async with deps.db.connect() as connection:
        due = await moves.promote(connection, limit=PROMOTE_BATCH)
    # Told before it is hinted: a worker that is quick would tell of its start first.
    deps.stream.announce_soon([moved(it.row, it.at) for it in due])
    await deps.hinter.hint([(it.row.priority, it.row.id) for it in due])
    return len(due)


async def rehint(deps: Deps) -> int:
    """Hint again what Redis has lost; how many.

    Does nothing while Redis is away: the hints would only be lost again.
    """
    try:
        epoch = await deps.queue.epoch()
        hinted = await _hint_after_loss(deps, epoch) + await _hint_unhinted(deps)
    except (RedisError, OSError) as error:
        log.warning("rehint.postponed", error=error)
        return 0
    return hinted + await _hint_stranded(deps)


async def rescue(deps: Deps, watch: Watch) -> int:
    """Take jobs from workers that fell silent; how many.

    A database that was away looks like the death of every worker, so nothing is believed until
    both it and we have been there for a while (R-31, R-32).
    """
    try:
        async with deps.db.connect() as connection:
            health = await leases.health(connection)
            only = await _suspicious(connection, health)
    except Exception:
        watch.missed()
        raise
    watch.reached()
    settling = health.in_recovery or health.up_seconds < deps.settings.lease_seconds + 10
    if not health.silent_owners or settling or not watch.is_long_enough:
        return 0
    async with transaction(deps.db) as connection:
        expired = await leases.lock_expired(connection, limit=RESCUE_BATCH, only=only)
        if not expired:
            return 0
        done = await moves.settle(connection, [_ending(job) for job in expired])
        rows = await get_rows(connection, list(done))
    repairs.EXPIRED.inc(len(rows))
    settled((Kind(row.priority, row.type), row.status) for row in rows)
    log.warning("lease.expired", jobs=len(rows), workers=len({it.worker_id for it in expired}))
    deps.stream.announce_soon([moved(row, done[row.id].at) for row in rows])
    queued = [row for row in rows if row.status is JobStatus.QUEUED]
    # Whatever it names, who gets a hint takes what is due: here, for the places left.
    vacated = {row.priority: row.id for row in rows if done[row.id].limited}
    await deps.hinter.hint([*((row.priority, row.id) for row in queued), *vacated.items()])
    await deps.hinter.bury(
        [(row.priority, row.id) for row in rows if row.status is JobStatus.DEAD_LETTER]
    )
    return len(rows)


async def fleet(deps: Deps) -> int:
    """Mark worker units offline that fell silent, and forget those long gone; how many fell."""
    seconds = deps.settings.lease_seconds
    async with deps.db.connect() as connection:
        gone = await roster.mark_silent(connection, seconds=seconds)
        await roster.forget_gone(connection, seconds=seconds * roster.KEPT_LEASES)
    repairs.WORKERS_LOST.inc(len(gone))
    deps.stream.announce_soon(
        [
            WorkerFrame(
                event=Event.WORKER_OFFLINE,
                worker_id=it.id,
                host=it.host,
                pid=it.pid,
                status=WorkerStatus.OFFLINE,
                at=it.at,
                reason="lost",
            )
            for it in gone
        ]
    )
    return len(gone)


async def count(deps: Deps) -> int:
    """Roll appended deltas up into the counters; how many deltas."""
    async with deps.db.connect() as connection:
        return await roll_up(connection, limit=COUNT_BATCH)


async def sketch(deps: Deps) -> int:
    """Draw sketches of payloads, for searches; of how many jobs."""
    async with transaction(deps.db) as connection:
        return await sketches.sketch(connection)


async def prune(deps: Deps) -> int:
    """Delete what has outlived its time, a batch at a time (R-83); how many rows."""
    settings = deps.settings
    told = settings.webhook_retention_days
    async with deps.db.connect() as connection:
        gone = await prune_jobs(connection, days=_days_kept(settings), limit=PRUNE_BATCH)
        await asyncio.to_thread(deps.store.drop_jobs, gone)
        return (
            len(gone)
            + await _prune_as_jobs(connection, settings.retention_days)
            + await prune_failure_hours(connection, limit=PRUNE_BATCH)
            + await sketches.prune_sketches(connection)
            + await prune_keys(connection, limit=PRUNE_BATCH)
            + await prune_sessions(connection, limit=PRUNE_BATCH)
            + await prune_deliveries(connection, days=told, limit=PRUNE_BATCH)
            + await prune_endpoints(connection, days=told, limit=PRUNE_BATCH)
            + await prune_secrets(connection)
            + await prune_audit(connection, days=settings.audit_retention_days, limit=PRUNE_BATCH)
        )


def _days_kept(settings: Settings) -> dict[JobStatus, float]:
    """Days that ended jobs are kept, by how they ended; absent is for ever."""
    own = {status: getattr(settings, f"retention_days_{status}") for status in sorted(FINAL)}
    found = {it: settings.retention_days if days is None else days for it, days in own.items()}
    return {status: days for status, days in found.items() if days}


async def _prune_as_jobs(connection: AsyncConnection, days: float) -> int:
    """What is kept as long as jobs are; 0 days is for ever."""
    if not days:
        return 0
    return (
        await prune_memory(connection, days=days, limit=PRUNE_BATCH)
        + await prune_failures(connection, days=days, limit=PRUNE_BATCH)
        + await prune_operations(connection, days=days, limit=PRUNE_BATCH)
        + await prune_mail(connection, days=days, limit=PRUNE_BATCH)
        + await prune_minutes(connection, days=days, limit=PRUNE_BATCH)
        + await prune_spans(connection, days=days, limit=PRUNE_BATCH)
        + await prune_fires(connection, days=days, keep=FIRES_KEPT, limit=PRUNE_BATCH)
    )


async def _suspicious(connection: AsyncConnection, health: leases.Health) -> UUID | None:
    """The one worker to look at when half the fleet seems dead at once (R-32); None is all."""
    if health.owners < MANY_OWNERS or health.silent_owners * 2 <= health.owners:
        return None
    log.error("fleet.silent", silent=health.silent_owners, owners=health.owners)
    return await leases.one_silent_owner(connection)


async def _hint_after_loss(deps: Deps, epoch: str) -> int:
    """Rule (b): a new epoch means that every hint may be gone (R-22)."""
    async with deps.db.connect() as connection:
        known = await get_fact(connection, EPOCH)
        hinted, after = 0, UUID(int=0)
        while known not in (None, epoch):
            due = await hints.queued_after(connection, after, limit=HINT_BATCH)
            if not due:
                break
            if not await deps.hinter.hint(due):
                return hinted
            repairs.REDIS_RESTARTED.inc(len(due))
            hinted, after = hinted + len(due), due[-1][1]
        if known != epoch:
            # Only now: who dies before this line leaves the work to the next pass.
            await set_fact(connection, EPOCH, epoch)
    if known not in (None, epoch):
        log.warning("redis.restarted", hinted=hinted)
    return hinted


async def _hint_unhinted(deps: Deps) -> int:
    """Rule (a): hint what is marked, until nothing is left."""
    hinted = 0
    while True:
        async with deps.db.connect() as connection:
            due = await hints.take_unhinted(connection, limit=HINT_BATCH)
        if not due or not await deps.hinter.hint(due):
            return hinted
        repairs.UNHINTED.inc(len(due))
        hinted += len(due)


async def _hint_stranded(deps: Deps) -> int:
    """Rules (c) to (e): due jobs wait although slots are free, so their hints went astray."""
    hinted = 0
    async with deps.db.connect() as connection:
        for priority, free in (await hints.free_slots(connection)).items():
            if not free:
                continue
            due = await hints.take_oldest(connection, priority, limit=min(free, HINT_BATCH))
            await deps.hinter.hint(due)
            hinted += len(due)
    repairs.STRANDED.inc(hinted)
    if hinted:  # usual where jobs wait for a type that is full everywhere
        log.info("hint.repeated", jobs=hinted)
    return hinted


def _ending(job: Expired) -> moves.Ending:
    verdict = after_crash(job.budget)
    return moves.Ending(
        id=job.id,
        attempt=job.attempt,
        worker_id=job.worker_id,
        move=verdict.move,
        failed=verdict.failed,
        crashed=verdict.crashed,
        delay=verdict.delay,
        error=verdict.error and marked(job.type, verdict.error),
        actor="scheduler",
    )
