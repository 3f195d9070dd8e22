"""Firing schedules: due moments become jobs, each once, with any number of schedulers (R-60).

One pass is one transaction: the due schedules are locked, what stands in their way is looked at,
the fires are written with the next moments, and then the jobs; hints and frames follow the commit.
So a fire that says it has a job has it, and a pass that dies leaves everything to the next one.
"""

import asyncio
import time
from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

import msgspec
from msgspec import UNSET
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.errors import Conflict, Invalid, NotFound, TaskForgeError
from taskforge.core.firing import Busy, Due, Outcome, Turn, settle, take_turn
from taskforge.core.job import JobRow, JobTemplate
from taskforge.core.people import Principal
from taskforge.core.priority import BY_RANK
from taskforge.core.schedule import Fired, Overlap, check, due_at
from taskforge.db import fires, moves
from taskforge.db.audit import note
from taskforge.db.birth import Born, Draft, create
from taskforge.db.engine import transaction, was_refused
from taskforge.db.fires import FireRow, Step
from taskforge.flows.aftermath import after_cancelling
from taskforge.flows.deps import Deps
from taskforge.flows.preview import summary_of
from taskforge.flows.reach import check_reach
from taskforge.flows.templates import check_template, priority_of
from taskforge.log import get_logger
from taskforge.metrics.schedules import FIRE_DELAY_SECONDS, FIRED, HELD, SKIPPED
from taskforge.tracing.jobs import sending
from taskforge.tracing.spans import Span

PERIOD_SECONDS = 0.1
"""From one pass to the next."""
BATCH = 500
"""Most schedules of one pass."""
PASS_SECONDS = 1.0
"""A pass that has thought for so long leaves the rest to the next: it holds locks meanwhile."""
PASS_JOBS = 2_000
"""The same for one that has so many jobs to create."""
UNREADABLE = timedelta(hours=1)
"""When a timetable is tried again that means nothing here, such as one in a zone that is gone."""
UNSTORABLE = "the job has a value that cannot be stored: change the schedule's template"

_NOTHING = Turn(None, [], [], None)
_read_template = msgspec.json.Decoder(JobTemplate)
_check_span = lru_cache(maxsize=20_000)(check)
log = get_logger(__name__)


class _Case(NamedTuple):
    """A schedule in a pass, and what is to become of its moments."""

    due: Due
    outcomes: Sequence[Outcome]
    busy: Busy = Busy()
    draft: Draft | None = None
    """The job of each outcome that has one, but for the id."""
    step: Step | None = None
    """None: its timetable stays where it is."""


class _Done(NamedTuple):
    """What a transaction has come to, for what follows it."""

    drafts: Sequence[Draft]
    born: dict[UUID, Born]
    cancelled: Sequence[moves.Moved]
    held: int
    """Moments whose job waits for the one before."""
    skipped: int
    """Moments that have no job."""
    spans: Sequence[Span]
    """Of the drafts; they end when all has been told."""


async def fire(deps: Deps) -> int:
    """Fire what is due, longest due first; how many schedules.

    What is due before the next pass is waited for, so that it does not wait for us.
    """
    async with deps.db.connect() as connection:
        seconds = await fires.due_in(connection)
    if seconds > PERIOD_SECONDS:
        return 0
    if seconds > 0:
        await asyncio.sleep(seconds)
    async with transaction(deps.db) as connection:
        found = await fires.lock_due(connection, limit=BATCH)
        standing = await _standing(connection, found)
        began, cases, jobs = time.monotonic(), list[_Case](), 0
        for due in found:
            if time.monotonic() - began > PASS_SECONDS or jobs > PASS_JOBS:
                break
            cases.append(_fired(deps, due, standing.busy.get(due.id, Busy())))
            jobs += sum(it.job_id is not None for it in cases[-1].outcomes)
        done = await _write(connection, cases, standing.ended)
    for due in (case.due for case in cases):
        late = due.now - (due.due_at or due.now)
        FIRE_DELAY_SECONDS.observe(max(late.total_seconds(), 0.0))
    await _tell(deps, done)
    return len(cases)


