"""Schedules: made, changed, paused, deleted. What makes them fire: `fire.py`.

A change and a fire of one schedule lock its row, so each sees what the other has done. Whatever
changes when a schedule fires also says when it fires next, in the same transaction.
"""

import hashlib
from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.errors import Conflict, Fault, Invalid
from taskforge.core.ids import new_id
from taskforge.core.job import JobTemplate
from taskforge.core.jsonguard import check_payload
from taskforge.core.people import Principal
from taskforge.core.schedule import Plan, PlanChange, Span, changed, check, due_at, upcoming
from taskforge.core.schedule_view import ScheduleDetail
from taskforge.db import schedules
from taskforge.db.audit import note
from taskforge.db.engine import transaction
from taskforge.db.schedules import Kept, Next
from taskforge.flows.deps import Deps
from taskforge.flows.once import Asked, Told, once
from taskforge.flows.reach import check_reach
from taskforge.flows.schedule_view import detail, unknown
from taskforge.flows.templates import check_template, priority_of
from taskforge.log import get_logger

_TIMES = frozenset(Span.__struct_fields__)
"""Parts of a plan that name its moments."""
_canonical = msgspec.json.Encoder(order="sorted")
log = get_logger(__name__)


async def create(
    deps: Deps, plan: Plan, by: Principal, asked: Asked | None = None
) -> Told[ScheduleDetail]:
    """Make a schedule.

    Raises:
        Invalid: a timetable that makes no sense or never comes, or a template that could not be
            submitted as a job.
        Denied: an API key that is narrowed to other jobs.
        Conflict: the name is taken, or the account has as many as it may have.
        Invalid, Conflict: see `once`.
    """
    check(plan)
    _check_template(deps, plan.template, by)
    schedule_id = new_id()

    async def make(connection: AsyncConnection) -> ScheduleDetail:
        most = deps.settings.schedules_per_user
        if await schedules.count_schedules(connection, by.user_id) >= most:
            raise Conflict(f"An account has at most {most:,} schedules; delete one first.",
                           code="too_many_schedules")  # fmt: skip
        now = await schedules.clock(connection)
        then = _next(schedule_id, plan, _first(plan, after=now, created_at=now))
        if not await schedules.insert_schedule(
            connection, schedule_id, plan, then, created_by=by.user_id, now=now
        ):
            raise _name_taken(plan)
        await note(
            connection, by, "schedule.created", f"schedule:{schedule_id}", after=_about(plan)
        )
        return await detail(connection, schedule_id)

    told = await once(deps, asked, by.user_id, ScheduleDetail, make)
    if told.fresh:
        log.info("schedule.created", schedule_id=str(schedule_id), actor=by.actor)
    return told


async def change(
    deps: Deps, schedule_id: UUID, change: PlanChange, by: Principal
) -> ScheduleDetail:
    """Change a schedule; another timetable counts from now on.

    Raises:
        NotFound: there is none.
        Invalid: nothing is to be changed, or see `create`.
        Denied: an API key that does not reach what it was, or what it would be.
        Conflict: there is a newer version, or the name is taken.
    """
    if msgspec.structs.replace(change, version=UNSET) == PlanChange():
        raise Invalid("Send what is to be different.", code="nothing_to_change",
                      faults=[Fault("", "names nothing to change")])  # fmt: skip
    async with transaction(deps.db) as connection:
        before = await _lock(connection, deps, schedule_id, by)
        if change.version not in (UNSET, before.version):
            raise Conflict(
                f"Schedule {schedule_id} has version {before.version} by now; look at it again.",
                code="schedule_changed",
            )
        plan = changed(before.plan, change)
        parts = _different(before.plan, plan)
        if parts:
            then = _then(deps, before, plan, parts, by)
            try:
                await schedules.update_schedule(connection, schedule_id, plan, then)
            except IntegrityError:
                raise _name_taken(plan) from None
            was, now = _about(before.plan), _about(plan)
            await note(
                connection, by, "schedule.updated", f"schedule:{schedule_id}",
                before={part: was[part] for part in parts},
                after={part: now[part] for part in parts},
            )  # fmt: skip
            log.info("schedule.updated", schedule_id=str(schedule_id), actor=by.actor)
        return await detail(connection, schedule_id)


async def pause(deps: Deps, schedule_id: UUID, by: Principal, *, reason: str) -> ScheduleDetail:
    """Let a schedule fire no more; pausing again changes the reason.

    Raises:
        NotFound: there is none.
        Denied: an API key that is narrowed to other jobs.
    """
    async with transaction(deps.db) as connection:
        before = await _lock(connection, deps, schedule_id, by)
        await schedules.pause_schedule(connection, schedule_id, actor=by.actor, reason=reason)
        await note(
            connection, by, "schedule.paused", f"schedule:{schedule_id}",
            before=_pause_of(before), after={"reason": reason},
        )  # fmt: skip
        found = await detail(connection, schedule_id)
    log.info("schedule.paused", schedule_id=str(schedule_id), actor=by.actor)
    return found


