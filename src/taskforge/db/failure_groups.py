"""Groups of failures as people see them: listed, shown, resolved, noted."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping, TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.failure_group import (
    HOURS,
    NEW_HOURS,
    FailureGroup,
    FailureOrder,
    FailureState,
)
from taskforge.core.failures import ErrorClass
from taskforge.core.fingerprint import normalise
from taskforge.core.priority import BY_RANK

REACH: Final = 5_000
"""Groups that are looked at for one page."""

_STATE: Final = f"""
CASE WHEN resolved_at IS NULL THEN
         CASE WHEN first_seen > statement_timestamp() - interval '{NEW_HOURS} hours'
         THEN 'new' ELSE 'known' END
     WHEN last_seen > resolved_at THEN 'regressed' ELSE 'resolved' END
""".strip()
_HOURLY: Final = f"""
ARRAY(SELECT COALESCE(h.n, 0) FROM generate_series({1 - HOURS}, 0) AS ago
      LEFT JOIN failure_hours h ON h.fingerprint = g.fingerprint AND h.hour
        = date_trunc('hour', statement_timestamp(), 'UTC') + ago * interval '1 hour'
      ORDER BY ago)
""".strip()
_SHOWN: Final = f"""
g.*, {_STATE} AS state, {_HOURLY} AS hourly,
(SELECT username FROM users u WHERE u.id = g.resolved_by) AS resolver
""".strip()
_CHECKS: Final = {
    "types": "type = ANY(CAST(:types AS text[]))",
    "states": f"({_STATE}) = ANY(CAST(:states AS text[]))",
    "words": """NOT EXISTS (SELECT FROM unnest(CAST(:words AS text[])) AS w
                 WHERE strpos(lower(concat_ws(' ', fingerprint, type, kind, message)), w) = 0)""",
}

_GET = text(f"SELECT {_SHOWN} FROM failure_groups g WHERE fingerprint = :fingerprint")
_LOCK = text("SELECT type FROM failure_groups WHERE fingerprint = :fingerprint FOR NO KEY UPDATE")
_RESOLVE = text("""
UPDATE failure_groups SET resolved_at = clock_timestamp(), resolved_by = :by
WHERE fingerprint = :fingerprint
""")
_REOPEN = text("""
UPDATE failure_groups SET resolved_at = NULL, resolved_by = NULL WHERE fingerprint = :fingerprint
""")
_NOTE = text("UPDATE failure_groups SET note = :note WHERE fingerprint = :fingerprint")


class FailureFilters(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which groups to list; every part narrows."""

    types: frozenset[str] = frozenset()
    states: frozenset[FailureState] = frozenset()
    words: frozenset[str] = frozenset()
    """All of them are in the fingerprint, type, kind or newest message; in lower case."""
    since: datetime | None = None
    """Last seen from this moment on."""
    order: FailureOrder = FailureOrder.LAST_SEEN

    def scope(self) -> bytes:
        """A canonical form, equal for equal filters, for `core.cursor`."""
        return b"failures" + msgspec.json.encode(self, order="deterministic")


class Place(NamedTuple):
    """Where a page ended: what the list is in the order of, of its last group."""

    at: datetime | int
    fingerprint: str


class FailurePage(NamedTuple):
    """A page; it may be short, or empty, and still have a next one."""

    items: list[FailureGroup]
    last: Place | None
    """Where the next one starts; None when the list has ended."""