async def release(deps: Deps) -> int:
    """Let held fires go whose schedule's jobs have ended; how many schedules."""
    async with deps.db.connect() as connection:
        free = await fires.free_held(connection, limit=BATCH)
    if not free:
        return 0
    async with transaction(deps.db) as connection:
        found = await fires.lock_these(connection, free)
        standing = await fires.standing(connection, [due.id for due in found])
        cases = [_case(deps, due, _NOTHING, standing.busy.get(due.id, Busy())) for due in found]
        done = await _write(connection, cases, standing.ended)
    await _tell(deps, done)
    return sum(bool(case.outcomes) for case in cases)  # a rival may have been first


async def run_now(deps: Deps, schedule_id: UUID, by: Principal) -> Fired:
    """Fire a schedule at this moment, also one that is paused or has come to its end.

    Its timetable stays where it is. Its overlap policy is obeyed: the answer tells when there is
    no job, and why.

    Raises:
        NotFound: no such schedule.
        Denied: an API key that is narrowed to other jobs.
        Conflict: its template can no longer be read.
    """
    async with transaction(deps.db) as connection:
        due = await fires.lock_one(connection, schedule_id)
        if due is None:
            raise NotFound(f"there is no schedule {schedule_id}")
        _check_reach(deps, due, by)
        standing = await _standing(connection, [due])
        busy = standing.busy.get(due.id, Busy())
        case = _case(deps, due, Turn(None, [], [due.now], None), busy, by.api_key_id)
        done = await _write(connection, [case], standing.ended, actor=by.actor)
        outcome = next(it for it in case.outcomes if it.fire_at == due.now)
        made = outcome.job_id if outcome.job_id in done.born else None
        skipped = UNSTORABLE if outcome.job_id and not made else outcome.skipped
        after = {"fire_at": due.now, "job_id": made, "skipped": skipped, "held": outcome.held}
        await note(connection, by, "schedule.run_now", f"schedule:{schedule_id}", after=after)
    job = next((row for row in await _tell(deps, done) if row.id == made), None)
    return Fired(fire_at=due.now, job=job, skipped=skipped, held=outcome.held)


def _check_reach(deps: Deps, due: Due, by: Principal) -> None:
    try:
        template = _read_template.decode(due.template)
    except msgspec.DecodeError as error:
        why = f"the template of schedule {due.name!r} can no longer be read ({error}): change it"
        raise Conflict(why) from error
    check_reach(by, template.type, priority_of(deps, template))


async def _standing(connection: AsyncConnection, found: Sequence[Due]) -> fires.Standing:
    ids = [due.id for due in found if due.overlap is not Overlap.ALLOW]
    return await fires.standing(connection, ids) if ids else fires.Standing({}, [])


def _fired(deps: Deps, due: Due, busy: Busy) -> _Case:
    """What becomes of a schedule that is due."""
    at = due.next_fire_at or due.now
    step = Step(id=due.id, expected=at, next_fire_at=at, due_at=due.now + UNREADABLE)
    try:
        _check_span(due.span)
    except Invalid as error:
        reason = f"{error.detail}; change the schedule, or what this scheduler knows of zones"
        log.warning("schedule.unreadable", schedule=due.name, reason=reason)
        return _Case(due, [Outcome(at, skipped=reason)], step=step)
    turn = take_turn(due)
    comes = turn.next_fire_at and due_at(due.id, turn.next_fire_at, due.jitter_seconds)
    step = msgspec.structs.replace(step, next_fire_at=turn.next_fire_at, due_at=comes)
    return _case(deps, due, turn, busy)._replace(step=step)


def _case(deps: Deps, due: Due, turn: Turn, busy: Busy, api_key_id: UUID | None = None) -> _Case:
    refusal = draft = None
    try:
        draft = _draft(deps, due, api_key_id)
    except Exception as error:  # noqa: BLE001 - a plug-in judges payloads; one must not stop all
        why = error.detail if isinstance(error, TaskForgeError) else repr(error)
        refusal = f"{why.rstrip('.')}: change the schedule's template"
        log.warning("schedule.refused", schedule=due.name, reason=refusal)
    return _Case(due, settle(due, turn, busy, refusal), busy, draft)


