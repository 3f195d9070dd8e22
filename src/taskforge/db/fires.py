"""Statements of the firing engine: each takes any number of schedules.

A pass locks the schedules that are due, asks what stands in their way, and writes the fires with
the next moments in one statement. Fires are written under the lock of their schedule only.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping, TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.firing import Busy, Due
from taskforge.core.schedule import Missed, Overlap, Span
from taskforge.core.states import FINAL
from taskforge.db.engine import dump_json
from taskforge.db.story import listed

_UNFINISHED = f"status NOT IN {listed(FINAL)}"
# The clock as a sub-query is read once, so that the index can be searched for it.
_IS_DUE = "paused_at IS NULL AND due_at <= (SELECT clock_timestamp())"
_LOCK = """
SELECT id, name, cron, interval_seconds, timezone, starts_at, ends_at, jitter_seconds, overlap,
       missed, template::text AS template, created_by, created_at, next_fire_at, due_at,
       clock_timestamp() AS now
FROM schedules WHERE {which} FOR NO KEY UPDATE {wait}
"""
FIRST_DUE = text("""
SELECT extract(epoch FROM due_at - clock_timestamp())::float8 FROM schedules
WHERE paused_at IS NULL AND due_at IS NOT NULL ORDER BY due_at, id LIMIT 1
""")
_LOCK_DUE = text(
    _LOCK.format(which=f"{_IS_DUE} ORDER BY due_at, id LIMIT :limit", wait="SKIP LOCKED")
)
_LOCK_THESE = text(
    _LOCK.format(
        which="id = ANY(CAST(:ids AS uuid[])) AND paused_at IS NULL ORDER BY id",
        wait="SKIP LOCKED",
    )
)
_LOCK_ONE = text(_LOCK.format(which="id = :id", wait=""))
_LOCK_LATER = text(
    _LOCK.format(
        which="cron IS NOT NULL AND next_fire_at > clock_timestamp() AND id > :after"
        " ORDER BY id LIMIT :limit",
        wait="",
    )
)

_LOCK_OPEN = text("""
SELECT schedule_id, fire_at, job_id FROM schedule_fires
WHERE open AND schedule_id = ANY(CAST(:ids AS uuid[]))
ORDER BY schedule_id, fire_at FOR NO KEY UPDATE SKIP LOCKED
""")
_ACTIVE = text(f"SELECT id FROM jobs WHERE id = ANY(CAST(:ids AS uuid[])) AND {_UNFINISHED}")
_FREE_HELD = text(f"""
SELECT f.schedule_id FROM schedule_fires f JOIN schedules s ON s.id = f.schedule_id
WHERE f.held AND s.paused_at IS NULL AND NOT EXISTS (
    SELECT FROM schedule_fires o JOIN jobs j ON j.id = o.job_id
    WHERE o.schedule_id = f.schedule_id AND o.open AND j.{_UNFINISHED})
LIMIT :limit
""")

_RECORD = text("""
WITH recorded AS (
    INSERT INTO schedule_fires AS f (schedule_id, fire_at, job_id, skipped, held, open, actor)
    SELECT schedule_id, fire_at, job_id, skipped, held, skipped IS NULL, actor
    FROM json_to_recordset(CAST(:fires AS json)) AS g(
        schedule_id uuid, fire_at timestamptz, job_id uuid, skipped text, held boolean, actor text)
    ON CONFLICT (schedule_id, fire_at) DO UPDATE SET at = EXCLUDED.at, job_id = EXCLUDED.job_id,
        skipped = EXCLUDED.skipped, held = EXCLUDED.held, open = EXCLUDED.open
    WHERE f.held
    RETURNING f.schedule_id, f.fire_at
),
went_on AS (
    UPDATE schedules s SET next_fire_at = n.next_fire_at, due_at = n.due_at
    FROM json_to_recordset(CAST(:steps AS json)) AS n(
        id uuid, expected timestamptz, next_fire_at timestamptz, due_at timestamptz)
    WHERE s.id = n.id AND s.next_fire_at = n.expected
),
closed AS (
    UPDATE schedule_fires SET open = false WHERE open AND job_id = ANY(CAST(:ended AS uuid[]))
)
SELECT schedule_id, fire_at FROM recorded
""")
_REFUSE = text("""
UPDATE schedule_fires SET job_id = NULL, open = false, skipped = :reason
WHERE job_id = ANY(CAST(:ids AS uuid[]))
""")

_PRUNE_OLD = f"""
DELETE FROM schedule_fires WHERE ctid = ANY(ARRAY(
    SELECT f.ctid FROM schedule_fires f {{which}}
      AND NOT f.held AND NOT EXISTS (SELECT FROM jobs j WHERE j.id = f.job_id AND j.{_UNFINISHED})
    LIMIT :limit FOR UPDATE OF f SKIP LOCKED))
