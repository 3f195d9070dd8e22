"""The audit trail: who did what to what, when and from where."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.ids import new_id
from taskforge.core.people import Principal

Moment = Annotated[datetime, Meta(tz=True)]
Word = Annotated[str, Meta(min_length=1, max_length=128, pattern=r"^[^\x00\ud800-\udfff]+$")]

_INSERT = text("""
INSERT INTO audit (id, actor_id, api_key_id, ip, action, target, before, after)
VALUES (:id, :actor_id, :api_key_id, :ip, :action, :target,
        CAST(:before AS jsonb), CAST(:after AS jsonb))
""")

_LIST = text("""
SELECT a.id, a.at, a.actor_id, u.username AS actor, a.api_key_id, a.ip, a.action, a.target,
       a.before::text AS before, a.after::text AS after
FROM audit a LEFT JOIN users u ON u.id = a.actor_id
WHERE (CAST(:actor_id AS uuid) IS NULL OR a.actor_id = :actor_id)
  AND (CAST(:action AS text) IS NULL OR a.action = :action)
  AND (CAST(:target AS text) IS NULL OR a.target = :target)
  AND (CAST(:since AS timestamptz) IS NULL OR a.at >= :since)
  AND (CAST(:until AS timestamptz) IS NULL OR a.at < :until)
  AND (CAST(:after_id AS uuid) IS NULL OR a.id < :after_id)
ORDER BY a.id DESC LIMIT :limit
""")

_PRUNE = text("""
DELETE FROM audit WHERE id = ANY(ARRAY(
    SELECT id FROM audit WHERE at < clock_timestamp() - :days * interval '1 day'
    ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED))
""")


class AuditFilters(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What to list; every part narrows."""

    actor_id: UUID | None = None
    action: Word | None = None
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
    actor: str | None
    """The user name as it is now."""
    api_key_id: UUID | None
    """Set when a key asked."""
    ip: str | None
    action: str
    """`noun.past_verb`, such as `user.updated`."""
    target: str | None
    """`noun:id`."""
    before: Any = None
    after: Any = None


async def note(
    connection: AsyncConnection,
    by: Principal,
    action: str,
    target: str | None,
    *,
    before: Any = None,
    after: Any = None,
) -> None:
    """Write a deed; within its transaction, so that neither is there without the other.

    Args:
        connection: the deed's own.
        by: who did it.
        action: `noun.past_verb`.
        target: `noun:id`.
        before: what changed, as it was; JSON, without secrets.
        after: the same, as it is.
    """
    values = {
        "id": new_id(),
        "actor_id": by.user_id,
        "api_key_id": by.api_key_id,
        "ip": by.ip,
        "action": action,
        "target": target,
        "before": None if before is None else msgspec.json.encode(before).decode(),
        "after": None if after is None else msgspec.json.encode(after).decode(),
    }
    await connection.execute(_INSERT, values)


async def list_audit(
    connection: AsyncConnection, filters: AuditFilters, *, after: UUID | None, limit: int
) -> list[AuditRecord]:
    """Deeds, newest first."""
    values = {**msgspec.structs.asdict(filters), "after_id": after, "limit": limit}
    rows = (await connection.execute(_LIST, values)).mappings()
    return [_record(row) for row in rows]


async def prune_audit(connection: AsyncConnection, *, days: float, limit: int) -> int:
    """Delete up to `limit` deeds older than `days`; how many."""
    return (await connection.execute(_PRUNE, {"days": days, "limit": limit})).rowcount


def _record(row: RowMapping) -> AuditRecord:
    fields: dict[str, Any] = {**row}
    for name in ("before", "after"):
        fields[name] = msgspec.json.decode(row[name]) if row[name] else None
    return AuditRecord(**fields)
