"""Schedules: jobs that come again, made, looked at and steered; and timetables, tried."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from taskforge.api.auth import needs
from taskforge.api.idempotency import asked_with_key, told
from taskforge.api.schemas import ORDER_EXAMPLE, PAGE, Cursor, Limit
from taskforge.core.cursor import seal, seal_moment, unseal, unseal_moment
from taskforge.core.duties import DutyView
from taskforge.core.errors import Fault, Invalid
from taskforge.core.people import Permission, Principal
from taskforge.core.schedule import YEARS, Fired, Plan, PlanChange, Span, check, upcoming
from taskforge.core.schedule_view import FireRecord, ScheduleDetail, ScheduleItem
from taskforge.core.timetable import Fire, explain, local
from taskforge.db.duties import list_duties
from taskforge.db.job_filters import WORD_PATTERN
from taskforge.db.schedules import ScheduleFilters, list_schedules
from taskforge.flows import fire, schedule_view, schedules
from taskforge.flows.deps import Deps

Asked = Request[Principal, Any, Any]

READ = [needs(Permission.READ)]
SCHEDULE = [needs(Permission.SCHEDULE)]
MAX_FIRES = 50
EXAMPLE: Final[dict[str, Any]] = {
    "name": "nightly report",
    "cron": "30 2 * * MON-FRI",
    "timezone": "Europe/Paris",
    "template": ORDER_EXAMPLE,
}


class TimetableTrial(Span, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A timetable to try."""

    after: Annotated[datetime, Meta(tz=True)] | None = None
    """Where to begin (RFC 3339); null: now. Intervals without a start are counted from here."""
    count: Annotated[int, Meta(ge=1, le=MAX_FIRES)] = 10


class TimetablePreview(msgspec.Struct, frozen=True, kw_only=True):
    """What a timetable means."""

    words: str
    """In plain English."""
    fires: Sequence[Fire]
    """The next ones before its end; days on which clocks are changed are marked."""


class SchedulePage(msgspec.Struct, frozen=True, kw_only=True):
    """Schedules, newest first."""

    items: Sequence[ScheduleItem]
    next_cursor: str | None


class FirePage(msgspec.Struct, frozen=True, kw_only=True):
    """Moments of a schedule, newest first."""

    items: Sequence[FireRecord]
    next_cursor: str | None


class DutyPage(msgspec.Struct, frozen=True, kw_only=True):
    """All duties of the schedulers."""

    items: Sequence[DutyView]
    next_cursor: None = None


