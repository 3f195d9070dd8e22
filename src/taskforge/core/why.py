"""Why a job waits: the answer, and the facts that it is made of.

`core/blockers.py` turns the facts into blockers, `core/forecast.py` into an estimate.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

import msgspec
from msgspec import Meta

from taskforge.core.failures import ErrorClass
from taskforge.core.priority import Priority
from taskforge.core.states import JobStatus

MAX_NAMED: Final = 10
"""Most jobs, and most workers, that one blocker names."""
MAX_AHEAD: Final = 1_000
"""Up to here the jobs ahead are counted one by one; beyond, the counters tell about how many."""


class BlockerKind(StrEnum):
    """What keeps a job from starting, in the order in which they are told."""

    NOT_DUE = "not_due"
    """It is scheduled for later."""
    RETRY_BOOKED = "retry_booked"
    """It failed, and its next attempt has a time."""
    NO_HANDLER = "no_handler"
    """Workers that took it up run another release, which does not know it; it is passed on."""
    QUEUE_PAUSED = "queue_paused"
    QUEUE_LIMIT = "queue_limit"
    """As many jobs of its queue run as may run at once."""
    TYPE_LIMIT = "type_limit"
    """As many jobs of its type run as may run at once."""
    NO_WORKER = "no_worker"
    """No live worker serves its queue."""
    TYPE_UNKNOWN = "type_unknown"
    """Live workers serve its queue, and none of them knows its type."""
    WORKERS_DRAINING = "workers_draining"
    """Those that could run it take nothing new."""
    WORKER_TYPE_LIMIT = "worker_type_limit"
    """Each of them runs as many jobs of the type as one worker may."""
    NO_IDLE_WORKER = "no_idle_worker"
    """Its worker died twice while it ran: it runs alone, and every worker runs something."""
    SLOTS_BUSY = "slots_busy"
    JOBS_AHEAD = "jobs_ahead"


class NoEstimate(StrEnum):
    """Why there is no estimate."""

    NOT_WAITING = "not_waiting"
    PAUSED = "paused"
    """The queue's pause has no end."""
    NO_WORKER = "no_worker"
    """No live worker serves its queue, knows its type and takes new jobs."""
    LIMIT_IS_ZERO = "limit_is_zero"
    """Its queue or its type is stopped by a limit of 0."""
    NO_IDLE_WORKER = "no_idle_worker"
    """It has to run alone; when a worker has nothing else to do cannot be told."""
    OVERTAKEN = "overtaken"
    """More urgent jobs come as fast as jobs are started, and priority is strict."""
    NO_RECENT_THROUGHPUT = "no_recent_throughput"
    """Nothing ran lately that the wait could be judged by."""


