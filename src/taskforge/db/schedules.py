"""Schedules as people make them: kept, listed, changed, paused. What they lead to: `db/fires.py`.

Changes happen in a transaction that has locked the schedule, so that a fire and a change of the
same schedule come one after the other.
"""

from datetime import datetime
from typing import Annotated, Any, NamedTuple
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.job import JobTemplate
from taskforge.core.schedule import Missed, Overlap, Plan
from taskforge.core.schedule_view import (
    COUNTED_FIRES,
    LAST_FIRES,
    FireCounts,
    FireRecord,
    ScheduleItem,
)
from taskforge.core.timetable import Timetable, explain
from taskforge.db.engine import dump_json

_COLUMNS = """
s.id, s.name, s.cron, s.interval_seconds, s.timezone, s.overlap, s.missed, s.jitter_seconds,
s.starts_at, s.ends_at, s.next_fire_at, s.due_at, s.paused_at, s.paused_by, s.pause_reason,
s.created_by, s.created_at, s.updated_at, s.version
"""
_FIRE = """
SELECT f.fire_at, f.at, f.job_id, j.status AS job_status, j.duration_seconds,
    f.skipped, f.held, f.actor
FROM schedule_fires f LEFT JOIN jobs j ON j.id = f.job_id
"""

# Rivals of one account wait here, and count what the first one made.
_LOCK_OWNER = text("SELECT 1 FROM users WHERE id = :user_id FOR NO KEY UPDATE")
_COUNT = text("SELECT count(*) FROM schedules WHERE created_by = :user_id")
_NOW = text("SELECT clock_timestamp()")
_INSERT = text("""
INSERT INTO schedules (id, name, cron, interval_seconds, timezone, template, overlap, missed,
    jitter_seconds, starts_at, ends_at, next_fire_at, due_at, created_by, created_at, updated_at)
VALUES (:id, :name, CAST(:cron AS text), CAST(:interval_seconds AS float8), :timezone,
    CAST(:template AS jsonb), :overlap, :missed, :jitter_seconds, CAST(:starts_at AS timestamptz),
    CAST(:ends_at AS timestamptz), CAST(:next_fire_at AS timestamptz),
    CAST(:due_at AS timestamptz), :created_by, :now, :now)
ON CONFLICT (name) DO NOTHING RETURNING id
""")
_UPDATE = text("""
UPDATE schedules SET name = :name, cron = CAST(:cron AS text),
    interval_seconds = CAST(:interval_seconds AS float8), timezone = :timezone,
    template = CAST(:template AS jsonb), overlap = :overlap, missed = :missed,
    jitter_seconds = :jitter_seconds, starts_at = CAST(:starts_at AS timestamptz),
    ends_at = CAST(:ends_at AS timestamptz), next_fire_at = CAST(:next_fire_at AS timestamptz),
    due_at = CAST(:due_at AS timestamptz), updated_at = clock_timestamp(), version = version + 1
WHERE id = :id
""")
_PAUSE = text("""
UPDATE schedules SET paused_at = COALESCE(paused_at, clock_timestamp()), paused_by = :actor,
    pause_reason = :reason, updated_at = clock_timestamp(), version = version + 1
WHERE id = :id
""")
_RESUME = text("""
UPDATE schedules SET paused_at = NULL, paused_by = NULL, pause_reason = NULL,
    next_fire_at = CAST(:next_fire_at AS timestamptz), due_at = CAST(:due_at AS timestamptz),
    updated_at = clock_timestamp(), version = version + 1
WHERE id = :id
""")
_DELETE = text("""
WITH forgotten AS (DELETE FROM schedule_fires WHERE schedule_id = :id)
DELETE FROM schedules WHERE id = :id
""")
_ONE = f"""
SELECT {_COLUMNS}, s.template::text AS template, clock_timestamp() AS now
FROM schedules s WHERE s.id = :id
"""
_GET = text(_ONE)
_LOCK = text(f"{_ONE} FOR UPDATE")
_LIST = text(f"""
SELECT {_COLUMNS}, s.template->>'type' AS type, latest.fires
FROM schedules s CROSS JOIN LATERAL (
    SELECT json_agg(one ORDER BY one.fire_at DESC)::text AS fires FROM (
        {_FIRE} WHERE f.schedule_id = s.id ORDER BY f.fire_at DESC LIMIT {LAST_FIRES}) AS one
) AS latest
WHERE (CAST(:paused AS boolean) IS NULL OR (s.paused_at IS NOT NULL) = :paused)
  AND (CAST(:type AS text) IS NULL OR s.template->>'type' = :type)
  AND (CAST(:name AS text) IS NULL OR starts_with(s.name, :name))
  AND (CAST(:after AS uuid) IS NULL OR s.id < :after)
ORDER BY s.id DESC LIMIT :limit
""")
_FIRES = text(f"""
{_FIRE} WHERE f.schedule_id = :id
  AND (CAST(:before AS timestamptz) IS NULL OR f.fire_at < :before)
ORDER BY f.fire_at DESC LIMIT :limit
""")
_COUNT_FIRES = text("""
SELECT count(job_id) AS jobs, count(skipped) AS skipped, count(*) FILTER (WHERE held) AS held
FROM (SELECT job_id, skipped, held FROM schedule_fires
      WHERE schedule_id = :id ORDER BY fire_at DESC LIMIT :limit) AS latest
""")

