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

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Annotated, Any, Final, NamedTuple
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import RowMapping, TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.history import JobItem
from taskforge.core.ids import floor_id
from taskforge.core.priority import Priority
from taskforge.core.states import JobStatus
from taskforge.db.rows import ROW_COLUMNS, job_fields

WORD_PATTERN: Final = r"^[^\x00\ud800-\udfff]+$"
"""What can be compared with a stored text: PostgreSQL knows no NUL and no lone surrogates."""
Word = Annotated[str, Meta(min_length=1, max_length=64, pattern=WORD_PATTERN)]
Moment = Annotated[datetime, Meta(tz=True)]

REACHES: Final = (256, 512, 2_048)
"""Candidates that each round may look at, when they have to be checked."""

CLOCK_SLACK_MS: Final = 5_000
"""An id is made by an API process, `created_at` by the database: so far their clocks may differ."""

_ID_PREFIX_DIGITS: Final = 8
"""Shorter words of hexadecimal digits are words: `cafe` is a tag before it is an id."""
_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(9999, 12, 1, tzinfo=UTC)
_LAST_ID: Final = UUID(int=(1 << 128) - 1)


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
    q: Word | None = None
    """The first 8 or more digits of an id, or else a whole tag or type."""

    def scope(self) -> bytes:
        """A canonical form, equal for equal filters, for `core.cursor`."""
        return b"jobs" + msgspec.json.encode(self, order="deterministic")


class JobPage(NamedTuple):
    """A page, and where the next one starts."""

    items: list[JobItem]
    last: UUID | None
    """Pass it as `after` for the next page; None when the list has ended. A page may be short, or
    empty, and still have a next one."""


class _Scan(NamedTuple):
    """How a set of filters is answered."""

    sources: list[str]
    """Filters that can drive, the most promising first."""
    given: frozenset[str]
    values: dict[str, Any]


_SOURCES: Final = {
    "all": "SELECT id FROM jobs WHERE id BETWEEN :oldest AND :newest",
    "tag": """
        SELECT job_id AS id FROM job_tags
        WHERE tag = :tag AND job_id BETWEEN :oldest AND :newest""",
    "creator": """
        SELECT job_id AS id FROM job_details
        WHERE created_by = :creator AND job_id BETWEEN :oldest AND :newest""",
    "worker": """
        (SELECT DISTINCT job_id AS id FROM job_attempts
         WHERE worker_id = :worker AND job_id BETWEEN :oldest AND :newest
         ORDER BY job_id DESC LIMIT :reach)
        UNION
        (SELECT id FROM jobs
         WHERE worker_id = :worker AND status = 'running' AND id BETWEEN :oldest AND :newest
         ORDER BY id DESC LIMIT :reach)""",
    "word": """
        (SELECT job_id AS id FROM job_tags
         WHERE tag = :word AND job_id BETWEEN :oldest AND :newest
         ORDER BY job_id DESC LIMIT :reach)
        UNION
        (SELECT job_id FROM job_details
         WHERE type = :word AND job_id BETWEEN :oldest AND :newest
         ORDER BY job_id DESC LIMIT :reach)""",
    "status": """
        SELECT s.id FROM unnest(CAST(:statuses AS text[])) AS v CROSS JOIN LATERAL (
            SELECT id FROM jobs WHERE status = v AND id BETWEEN :oldest AND :newest
            ORDER BY id DESC LIMIT :reach) AS s""",
    "type": """
        SELECT s.id FROM unnest(CAST(:types AS text[])) AS v CROSS JOIN LATERAL (
            SELECT job_id AS id FROM job_details
            WHERE type = v AND job_id BETWEEN :oldest AND :newest
            ORDER BY job_id DESC LIMIT :reach) AS s""",
    "priority": """
        SELECT s.id FROM unnest(CAST(:priorities AS smallint[])) AS v CROSS JOIN LATERAL (
            SELECT job_id AS id FROM job_details
            WHERE priority = v AND job_id BETWEEN :oldest AND :newest
            ORDER BY job_id DESC LIMIT :reach) AS s""",
}
"""Each by an index that ends in the id. Several values of one filter are as many scans, merged."""

