"""Requests and answers about jobs and what runs them, as far as core does not have them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar.params import QueryParameter
from msgspec import Meta

from taskforge.api.errors import Problem
from taskforge.core.errors import Fault, Invalid
from taskforge.core.events import LogLine
from taskforge.core.files import Upload
from taskforge.core.fleet import QueueView, WorkerView
from taskforge.core.history import ArtifactRecord, JobItem
from taskforge.core.job import MAX_BULK, JobRow
from taskforge.core.priority import Priority
from taskforge.core.query import MAX_LENGTH
from taskforge.core.states import JobStatus
from taskforge.core.statistics import Spread
from taskforge.db.job_filters import WORD_PATTERN, JobFilters, Moment, Word

ORDER_EXAMPLE: Final[dict[str, Any]] = {
    "type": "data_processing",
    "payload": {"dataset": "sales_q1", "operation": "aggregate", "rows": 50_000},
    "priority": "high",
    "tags": ["nightly"],
}
"""A job that runs anywhere, for the API's description."""

PAGE = 50
MAX_PAGE = 200
MAX_LIMIT = 100_000

SEARCH_WORDS: Final = """
A search, such as `status:failed type:email error:"timed out" created>-2h -tag:nightly`. All terms
must hold; `-` negates one, and commas give alternatives. Keys: `type`, `status` (or `state`),
`priority`, `queue`, `tag`, `worker` (id, 8 or more digits of one, or host), `id` (or its first
digits), `created_by` (id, name or `me`), `schedule` (id or name), `error` (words in a row),
`failure` (a fingerprint), `payload.path.to:value` (in arrays too), `created` and `finished` with
`<` or `>` (a span back from now such as `-2h`, a day in UTC, or a moment), `duration>30s`,
`attempt>=2`, `failures>=1`. A word without a key is a tag, a type, 8 or more digits of an id, or a
word of an error. What is not understood is refused with its `position`.
""".strip().replace("\n", " ")
_WORD: Final[dict[str, Any]] = {"min_length": 1, "max_length": 64, "pattern": WORD_PATTERN}
MOMENT: Final[dict[str, Any]] = {"schema_extra": {"format": "date-time"}}
"""What makes a text parameter a moment, for the description; `read_moment` reads it."""

Limit = Annotated[int, QueryParameter(ge=1, le=MAX_PAGE, description="Most items in the page.")]
Cursor = Annotated[str | None, QueryParameter(description="`next_cursor` of the page before.")]


def read_moment(name: str, text: str | None) -> datetime | None:
    """The moment that a query parameter gives.

    Read here and not by Litestar, which would take `0` for the beginning of 1970.

    Raises:
        Invalid: it is no moment, or does not say its time zone.
    """
    if text is None:
        return None
    try:
        moment = msgspec.convert(text, Moment)
    except msgspec.ValidationError:
        detail = "must be a moment with its time zone, such as 2026-01-31T08:00:00Z"
        raise Invalid(f"`{name}` {detail}.", code="invalid_parameter",
                      faults=[Fault("", detail, parameter=name)]) from None  # fmt: skip
    return in_utc(moment, parameter=name)


def in_utc(moment: datetime, *, pointer: str = "", parameter: str | None = None) -> datetime:
    """The moment, as every server behind us can tell it.

    Args:
        moment: with its zone.
        pointer: where it stands in a body.
        parameter: or the query parameter.

    Raises:
        Invalid: in UTC it is outside the years 1 to 9999.
    """
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        fault = Fault(pointer, "lies beyond the calendar", parameter)
        code = "invalid_parameter" if parameter else None
        detail = f"`{parameter or pointer}` {fault.message}."
        raise Invalid(detail, code=code, faults=[fault]) from None


