"""Schedules: looked at, with what comes and what was."""

from datetime import datetime
from itertools import islice
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.errors import Invalid, NotFound
from taskforge.core.schedule import check, upcoming
from taskforge.core.schedule_view import LAST_FIRES, FireRecord, ScheduleDetail
from taskforge.core.timetable import Fire, explain, local
from taskforge.db import schedules
from taskforge.db.schedules import Kept
from taskforge.flows.deps import Deps

NEXT_FIRES = 10


async def look(deps: Deps, schedule_id: UUID) -> ScheduleDetail:
    """A schedule as it stands.

    Raises:
        NotFound: there is none.
    """
    async with deps.db.connect() as connection:
        return await detail(connection, schedule_id)


async def fires(
    deps: Deps, schedule_id: UUID, *, before: datetime | None, limit: int
) -> list[FireRecord]:
    """What became of its moments, newest first.

    Raises:
        NotFound: there is none.
    """
    async with deps.db.connect() as connection:
        found = await schedules.list_fires(connection, schedule_id, before=before, limit=limit)
        if not found and await schedules.get_schedule(connection, schedule_id) is None:
            raise unknown(schedule_id)
    return found


async def detail(connection: AsyncConnection, schedule_id: UUID) -> ScheduleDetail:
    """The same within a transaction.

    Raises:
        NotFound: there is none.
    """
    found = await schedules.get_schedule(connection, schedule_id)
    if found is None:
        raise unknown(schedule_id)
    latest = await schedules.list_fires(connection, schedule_id, limit=LAST_FIRES)
    facts = {**msgspec.structs.asdict(found.plan), **found._asdict()}
    del facts["plan"], facts["now"]
    return ScheduleDetail(
        **facts,
        type=found.plan.template.type,
        words=explain(found.plan),
        paused=found.paused_at is not None,
        next_fires=_next_fires(found),
        last_fire=latest[0] if latest else None,
        last_fires=latest,
        counts=await schedules.count_fires(connection, schedule_id),
    )


def unknown(schedule_id: UUID) -> NotFound:
    """What is said of a schedule that is not there."""
    return NotFound(f"There is no schedule {schedule_id}; it may have been deleted.")


def _next_fires(it: Kept) -> list[Fire]:
    try:
        check(it.plan)
    except Invalid:  # its time zone is not known any more
        return []
    moments = upcoming(it.plan, it.now, created_at=it.created_at)
    return local(it.plan, islice(moments, NEXT_FIRES))
