"""Filters of jobs, compiled to SQL: what supplies candidates, and what each of them must pass.

`JobFilters` holds what was asked, `plan` makes it a list of parts that all must hold. A part can
always be checked on one job by key, and most can drive: supply the ids of their jobs newest first,
by an index that ends in the id.
"""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, NamedTuple
from uuid import UUID

import msgspec
from msgspec import Meta

from taskforge.core.ids import floor_id
from taskforge.core.priority import Priority
from taskforge.core.query import MAX_LENGTH, parse
from taskforge.core.query_terms import Term, When, Words, write
from taskforge.core.states import JobStatus
from taskforge.db.job_parts import Part, part

WORD_PATTERN: Final = r"^[^\x00\ud800-\udfff]+$"
"""What can be compared with a stored text: PostgreSQL knows no NUL and no lone surrogates."""
Word = Annotated[str, Meta(min_length=1, max_length=64, pattern=WORD_PATTERN)]
Search = Annotated[str, Meta(min_length=1, max_length=MAX_LENGTH, pattern=WORD_PATTERN)]
Moment = Annotated[datetime, Meta(tz=True)]

CLOCK_SLACK_MS: Final = 5_000
"""An id is made by an API process, `created_at` by the database: so far their clocks may differ."""

EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(9999, 12, 1, tzinfo=UTC)
EVERY_JOB: Final = "SELECT id FROM jobs WHERE id BETWEEN :oldest AND :newest"
"""The source where no part is one."""
LAST_ID: Final = UUID(int=(1 << 128) - 1)


class JobFilters(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What to list; every part narrows, an absent one does not."""

    status: frozenset[JobStatus] = frozenset()
    type: frozenset[Word] = frozenset()
    priority: frozenset[Priority] = frozenset()
    tag: Word | None = None
    created_by: UUID | None = None
    worker_id: UUID | None = None
    """Jobs that this worker runs or ran, in any attempt."""
    created_after: Moment | None = None
    """From this moment on."""
    created_before: Moment | None = None
    """Before this moment."""
    q: Search | None = None
    """A search in the grammar of `core.query`."""

    def scope(self, me: UUID | None = None) -> bytes:
        """A canonical form, equal for equal filters, for `core.cursor`.

        Args:
            me: who asks: a search may mean another thing for others.

        Raises:
            Invalid: the search cannot be understood.
        """
        search = self.q and write(parse(self.q))
        same = msgspec.structs.replace(self, q=search)
        asker = me.bytes if me and self.q else b""
        return b"jobs" + asker + msgspec.json.encode(same, order="deterministic")


class Plan(NamedTuple):
    """How a set of filters is answered."""

    parts: list[Part]
    """All must hold; those that can drive first, the most promising at the head."""
    oldest: UUID
    newest: UUID
    """Ids of jobs that fit lie between these, both included."""

    @property
    def sources(self) -> list[str]:
        """Queries that can drive, the most promising first; one at least."""
        return [it.source for it in self.parts if it.source] or [EVERY_JOB]

    def checks(self, source: str | None = None) -> tuple[str, ...]:
        """What a job `c` must pass, where this source supplied it, or else wherever it is from."""
        return tuple(
            it.check for it in self.parts if not (source and it.exact and it.source == source)
        )

    @property
    def values(self) -> dict[str, Any]:
        """Parameters of all parts."""
        return {name: value for part in self.parts for name, value in part.values.items()}


def plan(filters: JobFilters, *, me: UUID | None = None, now: datetime | None = None) -> Plan:
    """Compile filters.

    Args:
        filters: what to find.
        me: whom `created_by:me` means in the search.
        now: what `-2h` counts from; the clock by default.

    Raises:
        Invalid: the search cannot be understood.
    """
    now = now or datetime.now(UTC)
    terms = [*_given(filters), *(parse(filters.q) if filters.q else ())]
    settled = [_settled(term, me, now) for term in terms]
    parts = [part(n, term) for n, term in enumerate(settled)]
    oldest, newest = UUID(int=0), LAST_ID
    for term in settled:
        if isinstance(term, When) and not term.negated:
            oldest, newest = _narrowed(term, oldest, newest)
    return Plan(sorted(parts, key=lambda it: it.rank), oldest, newest)


def _given(filters: JobFilters) -> list[Term]:
    """What is asked beside the search, as terms of one."""
    words = {
        "tag": [filters.tag] if filters.tag else [],
        "worker": [str(filters.worker_id)] if filters.worker_id else [],
        "status": sorted(filters.status),
        "type": sorted(filters.type),
        "created_by": [str(filters.created_by)] if filters.created_by else [],
        "priority": sorted(filters.priority),
    }
    moments = {">=": filters.created_after, "<": filters.created_before}
    return [
        *(Words(key=key, values=tuple(map(str, found))) for key, found in words.items() if found),
        *(
            When(key="created", operator=operator, values=(at,))
            for operator, at in moments.items()
            if at
        ),
    ]


def _settled(term: Term, me: UUID | None, now: datetime) -> Term:
    """The term without anything that depends on who asks, and when."""
    if isinstance(term, When):
        return msgspec.structs.replace(term, values=(_moment(term.values[0], now),))
    if isinstance(term, Words) and term.key == "created_by" and me:
        values = tuple(str(me) if value == "me" else value for value in term.values)
        return msgspec.structs.replace(term, values=values)
    return term


def _moment(at: datetime | timedelta, now: datetime) -> datetime:
    """The moment, moved into what every layer below can express."""
    if isinstance(at, timedelta):
        at = now - min(at, now - EARLIEST)
    return min(max(at, EARLIEST), LATEST)


def _narrowed(term: When, oldest: UUID, newest: UUID) -> tuple[UUID, UUID]:
    """The ids that a moment leaves; no job has finished before it was created."""
    (at,) = term.values
    if isinstance(at, timedelta):
        raise TypeError("the term is not settled")
    milliseconds = (at - EARLIEST) // timedelta(milliseconds=1)
    if term.operator in ("<", "<="):
        return oldest, min(newest, floor_id(milliseconds + CLOCK_SLACK_MS))
    if term.key == "created":
        return max(oldest, floor_id(milliseconds - CLOCK_SLACK_MS)), newest
    return oldest, newest
