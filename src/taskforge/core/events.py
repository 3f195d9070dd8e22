"""What happens, as the event list and the live stream tell it (SPEC §4)."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from taskforge.core.fleet import WorkerStatus
from taskforge.core.job import JobRow
from taskforge.core.priority import Priority
from taskforge.core.states import JobStatus


class Event(StrEnum):
    """Names on the wire."""

    JOB_QUEUED = "job_queued"
    JOB_SCHEDULED = "job_scheduled"
    JOB_RUNNING = "job_running"
    JOB_PROGRESS = "job_progress"
    JOB_LOG = "job_log"
    JOB_STREAM = "job_stream"
    JOB_RETRYING = "job_retrying"
    JOB_SUCCESS = "job_success"
    JOB_FAILED = "job_failed"
    JOB_CANCELLED = "job_cancelled"
    JOB_DELETED = "job_deleted"
    WORKER_ONLINE = "worker_online"
    WORKER_OFFLINE = "worker_offline"
    QUEUE_PAUSED = "queue_paused"
    QUEUE_RESUMED = "queue_resumed"


ENTERED: dict[JobStatus, Event] = {
    JobStatus.SCHEDULED: Event.JOB_SCHEDULED,
    JobStatus.QUEUED: Event.JOB_QUEUED,
    JobStatus.RUNNING: Event.JOB_RUNNING,
    JobStatus.RETRYING: Event.JOB_RETRYING,
    JobStatus.SUCCESS: Event.JOB_SUCCESS,
    JobStatus.FAILED: Event.JOB_FAILED,
    JobStatus.DEAD_LETTER: Event.JOB_FAILED,
    JobStatus.CANCELLED: Event.JOB_CANCELLED,
}
"""The event that says a job has entered a status; both final failures share one (SPEC §4)."""


class LogLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a job's log."""

    seq: int
    """Rises in the order written; attempt n numbers its lines from (n - 1) * 10,000 + 1 on."""
    at: datetime
    attempt: int
    level: str
    message: str
    fields: dict[str, Any] = {}


class StreamPart(msgspec.Struct, frozen=True, kw_only=True):
    """Text of a job that is being made; nothing keeps it."""

    attempt: int
    offset: int
    """Characters of this attempt's text that came before; a gap means that frames were missed."""
    text: str


class JobFrame(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A change of one job. `id`, the stream cursor, is added where the frame is sent."""

    event: Event
    job_id: UUID
    type: str
    priority: Priority
    status: JobStatus
    version: int
    at: datetime
    job: JobRow
    log: LogLine | None = None
    stream: StreamPart | None = None


class WorkerFrame(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A worker unit came or went, or is there in another status than before."""

    event: Event
    worker_id: UUID
    host: str
    pid: int
    status: WorkerStatus
    at: datetime
    reason: str | None = None


class QueueFrame(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A queue was paused or resumed."""

    event: Event
    queue: str
    at: datetime
    reason: str | None = None
    actor: str | None = None


class DeletedFrame(msgspec.Struct, frozen=True, kw_only=True):
    """A job is gone."""

    event: Event = Event.JOB_DELETED
    job_id: UUID
    type: str
    priority: Priority
    status: JobStatus
    version: int
    at: datetime


Frame = JobFrame | WorkerFrame | QueueFrame | DeletedFrame