_CHECKS: Final = {
    "tag": "EXISTS (SELECT FROM job_tags t WHERE t.tag = :tag AND t.job_id = c.id)",
    "worker": """(c.worker_id = :worker AND c.status = 'running' OR EXISTS (
        SELECT FROM job_attempts a WHERE a.worker_id = :worker AND a.job_id = c.id))""",
    "word": """(c.type = :word OR EXISTS (
        SELECT FROM job_tags t WHERE t.tag = :word AND t.job_id = c.id))""",
    "status": "c.status = ANY(CAST(:statuses AS text[]))",
    "type": "c.type = ANY(CAST(:types AS text[]))",
    "creator": """EXISTS (
        SELECT FROM job_details d WHERE d.job_id = c.id AND d.created_by = :creator)""",
    "priority": "c.priority = ANY(CAST(:priorities AS smallint[]))",
    "after": "c.created_at >= :after",
    "before": "c.created_at < :before",
}

_PREFERENCE: Final = ("tag", "worker", "word", "status", "type", "creator", "priority")
"""Which filter drives first: the one that usually leaves the fewest candidates."""


async def list_jobs(
    connection: AsyncConnection, filters: JobFilters, *, after: UUID | None, limit: int
) -> JobPage:
    """One page of jobs, newest first.

    Args:
        connection: any; each round is one statement.
        filters: what to list.
        after: `last` of the page before; None for the first page.
        limit: most items, 1 to 200.
    """
    scan = _plan(filters)
    oldest, newest = _bounds(filters)
    if after is not None:
        newest = min(newest, _before(after))
    items: list[JobItem] = []
    skipped: dict[str, int] = {}
    has_checks = scan.given - set(scan.sources[:1])
    for turn, reach in enumerate(REACHES if has_checks else (limit + 1,)):
        untried = scan.sources[turn:]
        source = untried[0] if untried else max(skipped, key=skipped.__getitem__)
        values = {
            **scan.values,
            "oldest": oldest,
            "newest": newest,
            "reach": reach,
            "limit": limit + 1 - len(items),
        }
        statement = _statement(source, scan.given - {source})
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


def _plan(filters: JobFilters) -> _Scan:
    values: dict[str, Any] = {
        "tag": filters.tag,
        "worker": filters.worker_id,
        "word": None if _id_prefix(filters.q) else filters.q,
        "status": sorted(filters.status),
        "type": sorted(filters.type),
        "creator": filters.created_by,
        "priority": sorted(priority.rank for priority in filters.priority),
        "after": _within(filters.created_after),
        "before": _within(filters.created_before),
    }
    given = {name for name, value in values.items() if value}
    bound = {_PARAMETERS.get(name, name): values[name] for name in given}
    return _Scan(_sources(filters, given), frozenset(given), bound)


_PARAMETERS: Final = {"status": "statuses", "type": "types", "priority": "priorities"}


def _sources(filters: JobFilters, given: set[str]) -> list[str]:
    sources = [name for name in _PREFERENCE if name in given]
    if JobStatus.SUCCESS in filters.status:  # most jobs have succeeded: it rules out little
        sources.sort(key=lambda name: name == "status")
    return sources or ["all"]


def _bounds(filters: JobFilters) -> tuple[UUID, UUID]:
    """The ids, both included, that the filters on time and on the id itself leave."""
    oldest, newest = UUID(int=0), _LAST_ID
    if filters.created_after:
        oldest = floor_id(_epoch_ms(filters.created_after) - CLOCK_SLACK_MS)
    if filters.created_before:
        newest = floor_id(_epoch_ms(filters.created_before) + CLOCK_SLACK_MS)
    prefix = _id_prefix(filters.q)
    if prefix:
        oldest = max(oldest, UUID(hex=prefix.ljust(32, "0")))
        newest = min(newest, UUID(hex=prefix.ljust(32, "f")))
    return oldest, newest


def _id_prefix(word: str | None) -> str | None:
    digits = (word or "").replace("-", "").lower()
    is_id = _ID_PREFIX_DIGITS <= len(digits) <= 32 and not set(digits) - set("0123456789abcdef")
    return digits if is_id else None


def _epoch_ms(moment: datetime) -> int:
    return (moment - _EARLIEST) // timedelta(milliseconds=1)


def _within(moment: datetime | None) -> datetime | None:
    """The moment, moved into what every layer below can express."""
    return moment and min(max(moment, _EARLIEST), _LATEST)


@lru_cache(maxsize=512)
def _statement(source: str, checks: frozenset[str]) -> TextClause:
    passed = ""
    if checks:
        conditions = " AND ".join(_CHECKS[name] for name in sorted(checks))
        passed = f"""CROSS JOIN LATERAL (
            SELECT FROM jobs c WHERE c.id = f.id AND {conditions} OFFSET 0) AS passed"""
    return text(f"""
        WITH found AS MATERIALIZED (
            SELECT id FROM ({_SOURCES[source]}) AS s ORDER BY id DESC LIMIT :reach
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
