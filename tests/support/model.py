"""The life of jobs in a few lines of Python: what the database is compared with (T-55)."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple
from uuid import UUID

from taskforge.core.states import MOVES, JobStatus, Move
from taskforge.db.moves import Ending


@dataclass(frozen=True)
class Job:
    """A job as far as it is compared."""

    id: UUID
    status: JobStatus
    attempt: int = 0
    failures: int = 0
    crashes: int = 0
    cycle: int = 1
    version: int = 1
    worker: UUID | None = None
    cancel: bool = False
    priority: int = 2
    max_retries: int = field(default=3, compare=False)
    due: bool = field(default=True, compare=False)
    silent: bool = field(default=False, compare=False)
    """Whether its lease has run out."""


class Grip(NamedTuple):
    """What a worker claimed once, and may still believe to hold."""

    job_id: UUID
    attempt: int
    worker_id: UUID
    failures: int
    max_retries: int


class Model:
    """Jobs, and the grips that workers ever had on them."""

    def __init__(self) -> None:
        self.jobs: dict[UUID, Job] = {}
        self.grips: list[Grip] = []
        self.limits: dict[int | None, int] = {}
        """Of queues by rank, and of the one type there is (None)."""
        self.births = 0

    def room(self, rank: int | None) -> int:
        """How many more may start of a queue, or of the type."""
        running = self.within([JobStatus.RUNNING])
        most = self.limits.get(rank, len(self.jobs) + len(running))
        return max(most - sum(rank in (None, job.priority) for job in running), 0)

    def may_start(self, waiting: Iterable[Job]) -> int:
        """How many of these jobs may start."""
        ranks = [job.priority for job in waiting]
        queues = sum(min(ranks.count(rank), self.room(rank)) for rank in range(4))
        return min(self.room(None), queues)

    def within(self, statuses: Iterable[JobStatus]) -> list[Job]:
        wanted = set(statuses)
        return [job for job in self.jobs.values() if job.status in wanted]

    def holds(self, grip: Grip) -> bool:
        job = self.jobs.get(grip.job_id)
        return job is not None and (job.attempt, job.worker) == (grip.attempt, grip.worker_id)

    def born(
        self, job_id: UUID, max_retries: int = 3, *, later: bool = False, priority: int = 2
    ) -> None:
        status = JobStatus.SCHEDULED if later else JobStatus.QUEUED
        self.jobs[job_id] = Job(
            job_id, status, priority=priority, max_retries=max_retries, due=not later
        )
        self.births += 1

    def move(self, job_id: UUID, move: Move, **changes: Any) -> Job:
        job = self.jobs[job_id]
        fresh = {"status": MOVES[move].target, "version": job.version + 1, "worker": None}
        self.jobs[job_id] = replace(job, **{**fresh, **changes})
        return self.jobs[job_id]

    def started(self, job_id: UUID, worker_id: UUID) -> Job:
        attempt = self.jobs[job_id].attempt + 1
        job = self.move(job_id, Move.CLAIM, attempt=attempt, worker=worker_id, silent=False)
        self.grips.append(Grip(job_id, attempt, worker_id, job.failures, job.max_retries))
        return job

    def ended(self, it: Ending) -> None:
        job, move = self.jobs[it.id], it.move
        if job.cancel and move is not Move.SUCCEED:
            move = Move.STOP
        self.move(
            it.id,
            move,
            failures=job.failures + it.failed,
            crashes=job.crashes + it.crashed,
            due=job.due and move is not Move.RETRY,
        )

    def cancelled(self, job_id: UUID) -> None:
        job = self.jobs[job_id]
        if job.status is not JobStatus.RUNNING:
            self.move(job_id, Move.CANCEL, cancel=True)
        elif not job.cancel:
            self.jobs[job_id] = replace(job, version=job.version + 1, cancel=True)

    def reprioritised(self, job_id: UUID, priority: int) -> None:
        job = self.jobs[job_id]
        if job.priority != priority:
            self.jobs[job_id] = replace(job, version=job.version + 1, priority=priority)

    def revived(self, job_id: UUID) -> None:
        cycle = self.jobs[job_id].cycle + 1
        self.move(job_id, Move.REVIVE, failures=0, crashes=0, cancel=False, due=True, cycle=cycle)

    def turned(self, job_id: UUID, **changes: bool) -> None:
        self.jobs[job_id] = replace(self.jobs[job_id], **changes)