def _draft(deps: Deps, due: Due, api_key_id: UUID | None) -> Draft:
    template = _read_template.decode(due.template)
    checked = check_template(deps, template, None)
    retries, job_type = template.max_retries, checked.job_type
    return Draft(
        id=due.id,
        type=template.type,
        rank=checked.priority.rank,
        payload=msgspec.Raw(msgspec.json.encode(checked.payload)),
        max_retries=job_type.max_retries if retries is UNSET else retries,
        timeout_seconds=template.timeout_seconds or job_type.timeout_seconds,
        run_at=None,
        delay_seconds=0.0,
        created_by=due.created_by,
        webhook_url=template.webhook_url,
        idempotency_key=None,
        tags=list(dict.fromkeys(template.tags)),
        summary=summary_of(job_type, checked.ask),
        actor=f"schedule:{due.name}",
        api_key_id=api_key_id,
        schedule_id=due.id,
    )


async def _write(
    connection: AsyncConnection,
    cases: Sequence[_Case],
    ended: Sequence[UUID],
    *,
    actor: str | None = None,
) -> _Done:
    rows = [_row(case, it, actor) for case in cases for it in case.outcomes]
    steps = [case.step for case in cases if case.step]
    recorded = await fires.record(connection, rows, steps, ended)
    drafts, overtaken = list[Draft](), list[UUID]()
    for case in cases:
        made = [it for it in case.outcomes if it.job_id and (case.due.id, it.fire_at) in recorded]
        drafts += [_for_job(case.draft, it.job_id) for it in made if case.draft and it.job_id]
        if made and case.due.overlap is Overlap.CANCEL_PREVIOUS:
            overtaken += case.busy.active
    spans = [sending(draft.id, draft.type, BY_RANK[draft.rank]) for draft in drafts]
    drafts = [_traced(*each) for each in zip(drafts, spans, strict=True)]
    born = await _create(connection, drafts)
    cancelled = await moves.make_way(connection, overtaken) if overtaken else []
    told = [it for case in cases for it in case.outcomes if (case.due.id, it.fire_at) in recorded]
    held = sum(it.held for it in told)
    made = [each for each in zip(drafts, spans, strict=True) if each[0].id in born]
    skipped = len(told) - held - len(made)
    drafts, spans = [draft for draft, _ in made], [span for _, span in made]
    return _Done(drafts, born, cancelled, held, skipped, spans)


async def _create(connection: AsyncConnection, drafts: Sequence[Draft]) -> dict[UUID, Born]:
    """Create the jobs; of one that cannot be stored the reason stays, and the others live."""
    if not drafts:
        return {}
    try:
        async with connection.begin_nested():
            return await create(connection, drafts)
    except (DBAPIError, UnicodeEncodeError) as error:
        if not was_refused(error):
            raise
    if len(drafts) == 1:
        await fires.refuse(connection, [drafts[0].id], UNSTORABLE)
        return {}
    half = len(drafts) // 2
    first = await _create(connection, drafts[:half])
    return first | await _create(connection, drafts[half:])


async def _tell(deps: Deps, done: _Done) -> list[JobRow]:
    FIRED.inc(len(done.drafts))
    HELD.inc(done.held)
    SKIPPED.inc(done.skipped)
    rows = await deps.births.tell(done.drafts, done.born, "schedule")
    await after_cancelling(deps, done.cancelled)
    for span in done.spans:
        span.end()
    return rows


def _row(case: _Case, outcome: Outcome, actor: str | None) -> FireRow:
    return FireRow(
        schedule_id=case.due.id,
        fire_at=outcome.fire_at,
        job_id=outcome.job_id,
        skipped=outcome.skipped,
        held=outcome.held,
        actor=actor,
    )


def _for_job(draft: Draft, job_id: UUID) -> Draft:
    return msgspec.structs.replace(draft, id=job_id)


def _traced(draft: Draft, span: Span) -> Draft:
    origin = span.traceparent
    return msgspec.structs.replace(draft, traceparent=origin) if origin else draft
