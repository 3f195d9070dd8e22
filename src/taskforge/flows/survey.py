"""How the installation stands, read now and then by one scheduler for its metrics.

Sums over schedulers must be right, so one of them tells and the others are silent. A row of the
database says which, with a lease: a scheduler that stops hands it over at once, and one that hangs
or is cut off stops telling before another may begin.
"""

import math
import time
from collections import Counter
from typing import Final

from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.bus.server import redis_facts
from taskforge.core.fleet import QueueView
from taskforge.core.ids import new_id
from taskforge.core.keep import Kept
from taskforge.core.priority import QUEUES, Priority
from taskforge.core.states import JobStatus
from taskforge.db import survey
from taskforge.db.counts import standing
from taskforge.db.fires import due_in
from taskforge.db.fleet import count_fleet, list_queues
from taskforge.db.hints import free_slots
from taskforge.db.server import database_facts
from taskforge.flows.deps import Deps
from taskforge.log import get_logger
from taskforge.metrics import cluster
from taskforge.metrics.cluster import CLUSTER, Cluster, take_part

SURVEY_SECONDS: Final = 5.0
"""From one reading to the next."""
LEASE_SECONDS: Final = 15.0
"""A scheduler that has not read for so long tells nothing any more, and another takes over."""
MARGIN_SECONDS: Final = 2.0
"""By which it falls silent before that."""
SELDOM_SECONDS: Final = 30.0
"""Sizes change slowly, and receivers are counted."""

_Samples = dict[tuple[str, ...], float]
_Told = dict[cluster.Family, _Samples]

log = get_logger(__name__)


class Survey:
    """Reads for the gauges of this scheduler, while it is its turn.

    Args:
        deps: opened on the running loop.
        shown: where it is told; the process's own.
    """

    def __init__(self, deps: Deps, shown: Cluster = CLUSTER) -> None:
        self._deps = deps
        self._shown = shown
        self._owner = new_id()
        take_part()
        self._leads = False
        self._seldom = Kept(self._read_seldom, seconds=SELDOM_SECONDS)

    async def look(self) -> int:
        """Read how things stand, or find that another does; 1 or 0."""
        asked_at = time.monotonic()
        async with self._deps.db.connect() as connection:
            leads = await survey.hold(connection, self._owner, seconds=LEASE_SECONDS)
            if leads and not self._leads:
                log.info("survey.taken_over")
            elif self._leads and not leads:
                log.info("survey.handed_over")
            self._leads = leads
            if not leads:
                self._shown.hide()
                return 0
            reading = await self._read(connection)
        try:
            reading |= await self._seldom.get()
        except (SQLAlchemyError, OSError) as error:  # sizes are less than all the rest
            log.warning("survey.incomplete", error=error)
        self._shown.show(reading, until=asked_at + LEASE_SECONDS - MARGIN_SECONDS)
        return 1

    async def close(self) -> None:
        """Tell nothing any more, and let another begin."""
        self._shown.hide()
        if not self._leads:
            return
        try:
            async with self._deps.db.connect() as connection:
                await survey.let_go(connection, self._owner)
        except (SQLAlchemyError, OSError) as error:
            log.warning("survey.kept", error=error)  # its lease runs out

    async def _read(self, connection: AsyncConnection) -> _Told:
        lease_seconds = self._deps.settings.lease_seconds
        counts = await standing(connection)
        fleet = await count_fleet(connection, lease_seconds=lease_seconds)
        slots = await survey.slots(connection, lease_seconds=lease_seconds)
        outbox = await survey.outbox(connection)
        overdue = -await due_in(connection)
        return {
            **_jobs(counts, self._deps.registry.names()),
            **_queues(await list_queues(connection), await free_slots(connection)),
            cluster.TYPE_LIMIT: _by_name(await survey.type_limits(connection)),
            cluster.RUNNING_OLDEST: {
                (priority.queue, name): seconds
                for (priority, name), seconds in (await survey.longest_runs(connection)).items()
            },
            cluster.WORKERS: {
                ("online",): fleet.online,
                ("late",): fleet.late,
                ("draining",): fleet.draining,
                ("lost",): fleet.lost,
            },
            cluster.WORKER_SLOTS: _by_name(slots._asdict()),
            cluster.HEARTBEAT_AGE: {(): await survey.silence(connection)},
            cluster.SCHEDULE_LAG: {(): max(overdue, 0.0)},
            cluster.OUTBOX_PENDING: {(): outbox.pending},
            cluster.OUTBOX_OLDEST: {(): outbox.oldest_seconds},
        }

    async def _read_seldom(self) -> _Told:
        async with self._deps.db.connect() as connection:
            size = (await database_facts(connection)).size_bytes
            receivers = await survey.receivers(connection)
        told: _Told = {
            cluster.DATABASE_SIZE: {(): size},
            cluster.ENDPOINTS: _by_name(receivers._asdict()),
        }
        try:
            told[cluster.REDIS_MEMORY] = {(): (await redis_facts(self._deps.redis)).memory_bytes}
        except (RedisError, OSError):
            log.debug("redis.unmeasured")
        return told


def _jobs(counts: dict[tuple[str, Priority, JobStatus], int], types: list[str]) -> _Told:
    """How many jobs there are; zeros where a series would otherwise come and go."""
    by_queue = Counter({(queue, state.value): 0 for queue in QUEUES for state in JobStatus})
    known = {*types, *(name for name, _, _ in counts)}
    by_type = Counter({(name, state.value): 0 for name in sorted(known) for state in JobStatus})
    for (name, priority, state), n in counts.items():
        by_queue[priority.queue, state.value] += n
        by_type[name, state.value] += n
    return {cluster.QUEUE_JOBS: {**by_queue}, cluster.TYPE_JOBS: {**by_type}}


def _queues(queues: list[QueueView], free: dict[Priority, int]) -> _Told:
    return {
        cluster.QUEUE_OLDEST: {(it.name,): it.oldest_age_seconds or 0.0 for it in queues},
        cluster.QUEUE_PAUSED: {(it.name,): float(it.paused) for it in queues},
        cluster.QUEUE_LIMIT: {
            (it.name,): math.inf if it.concurrency_limit is None else it.concurrency_limit
            for it in queues
        },
        cluster.QUEUE_WORKERS: {(it.name,): it.workers for it in queues},
        cluster.QUEUE_SLOTS: {(it.name,): it.slots for it in queues},
        # A paused queue is left out: nothing of it could start.
        cluster.QUEUE_FREE_SLOTS: {(it.name,): free.get(it.priority, 0) for it in queues},
    }


def _by_name(values: dict[str, int]) -> _Samples:
    return {(name,): value for name, value in values.items()}
