"""What is remembered of a job: its row and all that belongs to it (`GET /jobs/{id}`)."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from taskforge.core.events import LogLine
from taskforge.core.failures import ErrorRecord
from taskforge.core.job import JobRow
from taskforge.core.webhook import Status

LOG_TAIL = 1_000
"""Log lines, and events, that come with a job: the last ones."""


class LogLevel(StrEnum):
    """How serious a line of a job's log is, least first."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class JobItem(JobRow, frozen=True, kw_only=True):
    """A job in a list."""

    webhook_url: str | None = None
    idempotency_key: str | None = None


class AttemptRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt; the one that is under way has neither end nor outcome."""

    number: int
    worker_id: UUID
    started_at: datetime
    finished_at: datetime | None = None
    outcome: str | None = None
    """The status it led to, or `lost` (its worker was), or `released` (its worker left)."""
    error: ErrorRecord | None = None


class EventRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One change of the job, in the order of `version`."""

    version: int
    event: str
    at: datetime
    status: str
    attempt: int
    actor: str | None = None
    """`user:<name>`, `worker:<id>` or `scheduler`."""
    data: dict[str, Any] | None = None


class ArtifactRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A file that the job produced."""

    name: str
    attempt: int
    media_type: str
    size_bytes: int
    sha256: str
    created_at: datetime


class DeliveryRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook call that the job owes or made."""

    id: UUID
    event: str
    url: str
    status: Status
    attempts: int
    created_at: datetime
    next_at: datetime | None = None
    delivered_at: datetime | None = None
    last_status: int | None = None
    """The HTTP status of the last call."""
    last_error: str | None = None
    """Why the last call brought no answer: `blocked`, `dns`, `connect`, `timeout`, `tls`, …"""
    signed: bool | None = None
    """Whether the last call carried a signature, which needs a signing secret; None before one."""


class Delivery(DeliveryRecord, frozen=True, kw_only=True):
    """A webhook call as the delivery log shows it."""

    job_id: UUID
    job_version: int
    user_id: UUID | None = None
    """Whose secret signs it."""
    endpoint: UUID
    """Equal for all calls of one account to one address."""
    last_response: str | None = None
    """The first 1,024 bytes of the last answer, as text with its control characters visible."""


class JobDetail(JobItem, frozen=True, kw_only=True):
    """A job with everything that is known about it (SPEC §3)."""

    schedule_id: UUID | None = None
    """The schedule that made it; it may have been deleted since."""
    payload: dict[str, Any]
    result: Any = None
    """What the handler returned; set on success."""
    error: ErrorRecord | None = None
    """How the last attempt failed, while that is where the job stands."""
    attempts: list[AttemptRecord]
    events: list[EventRecord]
    logs: list[LogLine]
    """The last 1,000 lines, oldest first."""
    artifacts: list[ArtifactRecord]
    webhooks: list[DeliveryRecord]
