"""The list of jobs: newest first, by keyset, at a cost that does not grow with the table.

Ids are UUIDv7, so their order is the order of creation. One filter drives: an index that holds
its rows in id order supplies *candidates*; the other filters are checked on each candidate by key.
When a round of candidates does not fill the page, another filter gets its turn at driving, and
then the one that skipped most. After the last round the page comes short, with a cursor that goes
on where the scan ended. So no combination of filters reads more than a fixed number of rows, in a
table of any size (R-84).

Lookups by key are `LATERAL … OFFSET 0`: the planner must not turn them into a scan of the table
when it misjudges how many candidates there are.
"""

from functools import lru_cache
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import RowMapping, TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.history import JobItem
from taskforge.db.job_filters import JobFilters, plan
from taskforge.db.rows import ROW_COLUMNS, job_fields

REACHES: Final = (256, 512, 2_048)
"""Candidates that each round may look at, when they have to be checked."""


class JobPage(NamedTuple):
    """A page, and where the next one starts."""

    items: list[JobItem]
    last: UUID | None
    """Pass it as `after` for the next page; None when the list has ended. A page may be short, or
    empty, and still have a next one."""


async def list_jobs(
    connection: AsyncConnection,
    filters: JobFilters,
    *,
    after: UUID | None,
    limit: int,
    me: UUID | None = None,
) -> JobPage:
    """One page of jobs, newest first.

    Args:
        connection: any; each round is one statement.
        filters: what to list.
        after: `last` of the page before; None for the first page.
        limit: most items, 1 to 200.
        me: whom `created_by:me` means.

    Raises:
        Invalid: the search cannot be understood.
    """
    asked = plan(filters, me=me)
    sources, oldest, newest = asked.sources, asked.oldest, asked.newest
    if after is not None:
        newest = min(newest, _before(after))
    items: list[JobItem] = []
    skipped: dict[str, int] = {}
    for turn, reach in enumerate(REACHES if asked.checks(sources[0]) else (limit + 1,)):
        untried = sources[turn:]
        source = untried[0] if untried else max(skipped, key=skipped.__getitem__)
        values = {
            **asked.values,
            "oldest": oldest,
            "newest": newest,
            "reach": reach,
            "limit": limit + 1 - len(items),
        }
        statement = _statement(source, asked.checks(source))
        rows = (await connection.execute(statement, values)).mappings().all()
        items += [_item(row) for row in rows if row["id"] is not None]
        if len(items) > limit:
            return JobPage(items[:limit], items[limit - 1].id)
        if rows[0]["candidates"] < reach:
            return JobPage(items, None)
        reached: UUID = rows[0]["reached"]
        skipped[source] = (newest.int - reached.int) // reach
        newest = _before(reached)
    return JobPage(items, UUID(int=newest.int + 1))


def _before(id_: UUID) -> UUID:
    return UUID(int=max(id_.int - 1, 0))


@lru_cache(maxsize=512)
def _statement(source: str, checks: tuple[str, ...]) -> TextClause:
    passed = ""
    if checks:
        passed = f"""CROSS JOIN LATERAL (
            SELECT FROM jobs c WHERE c.id = f.id AND {" AND ".join(checks)} OFFSET 0) AS passed"""
    return text(f"""
        WITH found AS MATERIALIZED (
            SELECT id FROM ({source}) AS s ORDER BY id DESC LIMIT :reach
        ),
        page AS MATERIALIZED (
            SELECT f.id FROM (SELECT id FROM found ORDER BY id DESC) AS f {passed} LIMIT :limit
        )
        SELECT e.candidates, e.reached, p.*
        FROM (SELECT count(*) AS candidates, (SELECT id FROM found ORDER BY id LIMIT 1) AS reached
              FROM found) AS e
        LEFT JOIN (
            SELECT {ROW_COLUMNS}, d.webhook_url, d.idempotency_key FROM page
            CROSS JOIN LATERAL (SELECT * FROM jobs WHERE id = page.id OFFSET 0) AS j
            CROSS JOIN LATERAL (SELECT * FROM job_details WHERE job_id = page.id OFFSET 0) AS d
        ) AS p ON true
        ORDER BY p.id DESC
    """)


def _item(row: RowMapping) -> JobItem:
    return JobItem(
        **job_fields(row),
        webhook_url=row["webhook_url"],
        idempotency_key=row["idempotency_key"],
    )
