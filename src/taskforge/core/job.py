"""What a job is: the order that asks for one, and the row's worth that lists and frames show."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from taskforge.core.failures import ErrorClass
from taskforge.core.priority import Priority
from taskforge.core.states import JobStatus

MAX_TAGS = 20
MAX_BULK = 1_000
MAX_DELAY_SECONDS = 366 * 86_400

Tag = Annotated[str, Meta(min_length=1, max_length=64)]
IdempotencyKey = Annotated[str, Meta(min_length=1, max_length=255, pattern=r"^[\x21-\x7e]+$(?!\n)")]
"""1 to 255 visible ASCII characters (R-43)."""

MaxRetries = Annotated[int, Meta(ge=0, le=25)]
TimeoutSeconds = Annotated[int, Meta(ge=1, le=86_400)]


class JobTemplate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a job is to do, and how; not when."""

    type: Annotated[str, Meta(min_length=1, max_length=64, examples=["data_processing"])]
    payload: dict[str, Any] = {}
    priority: Priority | UnsetType = UNSET
    """Absent: the type's own, which is `normal` unless it says otherwise."""
    max_retries: MaxRetries | UnsetType = UNSET
    webhook_url: Annotated[str, Meta(max_length=2_048, pattern="^https?://")] | None = None
    timeout_seconds: TimeoutSeconds | None = None
    tags: Annotated[list[Tag], Meta(max_length=MAX_TAGS)] = []


class JobOrder(JobTemplate, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request to run a job (SPEC §2)."""

    idempotency_key: IdempotencyKey | None = None
    scheduled_at: datetime | None = None
    delay_seconds: Annotated[float, Meta(ge=0, le=MAX_DELAY_SECONDS)] | None = None


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """What a job will probably take, as its type guesses from the payload."""

    seconds: Annotated[float, Meta(ge=0)] | None = None
    """Run time of one attempt."""
    note: Annotated[str, Meta(max_length=200)] | None = None
    """What the guess does not say, such as `up to 50 pages`."""


class Progress(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How far an attempt has come; every part may be unknown."""

    percent: float | None = None
    """0 to 100."""
    current: float | None = None
    total: float | None = None
    stage: str | None = None
    message: str | None = None


class JobRow(msgspec.Struct, frozen=True, kw_only=True):
    """A job without its payload, result and error text: a list item, and what frames carry."""

    id: UUID
    type: str
    priority: Priority
    status: JobStatus
    attempt: int
    """Attempts ever started; only rises, and is the fence of every write out of `running`."""
    failures: int
    """Failures counted against `max_retries`."""
    max_retries: int
    version: int
    created_at: datetime
    run_at: datetime
    """When it is or was due."""
    queued_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    duration_seconds: float | None = None
    """Run time of the last finished attempt."""
    timeout_seconds: int
    cancel_requested_at: datetime | None = None
    worker_id: UUID | None = None
    created_by: UUID | None = None
    tags: list[str] = []
    summary: str | None = None
    """What the job type says about the payload, in one line."""
    progress: Progress | None = None
    error_class: ErrorClass | None = None