"""
_PRUNE_BY_AGE = text(
    _PRUNE_OLD.format(which="WHERE f.at < (SELECT clock_timestamp() - :days * interval '1 day')")
)
# A few schedules at a time, by lot: those that fire often are met often enough.
_PRUNE_BY_NUMBER = text(
    _PRUNE_OLD.format(
        which="""
    JOIN (SELECT id FROM schedules ORDER BY random() LIMIT :few) AS s ON s.id = f.schedule_id
    WHERE f.fire_at <= (SELECT n.fire_at FROM schedule_fires n WHERE n.schedule_id = s.id
                        ORDER BY n.fire_at DESC OFFSET :keep LIMIT 1)"""
    )
)
_FEW = 100


class FireRow(msgspec.Struct, frozen=True, kw_only=True):
    """A fire to be written; without job and reason it is held."""

    schedule_id: UUID
    fire_at: datetime
    job_id: UUID | None
    skipped: str | None
    held: bool
    actor: str | None
    """Who asked for it; None: the timetable."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A schedule that goes on to its next moment."""

    id: UUID
    expected: datetime | None
    """The moment that it stood at."""
    next_fire_at: datetime | None
    due_at: datetime | None


class Standing(NamedTuple):
    """What stands in the way of some schedules."""

    busy: dict[UUID, Busy]
    ended: list[UUID]
    """Jobs whose fires may be closed: they have ended, or are gone."""


async def due_in(connection: AsyncConnection) -> float:
    """Seconds until the next schedule is due, below zero when it was; what an idle pass costs."""
    seconds = await connection.scalar(FIRST_DUE)
    return math.inf if seconds is None else seconds


async def lock_due(connection: AsyncConnection, *, limit: int) -> list[Due]:
    """Lock what is due, longest due first; what a rival holds is left to it."""
    return await _locked(connection, _LOCK_DUE, {"limit": limit})


async def lock_these(connection: AsyncConnection, ids: Sequence[UUID]) -> list[Due]:
    """Lock those of these schedules that are neither paused nor held by a rival."""
    return await _locked(connection, _LOCK_THESE, {"ids": list(ids)})


async def lock_one(connection: AsyncConnection, schedule_id: UUID) -> Due | None:
    """Lock a schedule, paused or not, waiting for whoever holds it; None when there is none."""
    return next(iter(await _locked(connection, _LOCK_ONE, {"id": schedule_id})), None)


async def lock_later(connection: AsyncConnection, *, after: UUID, limit: int) -> list[Due]:
    """Lock schedules with a cron expression whose next moment is to come, in the order of ids."""
    return await _locked(connection, _LOCK_LATER, {"after": after, "limit": limit})


async def standing(connection: AsyncConnection, ids: Sequence[UUID]) -> Standing:
    """What stands in the way of these schedules, which are locked.

    The fires are locked before their jobs are looked at: a job that is revived meanwhile opens its
    fire again, before or after us, and in both cases it stays open.
    """
    fires = (await connection.execute(_LOCK_OPEN, {"ids": list(ids)})).all()
    jobs = [fire.job_id for fire in fires if fire.job_id]
    active = set((await connection.scalars(_ACTIVE, {"ids": jobs})).all() if jobs else [])
    running, held = defaultdict[UUID, list[UUID]](list), dict[UUID, datetime]()
    for fire in fires:
        if fire.job_id is None:
            held[fire.schedule_id] = fire.fire_at
        elif fire.job_id in active:
            running[fire.schedule_id].append(fire.job_id)
    busy = {id_: Busy(running[id_], held.get(id_)) for id_ in {*running, *held}}
    return Standing(busy, [id_ for id_ in jobs if id_ not in active])


async def record(
    connection: AsyncConnection,
    fires: Sequence[FireRow],
    steps: Sequence[Step] = (),
    ended: Sequence[UUID] = (),
) -> set[tuple[UUID, datetime]]:
    """Write fires and next moments, and close fires; which fires, as (schedule, moment).

    A moment that has its fire already is absent from the answer, unless the fire was held: no
    moment is ever fired twice, whatever the caller believes (R-60).
    """
    values = {"fires": dump_json(fires), "steps": dump_json(steps), "ended": list(ended)}
    return {(row[0], row[1]) for row in await connection.execute(_RECORD, values)}


async def refuse(connection: AsyncConnection, job_ids: Sequence[UUID], reason: str) -> None:
    """Leave a reason in the place of jobs that could not be created."""
    await connection.execute(_REFUSE, {"ids": list(job_ids), "reason": reason})


async def free_held(connection: AsyncConnection, *, limit: int) -> list[UUID]:
    """Schedules with a held fire and nothing in its way any more, paused ones aside."""
    return list((await connection.scalars(_FREE_HELD, {"limit": limit})).all())


async def prune_fires(connection: AsyncConnection, *, days: float, keep: int, limit: int) -> int:
    """Delete fires older than `days` and all but the last `keep` of a schedule; how many.

    Fires that may stand in the way of others stay.
    """
    by_age = await connection.execute(_PRUNE_BY_AGE, {"days": days, "limit": limit})
    values = {"few": _FEW, "keep": keep, "limit": limit}
    return by_age.rowcount + (await connection.execute(_PRUNE_BY_NUMBER, values)).rowcount


async def _locked(
    connection: AsyncConnection, statement: TextClause, values: dict[str, Any]
) -> list[Due]:
    return [_due(row) for row in (await connection.execute(statement, values)).mappings()]


def _due(row: RowMapping) -> Due:
    values = dict(row)
    span = Span(**{name: values.pop(name) for name in Span.__struct_fields__})
    values["overlap"], values["missed"] = Overlap(row["overlap"]), Missed(row["missed"])
    return Due(span=span, **values)