_decode_template = msgspec.json.Decoder(JobTemplate)
_decode_fires = msgspec.json.Decoder(list[FireRecord])

Beginning = Annotated[str, Meta(min_length=1, max_length=100)]


class ScheduleFilters(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What to list; every part narrows."""

    paused: bool | None = None
    type: str | None = None
    name: Beginning | None = None
    """How it begins."""

    def scope(self) -> bytes:
        """A canonical form, equal for equal filters, for `core.cursor`."""
        return b"schedules" + msgspec.json.encode(self, order="deterministic")


class ScheduleList(NamedTuple):
    """A page, and where the next one starts."""

    items: list[ScheduleItem]
    last: UUID | None
    """None when the list has ended."""


class Kept(NamedTuple):
    """A schedule as it stands."""

    id: UUID
    plan: Plan
    next_fire_at: datetime | None
    due_at: datetime | None
    paused_at: datetime | None
    paused_by: str | None
    pause_reason: str | None
    created_by: UUID | None
    created_at: datetime
    updated_at: datetime
    version: int
    now: datetime
    """When it stood so, by the database's clock."""


class Next(NamedTuple):
    """When a schedule fires next; both are None when it does not."""

    fire_at: datetime | None
    due_at: datetime | None


async def count_schedules(connection: AsyncConnection, user_id: UUID) -> int:
    """How many an account has made, and no rival makes one until the transaction ends."""
    await connection.execute(_LOCK_OWNER, {"user_id": user_id})
    return await connection.scalar(_COUNT, {"user_id": user_id}) or 0


async def clock(connection: AsyncConnection) -> datetime:
    """The database's clock."""
    return (await connection.execute(_NOW)).scalar_one()


async def insert_schedule(
    connection: AsyncConnection,
    schedule_id: UUID,
    plan: Plan,
    then: Next,
    *,
    created_by: UUID,
    now: datetime,
) -> bool:
    """Keep a new schedule; False when its name is taken."""
    values = _values(schedule_id, plan, then) | {"created_by": created_by, "now": now}
    return await connection.scalar(_INSERT, values) is not None


async def lock_schedule(connection: AsyncConnection, schedule_id: UUID) -> Kept | None:
    """A schedule that nobody changes or fires until the transaction ends; None without one."""
    return await _one(connection, _LOCK, schedule_id)


async def get_schedule(connection: AsyncConnection, schedule_id: UUID) -> Kept | None:
    """A schedule; None when there is none."""
    return await _one(connection, _GET, schedule_id)


async def update_schedule(
    connection: AsyncConnection, schedule_id: UUID, plan: Plan, then: Next
) -> None:
    """Give a locked schedule another plan.

    Raises:
        IntegrityError: the name is taken.
    """
    await connection.execute(_UPDATE, _values(schedule_id, plan, then))


async def pause_schedule(
    connection: AsyncConnection, schedule_id: UUID, *, actor: str, reason: str
) -> None:
    """Pause a locked schedule, or give its pause another reason."""
    await connection.execute(_PAUSE, {"id": schedule_id, "actor": actor, "reason": reason})


async def resume_schedule(connection: AsyncConnection, schedule_id: UUID, then: Next) -> None:
    """Let a locked schedule go on."""
    values = {"id": schedule_id, "next_fire_at": then.fire_at, "due_at": then.due_at}
    await connection.execute(_RESUME, values)


async def delete_schedule(connection: AsyncConnection, schedule_id: UUID) -> None:
    """Delete a locked schedule and what is known of its fires; its jobs stay."""
    await connection.execute(_DELETE, {"id": schedule_id})


async def list_schedules(
    connection: AsyncConnection, filters: ScheduleFilters, *, after: UUID | None, limit: int
) -> ScheduleList:
    """A page of schedules, newest first."""
    values = {**msgspec.structs.asdict(filters), "after": after, "limit": limit + 1}
    rows = (await connection.execute(_LIST, values)).mappings()
    items = [_item(row) for row in rows]
    return ScheduleList(items[:limit], items[limit - 1].id if len(items) > limit else None)


async def list_fires(
    connection: AsyncConnection, schedule_id: UUID, *, before: datetime | None = None, limit: int
) -> list[FireRecord]:
    """What became of a schedule's moments, newest first.

    Args:
        connection: any.
        schedule_id: one that does not exist has no fires.
        before: the last one that was seen.
        limit: most of them.
    """
    values = {"id": schedule_id, "before": before, "limit": limit}
    rows = (await connection.execute(_FIRES, values)).mappings()
    return [msgspec.convert({**row}, FireRecord) for row in rows]


async def count_fires(connection: AsyncConnection, schedule_id: UUID) -> FireCounts:
    """What became of the latest moments."""
    values = {"id": schedule_id, "limit": COUNTED_FIRES}
    row = (await connection.execute(_COUNT_FIRES, values)).mappings().one()
    return FireCounts(**row)


async def _one(connection: AsyncConnection, statement: Any, schedule_id: UUID) -> Kept | None:
    row = (await connection.execute(statement, {"id": schedule_id})).mappings().first()
    return _kept(row) if row else None


def _kept(row: RowMapping) -> Kept:
    plan = Plan(
        **{name: row[name] for name in _PLAIN},
        overlap=Overlap(row["overlap"]),
        missed=Missed(row["missed"]),
        template=_decode_template.decode(row["template"]),
    )
    return Kept(plan=plan, **{name: row[name] for name in Kept._fields if name != "plan"})


_PLAIN = ("name", "cron", "interval_seconds", "timezone", "starts_at", "ends_at", "jitter_seconds")


def _item(row: RowMapping) -> ScheduleItem:
    fields: dict[str, Any] = {**row}
    fires = _decode_fires.decode(fields.pop("fires") or "[]")
    words = explain(Timetable(**{name: row[name] for name in Timetable.__struct_fields__}))
    fields |= {
        "overlap": Overlap(row["overlap"]),
        "missed": Missed(row["missed"]),
        "last_fire": fires[0] if fires else None,
        "last_fires": fires,
        "words": words,
        "paused": row["paused_at"] is not None,
    }
    return ScheduleItem(**fields)


def _values(schedule_id: UUID, plan: Plan, then: Next) -> dict[str, Any]:
    return {
        **{name: getattr(plan, name) for name in _PLAIN},
        "id": schedule_id,
        "template": dump_json(plan.template),
        "overlap": plan.overlap.value,
        "missed": plan.missed.value,
        "next_fire_at": then.fire_at,
        "due_at": then.due_at,
    }