class SchedulePause(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a schedule is to be paused."""

    reason: Annotated[
        str,
        Meta(min_length=1, max_length=500, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]+$",
             description="For everyone who wonders why it does not fire."),
    ]  # fmt: skip


@post("/schedules/preview", operation_id="previewTimetable", summary="Try a timetable",
      guards=READ, status_code=200, sync_to_thread=False,
      opt={"example": {"cron": "30 2 * * MON-FRI", "timezone": "Europe/Paris"}})  # fmt: skip
def try_(data: JSONBody[TimetableTrial]) -> TimetablePreview:
    """Says in words when it fires, and the next moments, in UTC and in its zone.

    Where the hour is named, a wall time that a change of clocks skips fires at the first moment
    after the gap, and one that comes twice fires once. Where it is open (`*`), time that passes
    counts.
    """
    check(data)
    after = data.after or datetime.now(UTC)
    if after.year not in YEARS:
        message = f"must be of the years {YEARS[0]} to {YEARS[-1]}"
        raise Invalid(f"after {message}", faults=[Fault("/after", message)])
    moments = islice(upcoming(data, after, created_at=after), data.count)
    return TimetablePreview(words=explain(data), fires=local(data, moments))


@get("/schedules", operation_id="listSchedules", summary="List schedules", guards=READ)
async def list_(
    deps: NamedDependency[Deps],
    paused: Annotated[bool | None, QueryParameter(description="Whether they are paused.")] = None,
    job_type: Annotated[
        str | None,
        QueryParameter(
            name="type",
            description="Of their jobs.",
            min_length=1,
            max_length=64,
            pattern=WORD_PATTERN,
        ),
    ] = None,
    name: Annotated[
        str | None,
        QueryParameter(
            description="How their names begin.", min_length=1, max_length=100, pattern=WORD_PATTERN
        ),
    ] = None,
    limit: Limit = PAGE,
    cursor: Cursor = None,
) -> SchedulePage:
    """Newest first, each with its next moment and what became of the last one."""
    filters = ScheduleFilters(paused=paused, type=job_type, name=name)
    scope = filters.scope()
    after = None if cursor is None else unseal(cursor, scope)
    async with deps.db.connect() as connection:
        page = await list_schedules(connection, filters, after=after, limit=limit)
    return SchedulePage(
        items=page.items, next_cursor=None if page.last is None else seal(page.last, scope)
    )


@post("/schedules", operation_id="createSchedule", summary="Make a schedule", guards=SCHEDULE,
      opt={"example": EXAMPLE, "headers": {201: ["Location"], 200: ["Location"]}},
      responses={200: ResponseSpec(ScheduleDetail, description="A repeat.")})  # fmt: skip
async def create(
    data: JSONBody[Plan], request: Asked, deps: NamedDependency[Deps]
) -> Response[ScheduleDetail]:
    """Its jobs come at the moments of a cron expression or an interval, as its template says.

    All is checked here: a timetable that never comes, or a template that could not be submitted as
    a job, never becomes a schedule. Each moment fires once, however many schedulers run. `overlap`
    says what happens while the job before has not ended, `missed` what becomes of moments that
    passed while no scheduler ran; whatever is left out is listed with its reason.
    """
    done = await schedules.create(deps, data, request.user, asked_with_key(request, deps, data))
    return told(done, location=f"/api/v1/schedules/{done.answer.id}")


@get("/schedules/system", operation_id="listSystemSchedules",
     summary="List what the system does by itself", guards=READ)  # fmt: skip
async def system(deps: NamedDependency[Deps]) -> DutyPage:
    """Every duty of the schedulers: how often, when last, how much it did, how late it is.

    They cannot be changed or paused. With several schedulers each does all of them, and shares the
    work.
    """
    async with deps.db.connect() as connection:
        return DutyPage(items=await list_duties(connection))


@get("/schedules/{schedule_id:uuid}", operation_id="getSchedule", summary="Show a schedule",
     guards=READ)  # fmt: skip
async def show(schedule_id: FromPath[UUID], deps: NamedDependency[Deps]) -> ScheduleDetail:
    """With its template, the next ten moments, the last 20, and what became of the last 1,000."""
    return await schedule_view.look(deps, schedule_id)


@patch("/schedules/{schedule_id:uuid}", operation_id="changeSchedule",
       summary="Change a schedule", guards=SCHEDULE,
       opt={"example": {"cron": "0 3 * * *", "version": 1}, "problems": [409]})  # fmt: skip
async def change(
    schedule_id: FromPath[UUID],
    data: JSONBody[PlanChange],
    request: Asked,
    deps: NamedDependency[Deps],
) -> ScheduleDetail:
    """What is absent stays, and null takes away; a template is replaced as a whole.

    Another timetable, zone, start or end counts from now on. With `version`, nothing is changed
    when somebody else was faster.
    """
    return await schedules.change(deps, schedule_id, data, request.user)


@delete("/schedules/{schedule_id:uuid}", operation_id="deleteSchedule",
        summary="Delete a schedule", guards=SCHEDULE)  # fmt: skip
async def delete_(schedule_id: FromPath[UUID], request: Asked, deps: NamedDependency[Deps]) -> None:
    """With the record of its fires. Its jobs stay; those that wait or run go on."""
    await schedules.delete(deps, schedule_id, request.user)


@post("/schedules/{schedule_id:uuid}/pause", operation_id="pauseSchedule",
      summary="Pause a schedule", guards=SCHEDULE, status_code=200,
      opt={"example": {"reason": "the provider is down"}})  # fmt: skip
async def pause(
    schedule_id: FromPath[UUID],
    data: JSONBody[SchedulePause],
    request: Asked,
    deps: NamedDependency[Deps],
) -> ScheduleDetail:
    """It fires no more; its jobs go on. Pausing a paused schedule changes the reason."""
    return await schedules.pause(deps, schedule_id, request.user, reason=data.reason)


@post("/schedules/{schedule_id:uuid}/resume", operation_id="resumeSchedule",
      summary="Resume a schedule", guards=SCHEDULE, status_code=200,
      opt={"problems": [422]})  # fmt: skip
async def resume(
    schedule_id: FromPath[UUID], request: Asked, deps: NamedDependency[Deps]
) -> ScheduleDetail:
    """It goes on with the moment that comes next. Also when it was not paused.

    Moments that passed meanwhile were paused, not missed: nothing makes up for them.
    """
    return await schedules.resume(deps, schedule_id, request.user)


@post("/schedules/{schedule_id:uuid}/run-now", operation_id="runSchedule",
      summary="Fire a schedule now", guards=SCHEDULE, status_code=200,
      opt={"problems": [409]})  # fmt: skip
async def run_now(
    schedule_id: FromPath[UUID], request: Asked, deps: NamedDependency[Deps]
) -> Fired:
    """Beside its timetable, which stays as it is; also while it is paused, or after its end.

    `overlap` counts: the answer has the job, or says why there is none, or that it waits.
    """
    return await fire.run_now(deps, schedule_id, request.user)


@get("/schedules/{schedule_id:uuid}/fires", operation_id="listFires",
     summary="List what became of a schedule's moments", guards=READ)  # fmt: skip
async def fires(
    schedule_id: FromPath[UUID],
    deps: NamedDependency[Deps],
    limit: Limit = PAGE,
    cursor: Cursor = None,
) -> FirePage:
    """Newest first: each with its job, or with the reason why it has none."""
    scope = b"fires" + schedule_id.bytes
    before = None if cursor is None else unseal_moment(cursor, scope)
    found = await schedule_view.fires(deps, schedule_id, before=before, limit=limit + 1)
    last = found[limit - 1].fire_at if len(found) > limit else None
    return FirePage(
        items=found[:limit], next_cursor=None if last is None else seal_moment(last, scope)
    )


router = Router(
    "/",
    route_handlers=[
        try_,
        list_,
        create,
        system,
        show,
        change,
        delete_,
        pause,
        resume,
        run_now,
        fires,
    ],
    tags=["schedules"],
)
