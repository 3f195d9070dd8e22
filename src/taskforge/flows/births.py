"""New jobs, from checked drafts to rows, hints and frames; single submits share round trips."""

import time
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from taskforge.bus.stream import EventStream
from taskforge.core.batch import Batcher
from taskforge.core.errors import Invalid
from taskforge.core.job import JobRow
from taskforge.core.people import Principal
from taskforge.core.priority import BY_RANK
from taskforge.core.states import JobStatus
from taskforge.db.audit import Deed, deed
from taskforge.db.birth import Born, Draft, create
from taskforge.db.engine import was_refused
from taskforge.flows.frames import moved
from taskforge.flows.hints import Hinter
from taskforge.metrics.jobs import Kind, Source
from taskforge.metrics.jobs import submitted as count_submitted
from taskforge.tracing.jobs import hinted

BATCH = 256
"""Most single submits that one statement carries."""
FLIGHTS = 2
"""One batch commits while the one before it is hinted."""
NAMED = 10
"""Of how many jobs the audit of a bulk call names the first."""


class _Ask(NamedTuple):
    draft: Draft
    deed: Deed


class Births:
    """Creates jobs; `put` is for single submits, `create` for a list that is one already."""

    def __init__(self, db: AsyncEngine, hinter: Hinter, stream: EventStream) -> None:
        self._db = db
        self._hinter = hinter
        self._stream = stream
        self._batcher: Batcher[_Ask, JobRow] = Batcher(self._each, limit=BATCH, flights=FLIGHTS)

    async def put(self, draft: Draft, by: Principal) -> JobRow:
        """Create one job together with whatever else is being submitted right now.

        Raises:
            Invalid: the draft has a value that cannot be stored.
        """
        return await self._batcher.put(_Ask(draft, submitted([draft], by)))

    async def create(self, drafts: Sequence[Draft], by: Principal) -> list[JobRow]:
        """Create the jobs of one call in one transaction, then hint and announce them.

        Raises:
            Invalid: one of them has a value that cannot be stored; none is created.
        """
        return await self._create(drafts, [submitted(drafts, by)], "bulk")

    async def _create(
        self, drafts: Sequence[Draft], deeds: Sequence[Deed], source: Source
    ) -> list[JobRow]:
        try:
            async with self._db.connect() as connection:
                born = await create(connection, drafts, deeds)
        except (DBAPIError, UnicodeEncodeError) as error:
            if not was_refused(error):
                raise
            raise Invalid("the order has a value that cannot be stored") from error
        return await self.tell(drafts, born, source)

    async def _each(self, asks: Sequence[_Ask]) -> Sequence[JobRow | BaseException]:
        """Orders of strangers share a statement, but not its failure."""
        try:
            drafts, deeds = zip(*asks, strict=True)
            return await self._create(drafts, deeds, "single")
        except Invalid as error:
            if len(asks) == 1:
                return [error]
            return [(await self._each([ask]))[0] for ask in asks]

    async def tell(
        self, drafts: Sequence[Draft], born: dict[UUID, Born], source: Source
    ) -> list[JobRow]:
        """Count, hint and announce what a transaction has created; call it after the commit."""
        count_submitted((Kind(BY_RANK[it.rank], it.type) for it in drafts), source)
        rows = [_row(draft, born[draft.id]) for draft in drafts]
        due = [(row.priority, row.id) for row in rows if row.status is JobStatus.QUEUED]
        began_ns = time.time_ns()
        taken = await self._hinter.hint(due)
        origins = [it.traceparent for it in drafts if born[it.id].queued_at]
        hinted(origins, began_ns=began_ns, taken=taken)
        self._stream.announce_soon([moved(row, row.created_at) for row in rows])
        return rows


def submitted(drafts: Sequence[Draft], by: Principal) -> Deed:
    """The deed of a call that makes these jobs, at least one."""
    first = drafts[0]
    if len(drafts) == 1:
        about = {"type": first.type, "priority": BY_RANK[first.rank]}
        return deed(by, "job.submitted", f"job:{first.id}", after=about)
    about = {"count": len(drafts), "first": [draft.id for draft in drafts[:NAMED]]}
    return deed(by, "job.submitted", None, after=about)


def _row(draft: Draft, born: Born) -> JobRow:
    return JobRow(
        id=draft.id,
        type=draft.type,
        priority=BY_RANK[draft.rank],
        status=born.status,
        attempt=0,
        failures=0,
        max_retries=draft.max_retries,
        version=1,
        created_at=born.created_at,
        run_at=born.run_at,
        queued_at=born.queued_at,
        timeout_seconds=draft.timeout_seconds,
        created_by=draft.created_by,
        tags=draft.tags,
        summary=draft.summary,
    )