async def resume(deps: Deps, schedule_id: UUID, by: Principal) -> ScheduleDetail:
    """Let a schedule go on with the moment that comes next; those that passed are not made up for.

    Nothing happens when it was not paused.

    Raises:
        NotFound: there is none.
        Denied: an API key that is narrowed to other jobs.
        Invalid: its time zone is not known any more.
    """
    async with transaction(deps.db) as connection:
        before = await _lock(connection, deps, schedule_id, by)
        if before.paused_at is not None:
            check(before.plan)
            await schedules.resume_schedule(connection, schedule_id, _from_now(before))
            await note(
                connection, by, "schedule.resumed", f"schedule:{schedule_id}",
                before=_pause_of(before),
            )  # fmt: skip
            log.info("schedule.resumed", schedule_id=str(schedule_id), actor=by.actor)
        return await detail(connection, schedule_id)


async def delete(deps: Deps, schedule_id: UUID, by: Principal) -> None:
    """Delete a schedule with the record of its fires; its jobs stay.

    Raises:
        NotFound: there is none.
        Denied: an API key that is narrowed to other jobs.
    """
    async with transaction(deps.db) as connection:
        before = await _lock(connection, deps, schedule_id, by)
        await schedules.delete_schedule(connection, schedule_id)
        await note(
            connection, by, "schedule.deleted", f"schedule:{schedule_id}",
            before=_about(before.plan),
        )  # fmt: skip
    log.info("schedule.deleted", schedule_id=str(schedule_id), actor=by.actor)


async def _lock(connection: AsyncConnection, deps: Deps, schedule_id: UUID, by: Principal) -> Kept:
    found = await schedules.lock_schedule(connection, schedule_id)
    if found is None:
        raise unknown(schedule_id)
    template = found.plan.template
    check_reach(by, template.type, priority_of(deps, template))
    return found


def _check_template(deps: Deps, template: JobTemplate, by: Principal) -> None:
    """Refuse what could not be submitted as a job, with pointers into the schedule."""
    try:
        check_payload(template.payload)
        check_template(deps, template, by)
    except Invalid as error:
        faults = error.faults or (Fault("/payload", error.detail),)
        raise Invalid(
            error.detail,
            code=error.code,
            faults=[Fault(f"/template{fault.pointer}", fault.message) for fault in faults],
        ) from error


def _then(deps: Deps, before: Kept, plan: Plan, parts: Collection[str], by: Principal) -> Next:
    """When a changed plan fires next, once what is new in it has been checked."""
    if "template" in parts:
        _check_template(deps, plan.template, by)
    if not _TIMES & set(parts):
        return _next(before.id, plan, before.next_fire_at)
    check(plan)
    return _next(before.id, plan, _first(plan, after=before.now, created_at=before.created_at))


def _from_now(before: Kept) -> Next:
    """What comes next after a pause; a moment that is only late by its jitter is still to come."""
    plan = before.plan
    if before.due_at and before.due_at > before.now:
        return Next(before.next_fire_at, before.due_at)
    at = next(upcoming(plan, before.now, created_at=before.created_at), None)
    return _next(before.id, plan, at)


def _first(plan: Plan, *, after: datetime, created_at: datetime) -> datetime:
    at = next(upcoming(plan, after, created_at=created_at), None)
    if at is None:
        name = "ends_at" if plan.ends_at else "cron"
        message = "leaves no moment that is still to come"
        raise Invalid(f"{name} {message}", faults=[Fault(f"/{name}", message)])
    return at


def _next(schedule_id: UUID, plan: Plan, at: datetime | None) -> Next:
    return Next(at, at and due_at(schedule_id, at, plan.jitter_seconds))


def _different(before: Plan, after: Plan) -> list[str]:
    """The parts that are not the same; as JSON, for to Python 1 is true."""
    was, now = (msgspec.structs.asdict(it) for it in (before, after))
    return [part for part in was if _canonical.encode(was[part]) != _canonical.encode(now[part])]


def _about(plan: Plan) -> dict[str, Any]:
    """A plan for the audit trail, which tells payloads apart and does not show them."""
    template = msgspec.to_builtins(plan.template)
    payload = _canonical.encode(template.pop("payload", {}))
    template["payload_sha256"] = hashlib.sha256(payload).hexdigest()
    return {**msgspec.structs.asdict(plan), "template": template}


def _pause_of(it: Kept) -> dict[str, Any] | None:
    if it.paused_at is None:
        return None
    return {"paused_at": it.paused_at, "paused_by": it.paused_by, "reason": it.pause_reason}


def _name_taken(plan: Plan) -> Conflict:
    return Conflict(
        f"There is a schedule {plan.name!r} already; choose another name.",
        code="schedule_name_taken",
    )
