"""Submitting jobs: check, insert once, hint, announce (DESIGN §2.2).

One submit is: the order is checked against its type → the row, its details, its first event and
its counters are committed in one statement → a hint goes to Redis → a frame goes to the stream. A
submit succeeds while Redis is away; the scheduler hints later.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from msgspec import UNSET
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.errors import Conflict, Fault, Invalid, TaskForgeError
from taskforge.core.ids import new_id
from taskforge.core.job import MAX_DELAY_SECONDS, JobOrder, JobRow
from taskforge.core.people import Principal
from taskforge.core.priority import BY_RANK
from taskforge.db.birth import Born, Draft, create
from taskforge.db.engine import lock_was_busy, transaction, was_refused
from taskforge.db.idempotency import key_holder, take_key
from taskforge.db.job_rows import get_row
from taskforge.flows.births import submitted
from taskforge.flows.deps import Deps
from taskforge.flows.once import check_holder, in_progress
from taskforge.flows.preview import summary_of
from taskforge.flows.templates import check_template
from taskforge.metrics.jobs import Source
from taskforge.tracing.jobs import sending, sending_many
from taskforge.tracing.spans import Span

_canonical = msgspec.json.Encoder(order="sorted")


class Submitted(NamedTuple):
    """The job that an order led to."""

    job: JobRow
    payload: dict[str, Any]
    fresh: bool
    """False when the idempotency key already named this job."""


class _Checked(NamedTuple):
    draft: Draft
    payload: dict[str, Any]
    fingerprint: str | None
    """None without an idempotency key."""


async def submit(deps: Deps, order: JobOrder, by: Principal) -> Submitted:
    """Accept one order.

    Raises:
        Invalid: an unknown type, a payload that its type refuses, a time that makes no sense, a
            receiver that no webhook may reach, or an idempotency key that was used with another
            body (R-42).
        Conflict: an equal key is in use at this very moment (R-41).
    """
    checked = _check(deps, order, by)
    draft = checked.draft
    with sending(draft.id, draft.type, BY_RANK[draft.rank]) as span:
        [checked] = _traced([checked], span)
        if checked.fingerprint is None:
            return Submitted(await deps.births.put(checked.draft, by), checked.payload, fresh=True)
        return (await _submit_all(deps, [checked], by, "single"))[0]


async def submit_many(
    deps: Deps, orders: Sequence[JobOrder], by: Principal, *, atomic: bool
) -> list[Submitted | TaskForgeError]:
    """Accept many orders; the answers are in the order of the orders.

    Args:
        deps: what flows run on.
        orders: at most `MAX_BULK`.
        by: who asks.
        atomic: all or nothing, in one transaction.

    Raises:
        Invalid: `atomic`, and an order is not acceptable; the faults point at the items.
        Conflict: `atomic`, and a key is in use at this very moment.
    """
    checks = [_try_check(deps, order, by) for order in orders]
    good = _all_or_raise(checks) if atomic else [it for it in checks if isinstance(it, _Checked)]
    with sending_many((BY_RANK[it.draft.rank] for it in good), len(good)) as span:
        if atomic:
            return list(await _submit_all(deps, _traced(good, span), by, "bulk"))
        traced = iter(_traced(good, span))
        return await _submit_each(
            deps, [next(traced) if isinstance(it, _Checked) else it for it in checks], by
        )


async def _submit_each(
    deps: Deps, checks: Sequence[_Checked | TaskForgeError], by: Principal
) -> list[Submitted | TaskForgeError]:
    answers: dict[int, Submitted | TaskForgeError] = {}
    plain: list[tuple[int, _Checked]] = []
    for index, checked in enumerate(checks):
        if isinstance(checked, TaskForgeError):
            answers[index] = checked
        elif checked.fingerprint is None:
            plain.append((index, checked))
        else:
            answers[index] = await _try_keyed(deps, checked, by)
    if plain:
        rows = await deps.births.create([checked.draft for _, checked in plain], by)
        for (index, checked), row in zip(plain, rows, strict=True):
            answers[index] = Submitted(row, checked.payload, fresh=True)
    return [answers[index] for index in range(len(checks))]


def _check(deps: Deps, order: JobOrder, by: Principal) -> _Checked:
    checked = check_template(deps, order, by)
    job_type, payload = checked.job_type, checked.payload
    draft = Draft(
        id=new_id(),
        type=order.type,
        rank=checked.priority.rank,
        payload=msgspec.Raw(msgspec.json.encode(payload)),
        max_retries=job_type.max_retries if order.max_retries is UNSET else order.max_retries,
        timeout_seconds=order.timeout_seconds or job_type.timeout_seconds,
        run_at=_run_at(order),
        delay_seconds=order.delay_seconds or 0.0,
        created_by=by.user_id,
        webhook_url=order.webhook_url,
        idempotency_key=order.idempotency_key,
        tags=list(dict.fromkeys(order.tags)),
        summary=summary_of(job_type, checked.ask),
        actor=by.actor,
        api_key_id=by.api_key_id,
    )
    return _Checked(draft, payload, _fingerprint(order) if order.idempotency_key else None)


def _try_check(deps: Deps, order: JobOrder, by: Principal) -> _Checked | TaskForgeError:
    try:
        return _check(deps, order, by)
    except TaskForgeError as error:
        return error


def _traced(checks: list[_Checked], span: Span) -> list[_Checked]:
    """The same, with the span that their attempts are to point at."""
    origin = span.traceparent
    if origin is None:
        return checks
    replace = msgspec.structs.replace
    return [it._replace(draft=replace(it.draft, traceparent=origin)) for it in checks]


def _run_at(order: JobOrder) -> datetime | None:
    at = order.scheduled_at
    if at is None:
        return None
    if order.delay_seconds is not None:
        raise _invalid("/delay_seconds", "give scheduled_at or delay_seconds, not both")
    if at.tzinfo is None:
        raise _invalid("/scheduled_at", "needs a time zone, such as 2026-01-31T08:00:00Z")
    try:
        at = at.astimezone(UTC)
    except OverflowError as error:
        raise _invalid("/scheduled_at", "is outside the calendar") from error
    # Only a bound against nonsense: whether the time has come is the database's to say.
    if at > datetime.now(UTC) + timedelta(seconds=MAX_DELAY_SECONDS):
        raise _invalid("/scheduled_at", "is more than 366 days ahead")
    return at


def _invalid(pointer: str, message: str) -> Invalid:
    return Invalid(f"{pointer[1:]} {message}", faults=[Fault(pointer, message)])


def _fingerprint(order: JobOrder) -> str:
    """SHA-256 of the checked, canonical body; the key itself may come by header or body (R-42)."""
    body = msgspec.structs.replace(order, idempotency_key=None)
    return hashlib.sha256(_canonical.encode(body)).hexdigest()


async def _try_keyed(deps: Deps, checked: _Checked, by: Principal) -> Submitted | TaskForgeError:
    try:
        return (await _submit_all(deps, [checked], by, "bulk"))[0]
    except TaskForgeError as error:
        return error


async def _submit_all(
    deps: Deps, checks: list[_Checked], by: Principal, source: Source
) -> list[Submitted]:
    """One transaction for keys and jobs together: either both are there or none is (R-41)."""
    replayed: dict[int, Submitted] = {}
    born: dict[UUID, Born] = {}
    fresh: dict[UUID, _Checked] = {}
    twins: dict[int, UUID] = {}
    try:
        async with transaction(deps.db) as connection:
            for index, checked in enumerate(checks):
                holder = await _holder(connection, checked, by) if checked.fingerprint else None
                if holder is None:
                    fresh[checked.draft.id] = checked
                elif holder in fresh:  # the same order twice in one call
                    twins[index] = holder
                else:
                    replayed[index] = await _replay(connection, checked, holder)
            if fresh:
                drafts = [checked.draft for checked in fresh.values()]
                born = await create(connection, drafts, [submitted(drafts, by)])
    except Exception as error:
        if lock_was_busy(error):
            raise in_progress() from error
        if was_refused(error):
            raise Invalid("an order has a value that cannot be stored") from error
        raise
    told = await deps.births.tell([checked.draft for checked in fresh.values()], born, source)
    rows = {row.id: row for row in told}
    return [
        replayed[index]
        if index in replayed
        else Submitted(rows[twins.get(index, it.draft.id)], it.payload, fresh=index not in twins)
        for index, it in enumerate(checks)
    ]


async def _holder(connection: AsyncConnection, checked: _Checked, by: Principal) -> UUID | None:
    """Which job the key already names; None when it names ours from now on."""
    draft, key = checked.draft, checked.draft.idempotency_key or ""
    fingerprint = checked.fingerprint or ""
    if await take_key(connection, by.user_id, key, fingerprint, job_id=draft.id):
        return None
    holder = await key_holder(connection, by.user_id, key)
    check_holder(key, fingerprint, holder)
    return holder.job_id if holder else None


async def _replay(connection: AsyncConnection, checked: _Checked, job_id: UUID) -> Submitted:
    """What the order led to when it came before."""
    row = await get_row(connection, job_id)
    if row is None:
        key = checked.draft.idempotency_key
        raise Conflict(
            f"job {job_id}, which idempotency key {key!r} made, was deleted",
            code="idempotent_job_deleted",
        )
    return Submitted(row, checked.payload, fresh=False)


def _all_or_raise(checks: list[_Checked | TaskForgeError]) -> list[_Checked]:
    good: list[_Checked] = []
    faults: list[Fault] = []
    for index, checked in enumerate(checks):
        if isinstance(checked, _Checked):
            good.append(checked)
            continue
        found = checked.faults if isinstance(checked, Invalid) else ()
        faults += [
            Fault(f"/jobs/{index}{fault.pointer}", fault.message)
            for fault in found or [Fault("", checked.detail)]
        ]
    if faults:
        raise Invalid("nothing was created: some orders are not acceptable", faults=faults)
    return good
