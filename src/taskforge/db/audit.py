"""The audit trail: who did what to what, when and from where.

A deed is written by the statement that does it, or in its transaction: neither is there without the
other, and a refused call leaves none.
"""

from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import RowMapping, TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.ids import floor_id, new_id
from taskforge.core.people import Nobody, Principal
from taskforge.db.engine import dump_json
from taskforge.db.job_filters import CLOCK_SLACK_MS

Moment = Annotated[datetime, Meta(tz=True)]
Word = Annotated[str, Meta(min_length=1, max_length=128, pattern=r"^[^\x00\ud800-\udfff]+$")]

_COLUMNS = "id, actor_id, api_key_id, ip, action, target, before, after"
_DEEDS = """
json_to_recordset(CAST(:deeds AS json)) AS d(
    id uuid, actor_id uuid, api_key_id uuid, ip text, action text, target text,
    before jsonb, after jsonb)
"""

INSERT_DEEDS = f"INSERT INTO audit ({_COLUMNS}) SELECT {_COLUMNS} FROM {_DEEDS}"
"""SQL, also as a step of a statement: writes the parameter `deeds`, the JSON of a list of them."""

_INSERT = text(INSERT_DEEDS)

_AUDIT_MOVED = f""",
audited AS (
    INSERT INTO audit ({_COLUMNS})
    SELECT d.id, d.actor_id, d.api_key_id, d.ip, d.action, d.target, {{before}}, {{after}}
    FROM moved m JOIN {_DEEDS} ON d.target = 'job:' || m.id
)
"""
AUDIT_MOVED = _AUDIT_MOVED.format(
    before="jsonb_build_object('status', m.left_status)",
    after="jsonb_build_object('status', m.status) || COALESCE(m.data - 'api_key_id', '{}')",
)
"""A step after `moved` (see `story.py`): of the deeds, each with a job as its target, it writes
those whose job did move, with what the move changed."""
AUDIT_REPRIORITISED = _AUDIT_MOVED.format(
    before="jsonb_build_object('priority', m.data #> '{priority,0}')",
    after="jsonb_build_object('priority', m.data #> '{priority,1}')",
)
"""The same for a change of priority, of which `data` says the old one and the new one."""

# The oldest alone, whatever their number: rows are as old as their ids, give or take a clock.
_PRUNE = text("""
DELETE FROM audit WHERE id = ANY(ARRAY(
    SELECT id FROM (SELECT id, at FROM audit ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED) AS o
    WHERE at < clock_timestamp() - :days * interval '1 day'))
""")

_CHECKS = {
    "actor_id": "a.actor_id = :actor_id",
    "api_key_id": "a.api_key_id = :api_key_id",
    "ip": "a.ip = :ip",
    "action": "a.action = :action",
    "kind": "starts_with(a.action, :kind)",
    "target": "a.target = :target",
    "since": "a.at >= :since AND a.id >= :oldest",
    "until": "a.at < :until AND a.id <= :newest",
    "after_id": "a.id < :after_id",
}


class Deed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A row of the trail, before it is written; the database knows the time."""

    id: UUID
    action: str
    actor_id: UUID | None = None
    api_key_id: UUID | None = None
    ip: str | None = None
    target: str | None = None
    before: Any = None
    after: Any = None


class AuditFilters(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What to list; every part narrows."""

    actor_id: UUID | None = None
    api_key_id: UUID | None = None
    ip: Word | None = None
    action: Word | None = None
    """A whole action, or the beginning of one with a star: `job.*`."""
    target: Word | None = None
    since: Moment | None = None
    until: Moment | None = None

    def scope(self) -> bytes:
        """A canonical form, equal for equal filters, for `core.cursor`."""
        return b"audit" + msgspec.json.encode(self, order="deterministic")


class AuditRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One deed."""

    id: UUID
    at: datetime
    actor_id: UUID | None
    """Null for what was done next to the database, or without an account."""
    actor: str | None
    """The user name as it is now."""
    api_key_id: UUID | None
    """Set when a key asked."""
    ip: str | None
    action: str
    """`noun.past_verb`, such as `user.updated`."""
    target: str | None
    """`noun:id`; null when there are many, which `after` tells."""
    before: Any = None
    after: Any = None


def deed(
    by: Principal | Nobody | None,
    action: str,
    target: str | None,
    *,
    before: Any = None,
    after: Any = None,
) -> Deed:
    """A deed to be written.

    Args:
        by: who did it; None for whoever works next to the database.
        action: `noun.past_verb`.
        target: `noun:id`; None for many.
        before: what changed, as it was; JSON, without secrets.
        after: the same, as it is.
    """
    return Deed(
        id=new_id(),
        action=action,
        actor_id=by.user_id if by else None,
        api_key_id=by.api_key_id if by else None,
        ip=by.ip if by else None,
        target=target,
        before=before,
        after=after,
    )


async def note(
    connection: AsyncConnection,
    by: Principal | Nobody | None,
    action: str,
    target: str | None,
    *,
    before: Any = None,
    after: Any = None,
) -> None:
    """Write a deed, on the connection of its transaction; the rest is as for `deed`."""
    done = deed(by, action, target, before=before, after=after)
    await connection.execute(_INSERT, {"deeds": dump_json([done])})


async def list_audit(
    connection: AsyncConnection, filters: AuditFilters, *, after: UUID | None, limit: int
) -> list[AuditRecord]:
    """Deeds, newest first."""
    values = {**_values(filters), "after_id": after}
    given = {name: value for name, value in values.items() if value is not None}
    statement = _list(frozenset(given.keys() & _CHECKS.keys()))
    rows = (await connection.execute(statement, {**given, "limit": limit})).mappings()
    return [_record(row) for row in rows]


async def prune_audit(connection: AsyncConnection, *, days: float, limit: int) -> int:
    """Delete up to `limit` deeds older than `days`; how many."""
    return (await connection.execute(_PRUNE, {"days": days, "limit": limit})).rowcount


def _values(filters: AuditFilters) -> dict[str, Any]:
    values = msgspec.structs.asdict(filters)
    if filters.action and filters.action.endswith("*"):
        values |= {"action": None, "kind": filters.action[:-1]}
    if filters.since:
        values["oldest"] = floor_id(int(filters.since.timestamp() * 1000) - CLOCK_SLACK_MS)
    if filters.until:
        values["newest"] = floor_id(int(filters.until.timestamp() * 1000) + CLOCK_SLACK_MS)
    return values


@lru_cache(maxsize=512)
def _list(checks: frozenset[str]) -> TextClause:
    """The statement for these filters alone: what is not asked must not hide an index."""
    wanted = " AND ".join(_CHECKS[name] for name in sorted(checks)) or "true"
    return text(f"""
        SELECT a.id, a.at, a.actor_id, u.username AS actor, a.api_key_id, a.ip, a.action, a.target,
               a.before::text AS before, a.after::text AS after
        FROM audit a LEFT JOIN users u ON u.id = a.actor_id
        WHERE {wanted} ORDER BY a.id DESC LIMIT :limit
    """)


def _record(row: RowMapping) -> AuditRecord:
    fields: dict[str, Any] = {**row}
    for name in ("before", "after"):
        fields[name] = msgspec.json.decode(row[name]) if row[name] else None
    return AuditRecord(**fields)
