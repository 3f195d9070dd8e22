"""All jobs that match some filters: their ids in batches, their number, themselves under lock.

Candidates come from one index, newest first, so many at a time; where few of them match, a batch
is small or empty and the next one goes on below it. So every statement here is bounded, in a table
of any size, and what it takes in all is decided by the caller.
"""

import time
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.operation import Standing
from taskforge.core.priority import BY_RANK
from taskforge.core.states import JobStatus
from taskforge.db.job_filters import Plan

REACH = 5_000
"""Candidates that are looked at for one batch of ids."""
COUNT_REACH = 20_000
"""Candidates that are counted at a time."""

_FOUND = """
WITH found AS MATERIALIZED (
    SELECT id FROM ({source}) AS s ORDER BY id DESC LIMIT :reach
)
"""
_END = """
(SELECT count(*) FROM found) AS candidates, (SELECT id FROM found ORDER BY id LIMIT 1) AS reached
""".strip()


class _Selection(NamedTuple):
    """SQL: `rest` is to be checked of a row `c` from the source, `whole` of any other."""

    source: str
    rest: str
    whole: str
    values: dict[str, Any]


class Batch(NamedTuple):
    """Some of the jobs that match."""

    ids: list[UUID]
    """Newest first."""
    last: UUID | None
    """Pass it as `after` for the next batch; None when there is none. A batch may be empty and
    still have a next one."""


class Tally(NamedTuple):
    """How many jobs match, by how they stand."""

    counts: Counter[Standing]
    exact: bool
    """Whether these are all."""


class Locked(NamedTuple):
    """A job that stays as it is until the transaction ends."""

    type: str
    standing: Standing
    fits: bool
    """Whether it matches the filters now."""


async def list_ids(
    connection: AsyncConnection, plan: Plan, *, after: UUID | None, limit: int
) -> Batch:
    """The next jobs that match.

    Args:
        connection: any; it is one statement.
        plan: which jobs.
        after: `last` of the batch before; None for the first.
        limit: most ids, up to `REACH`.
    """
    selection = _select(plan)
    values = _values(selection, after, REACH) | {"limit": limit}
    statement = _list(selection.source, selection.rest)
    row = (await connection.execute(statement, values)).one()
    ids: list[UUID] = row.ids
    if len(ids) == limit:
        return Batch(ids, ids[-1])
    return Batch(ids, row.reached if row.candidates == REACH else None)


async def count_jobs(connection: AsyncConnection, plan: Plan, *, seconds: float) -> Tally:
    """Count the jobs that match, part by part until the time is up.

    Args:
        connection: any; each part is one statement.
        plan: which jobs.
        seconds: after which no further part is begun.
    """
    selection = _select(plan)
    statement = _count(selection.source, selection.rest)
    until = time.monotonic() + seconds
    counts: Counter[Standing] = Counter()
    after: UUID | None = None
    while True:
        values = _values(selection, after, COUNT_REACH)
        rows = (await connection.execute(statement, values)).all()
        for row in rows:
            if row.status is not None:
                counts[_standing(row)] += row.n
        if rows[0].candidates < COUNT_REACH:
            return Tally(counts, exact=True)
        if time.monotonic() > until:
            return Tally(counts, exact=False)
        after = rows[0].reached


async def lock_jobs(
    connection: AsyncConnection, ids: Sequence[UUID], plan: Plan
) -> dict[UUID, Locked]:
    """Lock jobs in id order, as every move does; those that do not exist are absent.

    Args:
        connection: in a transaction.
        ids: which.
        plan: what to check them against, once they are locked.
    """
    selection = _select(plan)
    values = selection.values | {"ids": list(ids)}
    rows = await connection.execute(_lock(selection.whole), values)
    return {row.id: Locked(row.type, _standing(row), row.fits) for row in rows}


def _select(plan: Plan) -> _Selection:
    source = plan.sources[0]
    rest, whole = (" AND ".join(some) or "true" for some in (plan.checks(source), plan.checks()))
    values = {**plan.values, "oldest": plan.oldest, "newest": plan.newest}
    return _Selection(source, rest, whole, values)


def _values(selection: _Selection, after: UUID | None, reach: int) -> dict[str, Any]:
    newest: UUID = selection.values["newest"]
    if after is not None:
        newest = min(newest, UUID(int=max(after.int - 1, 0)))
    return {**selection.values, "newest": newest, "reach": reach}


def _standing(row: Any) -> Standing:
    return Standing(JobStatus(row.status), row.stop_asked, BY_RANK[row.priority])


@lru_cache(maxsize=512)
def _list(source: str, rest: str) -> TextClause:
    return text(f"""
        {_FOUND.format(source=source)}
        SELECT {_END}, ARRAY(
            SELECT f.id FROM (SELECT id FROM found ORDER BY id DESC) AS f
            CROSS JOIN LATERAL (
                SELECT FROM jobs c WHERE c.id = f.id AND {rest} OFFSET 0) AS passed
            ORDER BY f.id DESC LIMIT :limit) AS ids
    """)


@lru_cache(maxsize=512)
def _count(source: str, rest: str) -> TextClause:
    return text(f"""
        {_FOUND.format(source=source)}
        SELECT e.*, t.* FROM (SELECT {_END}) AS e LEFT JOIN (
            SELECT p.status, p.stop_asked, p.priority, count(*) AS n FROM found f
            CROSS JOIN LATERAL (
                SELECT c.status, c.cancel_requested_at IS NOT NULL AS stop_asked, c.priority
                FROM jobs c WHERE c.id = f.id AND {rest} OFFSET 0) AS p
            GROUP BY p.status, p.stop_asked, p.priority) AS t ON true
    """)


@lru_cache(maxsize=512)
def _lock(whole: str) -> TextClause:
    return text(f"""
        SELECT c.id, c.type, c.status, c.cancel_requested_at IS NOT NULL AS stop_asked, c.priority,
               (c.id BETWEEN :oldest AND :newest AND {whole}) AS fits
        FROM jobs c WHERE c.id = ANY(CAST(:ids AS uuid[]))
        ORDER BY c.id FOR NO KEY UPDATE OF c
    """)
