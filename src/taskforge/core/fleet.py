"""Workers and queues, as their lists show them."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from taskforge.core.priority import Priority


class WorkerStatus(StrEnum):
    """How a worker unit is."""

    ONLINE = "online"
    LATE = "late"
    """It has missed two heartbeats; after three its jobs go to others."""
    DRAINING = "draining"
    """It finishes what it has and takes nothing new until it is resumed; drained when it runs no
    jobs any more."""
    STOPPING = "stopping"
    """It lets its jobs finish for a while, hands back the rest, and ends."""
    OFFLINE = "offline"


class Wanted(StrEnum):
    """What a worker unit is ordered to do."""

    RUN = "run"
    DRAIN = "drain"
    STOP = "stop"
    """For good: who has been told to stop is not resumed."""


class WorkerFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a unit tells about itself with each heartbeat; null is unknown (yet)."""

    memory_bytes: int | None = None
    """Resident memory of its process, without the children that jobs start."""
    cpu_percent: float | None = None
    """Of one core, since the heartbeat before; 200 is two cores."""
    loop_lag_mean_seconds: float | None = None
    """How late its event loop did what was due, on average since the heartbeat before."""
    loop_lag_max_seconds: float | None = None
    """The same, at worst; what is overdue at this moment included."""
    running_jobs: int | None = None
    """Attempts that it holds, those whose outcome is being recorded included."""
    started_jobs: int | None = None
    """Attempts since it started."""
    ended_jobs: int | None = None
    """Those of them that have ended, however they did."""


class CurrentJob(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker runs."""

    id: UUID
    type: str
    priority: Priority
    attempt: int
    started_at: datetime
    timeout_seconds: int
    """Run limit of one attempt."""


class WorkerView(msgspec.Struct, frozen=True, kw_only=True):
    """A registered worker unit."""

    id: UUID
    host: str
    pid: int
    version: str
    queues: list[str]
    types: list[str]
    slots: int
    """Jobs it runs at once."""
    status: WorkerStatus
    started_at: datetime
    beat_at: datetime
    heartbeat_age_seconds: float
    stopped_at: datetime | None = None
    lost: bool = False
    """Offline because it fell silent for a whole lease; others took over its jobs."""
    wanted: Wanted
    """What it is ordered to do; its `status` follows within a second, or a heartbeat."""
    wanted_by: str | None
    """Who gave the order; null when nobody ever gave one."""
    wanted_at: datetime | None
    wanted_reason: str | None
    facts: WorkerFacts | None = None
    jobs: list[CurrentJob]
    """At most 1,000, the oldest first."""


class FleetCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How many worker units there are, and what they have to offer."""

    online: int
    late: int
    """They have missed two heartbeats."""
    draining: int
    """They take nothing new; those that are stopping included."""
    lost: int
    """They fell silent within the last minutes, and nobody had stopped them."""
    slots: int
    """Jobs that those online run at once."""


class QueueView(msgspec.Struct, frozen=True, kw_only=True):
    """A queue and what waits in it."""

    name: str
    priority: Priority
    depth: int
    """Jobs that are due and wait for a worker."""
    running: int
    scheduled: int
    """Jobs whose time has not come, waiting retries included."""
    oldest_due_at: datetime | None
    oldest_age_seconds: float | None
    """How long the job that has waited longest has been due."""
    in_per_minute: float
    """Jobs that became due, averaged over the last 5 full minutes."""
    out_per_minute: float
    """Jobs that were started, averaged likewise."""
    drain_seconds: float | None
    """Until nothing waits, were both rates to stay as they are; null when that would be never."""
    workers: int
    """Units online that serve it."""
    slots: int
    """Jobs that those run at once, of all their queues together."""
    paused: bool
    paused_at: datetime | None
    paused_by: str | None
    pause_reason: str | None
    resume_at: datetime | None
    concurrency_limit: int | None
    """Most of its jobs that all workers together run at once; null: no limit, 0: none."""