async def list_groups(
    connection: AsyncConnection, filters: FailureFilters, *, after: Place | None, limit: int
) -> FailurePage:
    """One page, what was last seen, or came most often, first.

    Args:
        connection: any; it is one statement.
        filters: which groups.
        after: `last` of the page before.
        limit: most groups.
    """
    values: dict[str, Any] = {
        "types": sorted(filters.types), "states": sorted(filters.states),
        "words": sorted(filters.words),
    }  # fmt: skip
    given = frozenset(name for name, value in values.items() if value)
    bound = {name: values[name] for name in given}
    bound |= {"limit": limit + 1, "reach": REACH if given else limit + 1}
    if filters.since:
        bound["since"] = filters.since
    if after:
        bound |= {"after": after.at, "after_id": after.fingerprint}
    statement = _list(filters.order, given, since=filters.since is not None, on=after is not None)
    rows = (await connection.execute(statement, bound)).mappings().all()
    found = [row for row in rows if row["fingerprint"] is not None]
    items = [_group(row) for row in found[:limit]]
    if len(found) > limit:
        last = found[limit - 1]
        return FailurePage(items, Place(last[filters.order], last["fingerprint"]))
    if rows[0]["candidates"] < bound["reach"]:
        return FailurePage(items, None)
    return FailurePage(items, Place(rows[0]["reached"], rows[0]["reached_id"]))


async def get_group(connection: AsyncConnection, fingerprint: str) -> FailureGroup | None:
    """One group."""
    row = (await connection.execute(_GET, {"fingerprint": fingerprint})).mappings().first()
    return None if row is None else _group(row)


async def lock_group(connection: AsyncConnection, fingerprint: str) -> str | None:
    """Lock a group for a change in the caller's transaction; its type, None when there is none."""
    return await connection.scalar(_LOCK, {"fingerprint": fingerprint})


async def resolve(connection: AsyncConnection, fingerprint: str, by: UUID) -> None:
    """Say that it is over, as of now."""
    await connection.execute(_RESOLVE, {"fingerprint": fingerprint, "by": by})


async def reopen(connection: AsyncConnection, fingerprint: str) -> None:
    """Say that it is not over."""
    await connection.execute(_REOPEN, {"fingerprint": fingerprint})


async def set_note(connection: AsyncConnection, fingerprint: str, note: str | None) -> None:
    """Keep what people know of it."""
    await connection.execute(_NOTE, {"fingerprint": fingerprint, "note": note})


@lru_cache(maxsize=64)
def _list(order: FailureOrder, given: frozenset[str], *, since: bool, on: bool) -> TextClause:
    """The statement for these filters alone: what is not asked must not hide an index."""
    kind = "timestamptz" if order is FailureOrder.LAST_SEEN else "bigint"
    bounds = ["last_seen >= :since"] if since else []
    bounds += [f"({order}, fingerprint) < (CAST(:after AS {kind}), :after_id)"] if on else []
    checks = [_CHECKS[name] for name in sorted(given)]
    newest = f"ORDER BY {order} DESC, fingerprint DESC"
    return text(f"""
        WITH found AS MATERIALIZED (
            SELECT * FROM failure_groups WHERE {" AND ".join(bounds) or "true"}
            {newest} LIMIT :reach
        ),
        g AS MATERIALIZED (
            SELECT * FROM found WHERE {" AND ".join(checks) or "true"} {newest} LIMIT :limit
        ),
        reached AS (SELECT * FROM found ORDER BY {order}, fingerprint LIMIT 1)
        SELECT p.*, (SELECT count(*) FROM found) AS candidates,
               (SELECT {order} FROM reached) AS reached,
               (SELECT fingerprint FROM reached) AS reached_id
        FROM (SELECT) AS one LEFT JOIN (SELECT {_SHOWN} FROM g) AS p ON true
        ORDER BY p.{order} DESC, p.fingerprint DESC
    """)


def _group(row: RowMapping) -> FailureGroup:
    hourly: Sequence[int] = row["hourly"]
    own = (
        "fingerprint", "type", "kind", "message", "job_id", "total", "still_failed", "first_seen",
        "last_seen", "resolved_at", "note",
    )  # fmt: skip
    return FailureGroup(
        **{name: row[name] for name in own},
        error_class=ErrorClass(row["error_class"]),
        title=normalise(row["message"]),
        last_24_hours=sum(hourly),
        hourly=hourly,
        queues=[it.queue for it in BY_RANK if row["queues"] >> it.rank & 1],
        state=FailureState(row["state"]),
        resolved_by=row["resolver"],
    )