@dataclass(frozen=True, kw_only=True)
class JobQuery:
    """The query parameters of a list of jobs; each may be left out, lists are repeated."""

    status: Annotated[
        list[JobStatus] | None, QueryParameter(description="Any of these.", max_items=8)
    ] = None
    type: Annotated[
        list[Word] | None, QueryParameter(description="Any of these.", max_items=20)
    ] = None
    priority: Annotated[
        list[Priority] | None, QueryParameter(description="Any of these.", max_items=4)
    ] = None
    tag: Annotated[str | None, QueryParameter(description="One whole tag.", **_WORD)] = None
    created_by: Annotated[UUID | None, QueryParameter(description="Id of an account.")] = None
    worker_id: Annotated[
        UUID | None, QueryParameter(description="A worker that runs or ran an attempt.")
    ] = None
    created_after: Annotated[
        str | None, QueryParameter(description="From this moment on (RFC 3339).", **MOMENT)
    ] = None
    created_before: Annotated[
        str | None, QueryParameter(description="Before this moment (RFC 3339).", **MOMENT)
    ] = None
    q: Annotated[
        str | None,
        QueryParameter(
            description=SEARCH_WORDS, min_length=1, max_length=MAX_LENGTH, pattern=WORD_PATTERN
        ),
    ] = None

    def filters(self) -> JobFilters:
        """What to list.

        Raises:
            Invalid: a moment that is none, or without a time zone.
        """
        return JobFilters(
            status=frozenset(self.status or ()),
            type=frozenset(self.type or ()),
            priority=frozenset(self.priority or ()),
            tag=self.tag,
            created_by=self.created_by,
            worker_id=self.worker_id,
            created_after=read_moment("created_after", self.created_after),
            created_before=read_moment("created_before", self.created_before),
            q=self.q,
        )


class JobPage(msgspec.Struct, frozen=True, kw_only=True):
    """Jobs, newest first. A page may be short, or empty, and still have a next one."""

    items: list[JobItem]
    next_cursor: str | None


class LogPage(msgspec.Struct, frozen=True, kw_only=True):
    """Log lines, oldest first."""

    items: list[LogLine]
    next_cursor: str | None
    """The `after` of the next page; null when these are all there are so far."""


class ArtifactPage(msgspec.Struct, frozen=True, kw_only=True):
    """All files of a job."""

    items: list[ArtifactRecord]
    next_cursor: None = None


class UploadPage(msgspec.Struct, frozen=True, kw_only=True):
    """Uploads, newest first."""

    items: list[Upload]
    next_cursor: str | None


class WorkerPage(msgspec.Struct, frozen=True, kw_only=True):
    """All registered workers."""

    items: list[WorkerView]
    next_cursor: None = None


class QueuePage(msgspec.Struct, frozen=True, kw_only=True):
    """All queues, the most urgent first."""

    items: list[QueueView]
    next_cursor: None = None


class LimitOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many jobs all workers together may run at once."""

    concurrency_limit: Annotated[int, Meta(ge=0, le=MAX_LIMIT)] | None
    """0 starts none; null lifts the limit."""


class AcceptedJob(JobRow, frozen=True, kw_only=True):
    """A job as submitted."""

    payload: Mapping[str, Any]
    """As checked, with the defaults of its type filled in."""


class BulkOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Many orders at once."""

    jobs: Annotated[
        list[Any],
        Meta(
            min_length=1,
            max_length=MAX_BULK,
            description="Orders as for a single job; each is checked by itself.",
        ),
    ]
    atomic: bool = False
    """All or nothing."""


class BulkItem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of one order."""

    index: int
    status: int
    """What a single call would have answered: 201, 200 (a repeat), or an error's."""
    job: JobRow | None = None
    problem: Problem | None = None


class BulkOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of many orders, in their order."""

    items: Sequence[BulkItem]
    created: int
    replayed: int
    failed: int


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """Exact counts of the jobs there are, and how the last hour went."""

    total: int
    by_status: dict[JobStatus, int]
    by_type: dict[str, int]
    by_priority: dict[Priority, int]
    avg_duration_seconds: float | None
    """Mean run time of the attempts that ended a job in the last 60 minutes."""
    duration_seconds: Spread
    """Of the same attempts."""
    wait_seconds: Spread
    """From due to started, of the attempts that started in the last 60 minutes."""
    throughput_per_minute: float
    """Jobs that ended, averaged over the last 5 full minutes."""
    at: datetime
    """When the counts were exact; the figures of the last hour may be 5 seconds older."""