class Blocker(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that keeps a job from starting; what does not apply to its kind is null."""

    kind: BlockerKind
    message: str
    """The same in plain words."""
    since: datetime | None = None
    until: datetime | None = None
    """When it passes by itself."""
    actor: str | None = None
    """Who did it."""
    reason: str | None = None
    """Why they did it; the error's class of a failed attempt."""
    limit: int | None = None
    """How many may run at once; slots, of all workers concerned."""
    running: int | None = None
    """How many do."""
    jobs: Annotated[list[UUID], Meta(max_length=MAX_NAMED)] = []
    """Some of the jobs that run, the longest-running first."""
    workers: Annotated[list[UUID], Meta(max_length=MAX_NAMED)] = []
    """Some of the workers concerned."""
    known: list[str] = []
    """The types, or the queues, that live workers do serve."""
    ahead: int | None = None
    """Jobs that are started before it."""
    exact: bool | None = None
    """Whether `ahead` was counted; otherwise it follows from how full the queues are."""


class StartEstimate(msgspec.Struct, frozen=True, kw_only=True):
    """When a job will probably start, if nothing is changed."""

    p50_at: datetime
    """As likely before as after."""
    p90_at: datetime
    """Nine times out of ten before."""


class Why(msgspec.Struct, frozen=True, kw_only=True):
    """Where a job stands, and what keeps it from starting."""

    job_id: UUID
    status: JobStatus
    version: int
    at: datetime
    """The moment that all this is true of."""
    message: str
    """The answer in plain words."""
    since: datetime | None
    """Since when it is so."""
    worker_id: UUID | None
    """Who runs it."""
    blockers: list[Blocker]
    """All that keep it from starting; empty: nothing does, or it does not wait."""
    estimate: StartEstimate | None
    estimate_reason: NoEstimate | None
    """Why there is none."""


class UnitFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A live worker unit, as this job sees it."""

    id: UUID
    slots: int
    busy: int
    """Jobs that it runs."""
    of_type: int
    """Of these, jobs of this one's type."""
    serves: bool
    """Whether it serves the job's queue."""
    knows: bool
    """Whether it knows the job's type."""
    draining: bool
    queues: list[str]
    types: list[str]


class Holders(msgspec.Struct, frozen=True, kw_only=True):
    """A limit on jobs that run at once, and who uses it."""

    limit: int
    running: int
    jobs: list[UUID]
    """At most MAX_NAMED."""


class QueueFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The job's queue."""

    name: str
    is_open: bool
    """By the claim's own condition: not paused."""
    paused_at: datetime | None
    paused_by: str | None
    pause_reason: str | None
    resume_at: datetime | None


class LineFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The due jobs that come before it, as far as a unit that could run it could take them.

    With `looked` above MAX_AHEAD there are more of them than these.
    """

    looked: int
    """Jobs looked at, whatever their type; at most MAX_AHEAD + 1."""
    ahead: int
    of_queue: int
    """Of these, in the job's own queue."""
    of_type: int
    """Of these, of the job's own type."""
    first_at: datetime | None
    """Since when the first of them is due."""


class CrowdFacts(msgspec.Struct, frozen=True, kw_only=True):
    """How long the line is by the counters, where it is too long to be counted."""

    above: int | None
    """Due jobs in more urgent queues."""
    level: int | None
    """Due jobs in its own queue."""
    oldest_at: datetime | None
    """When the first of its own queue became due."""
    newest_at: datetime | None
    """When the last one did."""


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How fast the jobs of one type in one queue went lately."""

    type: str
    priority: int
    """Its rank."""
    starts: list[int]
    """In each of the last full minutes, the latest first."""
    came_per_minute: float
    """Jobs that became due."""
    runs: int
    """Attempts that ended."""
    run_seconds: float
    """How long they ran, all together."""


class Paces(msgspec.Struct, frozen=True, kw_only=True):
    """The last minutes."""

    at: datetime
    """When they were the last."""
    items: list[Pace]


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A job and what bears upon its start, as of one moment."""

    at: datetime
    id: UUID
    type: str
    priority: Priority
    status: JobStatus
    version: int
    run_at: datetime
    queued_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    lease_expires_at: datetime | None
    cancel_requested_at: datetime | None
    worker_id: UUID | None
    failures: int
    max_retries: int
    is_suspect: bool
    """It crashed twice, and is claimed by a unit that runs nothing else (R-30)."""
    error_class: ErrorClass | None
    error_kind: str | None
    """What the attempt before failed with, while the next one is booked."""
    queue: QueueFacts
    queue_room: bool
    """By the claim's own condition: its queue's limit leaves room."""
    queue_limit: Holders | None
    type_room: bool
    """By the claim's own condition: its type's limit leaves room."""
    type_limit: Holders | None
    units: list[UnitFacts]
    line: LineFacts
    crowd: CrowdFacts | None
    """None: `line` tells."""
    unit_limit: int | None = None
    """Most jobs of its type that one unit runs at once."""
    least_share: float = 0.05
    """Part of all starts that its queue gets, however much is more urgent."""
