"""Spans of jobs, by the semantic conventions for messaging: send, hint, process."""

from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from taskforge.core.job import JobRow
from taskforge.core.priority import Priority
from taskforge.tracing.spans import NOTHING, Kind, Span, switch

PROMPT = timedelta(seconds=30)
"""An attempt that starts within this time belongs to the trace of its request. Later than that the
trace is over: so long do collectors wait for its last span before they decide to keep it."""
WEBHOOKS = "webhooks"
"""The destination of deliveries, beside the queues."""
_BATCH = "messaging.batch.message_count"
_ID = "messaging.message.id"
_TYPE = "taskforge.job.type"


def sending(job_id: UUID, job_type: str, priority: Priority) -> Span:
    """A job is about to be made; its span's `traceparent` is to be stored with it."""
    if switch.engine is None:
        return NOTHING
    facts = {**_about("send", priority.queue), _ID: str(job_id), _TYPE: job_type}
    return switch.engine.nested(f"send {priority.queue}", Kind.PRODUCER, facts)


def sending_many(priorities: Iterable[Priority], count: int) -> Span:
    """The same for the jobs of one call, all of which have this one span."""
    if switch.engine is None or not count:
        return NOTHING
    queues = {priority.queue for priority in priorities}
    queue = queues.pop() if len(queues) == 1 else None
    facts = {**_about("send", queue), _BATCH: count}
    return switch.engine.nested(f"send {queue}" if queue else "send", Kind.PRODUCER, facts)


def hinted(origins: Collection[str | None], *, began_ns: int, taken: bool) -> None:
    """Hints have gone out for jobs of these spans, in one round trip.

    One of them for each trace: orders of strangers share the round trip, not the trace.

    Args:
        origins: the `traceparent` of each job.
        began_ns: when the round trip began, ns since the epoch.
        taken: whether Redis took the hints.
    """
    if switch.engine is None:
        return
    facts: dict[str, str | int | bool] = {"db.system.name": "redis", _BATCH: len(origins)}
    if not taken:
        facts["error.type"] = "redis_away"
    for origin in {it for it in origins if it and is_kept(it)}:
        switch.engine.past("hint", Kind.CLIENT, facts, origin, began_ns)


def is_kept(traceparent: str) -> bool:
    """Whether the span of this name is sampled."""
    return bool(int(traceparent[-2:], 16) & 1)


def processing(row: JobRow, origin: str | None) -> Span:
    """An attempt begins; `origin` is what was stored with the job.

    The first attempt of a job that was due at once and did not wait long is part of its request's
    trace. Any other has a trace of its own, with a link: a trace that goes on for hours or days is
    one that no backend shows whole.
    """
    if switch.engine is None:
        return NOTHING
    if origin and (dropped := switch.engine.dropped(origin)):
        return dropped
    queue = row.priority.queue
    facts = {
        **_about("process", queue),
        _ID: str(row.id),
        _TYPE: row.type,
        "taskforge.job.attempt": row.attempt,
    }
    prompt = is_prompt(row)
    parent, link = (origin, None) if prompt else (None, origin)
    return switch.engine.follow(f"process {queue}", Kind.CONSUMER, facts, parent=parent, link=link)


def is_prompt(row: JobRow) -> bool:
    """Whether this attempt comes right after the order: the first, not booked for later."""
    started = row.started_at or row.created_at
    at_once = row.attempt == 1 and row.run_at <= row.created_at
    return at_once and started - row.created_at <= PROMPT


def processed(span: Span, row: JobRow, *, ours: bool) -> None:
    """The attempt has ended; not `ours` when its lease had passed to another."""
    if span is NOTHING:
        return
    if not ours:
        span.fail("lease_lost")
        return
    span.note({"taskforge.job.status": row.status})
    if row.error_class:
        span.fail(row.error_class)


def delivering(delivery_id: UUID, job_id: UUID, origin: str | None) -> Span:
    """A webhook is about to be delivered: long after the request, perhaps, so only linked to it."""
    if switch.engine is None:
        return NOTHING
    facts = {
        **_about("process", WEBHOOKS),
        _ID: str(delivery_id),
        "taskforge.job.id": str(job_id),
    }
    return switch.engine.follow(
        f"process {WEBHOOKS}", Kind.CONSUMER, facts, parent=None, link=origin
    )


def delivered(span: Span, why_not: str | None) -> None:
    """The call has been made; `why_not` is None when the receiver took it."""
    if why_not:
        span.fail(why_not)


def _about(operation: str, queue: str | None) -> dict[str, Any]:
    about = {
        "messaging.system": "taskforge",
        "messaging.operation.name": operation,
        "messaging.operation.type": operation,
    }
    return {**about, "messaging.destination.name": queue} if queue else about
