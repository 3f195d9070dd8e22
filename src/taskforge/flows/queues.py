"""Pausing queues: no job of a paused queue is started; running ones go on, new ones are accepted.

The claim itself asks whether its queue is paused (`db/claims.py`), so nothing has to reach the
workers. What waited is hinted when the queue goes on: its hints may be used up.
"""

from datetime import UTC, datetime, timedelta

from taskforge.core.errors import Fault, Invalid, NotFound
from taskforge.core.events import Event, QueueFrame
from taskforge.core.fleet import QueueView
from taskforge.core.job import MAX_DELAY_SECONDS
from taskforge.core.people import Principal
from taskforge.core.priority import BY_QUEUE, QUEUES
from taskforge.db import hints, queues
from taskforge.db.audit import note
from taskforge.db.engine import transaction
from taskforge.db.fleet import get_queue
from taskforge.db.queues import Turned
from taskforge.flows.deps import Deps
from taskforge.flows.reach import check_reaches_queue
from taskforge.log import get_logger

BY_ITSELF = "scheduler"
"""Who resumes a queue whose pause had an end."""

log = get_logger(__name__)


async def look(deps: Deps, name: str) -> QueueView:
    """A queue as it stands.

    Raises:
        NotFound: there is no such queue.
    """
    async with deps.db.connect() as connection:
        return await get_queue(connection, known(name))


async def pause(
    deps: Deps, name: str, by: Principal, *, reason: str, resume_at: datetime | None
) -> QueueView:
    """Start no more jobs of a queue; pausing again changes reason and end.

    Raises:
        NotFound: there is no such queue.
        Denied: an API key that is narrowed to other jobs.
        Invalid: the end is not in the year ahead.
    """
    _check_end(resume_at)
    check_reaches_queue(by, BY_QUEUE[known(name)])
    async with transaction(deps.db) as connection:
        turned = await queues.pause(
            connection, name, actor=by.actor, reason=reason, resume_at=resume_at
        )
        after = {"reason": reason, "resume_at": resume_at}
        await note(
            connection, by, "queue.paused", f"queue:{name}", before=_pause_of(turned), after=after
        )
    log.warning("queue.paused", queue=name, reason=reason, actor=by.actor)
    _announce(deps, Event.QUEUE_PAUSED, turned, reason=reason, actor=by.actor)
    return await look(deps, name)


async def resume(deps: Deps, name: str, by: Principal) -> QueueView:
    """Let a queue go on; nothing happens when it was not paused.

    Raises:
        NotFound: there is no such queue.
        Denied: an API key that is narrowed to other jobs.
    """
    check_reaches_queue(by, BY_QUEUE[known(name)])
    async with transaction(deps.db) as connection:
        turned = await queues.resume(connection, name)
        if turned:
            await note(connection, by, "queue.resumed", f"queue:{name}", before=_pause_of(turned))
    if turned:
        await _go_on(deps, turned, by.actor)
    return await look(deps, name)


async def resume_due(deps: Deps) -> int:
    """Let those queues go on whose pause has come to its end; how many."""
    async with deps.db.connect() as connection:
        turned = await queues.resume_due(connection)
    for one in turned:
        await _go_on(deps, one, BY_ITSELF)
    return len(turned)


async def _go_on(deps: Deps, turned: Turned, actor: str) -> None:
    log.warning("queue.resumed", queue=turned.name, actor=actor)
    _announce(deps, Event.QUEUE_RESUMED, turned, reason=turned.pause_reason, actor=actor)
    priority = BY_QUEUE[turned.name]
    async with deps.db.connect() as connection:
        free = (await hints.free_slots(connection)).get(priority, 0)
        due = await hints.take_first(connection, priority, limit=free) if free else []
    await deps.hinter.hint(due)


def _announce(deps: Deps, event: Event, turned: Turned, *, reason: str | None, actor: str) -> None:
    deps.stream.announce_soon(
        [QueueFrame(event=event, queue=turned.name, at=turned.at, reason=reason, actor=actor)]
    )


def _check_end(resume_at: datetime | None) -> None:
    if resume_at is None:
        return
    now = datetime.now(UTC)
    if not now < resume_at <= now + timedelta(seconds=MAX_DELAY_SECONDS):
        message = "must be in the future, at most 366 days ahead"
        raise Invalid(f"resume_at {message}", faults=[Fault("/resume_at", message)])


def _pause_of(turned: Turned) -> dict[str, str | datetime | None] | None:
    if turned.paused_at is None:
        return None
    return {
        "paused_at": turned.paused_at,
        "paused_by": turned.paused_by,
        "reason": turned.pause_reason,
        "resume_at": turned.resume_at,
    }


def known(name: str) -> str:
    """The name of a queue, as it is.

    Raises:
        NotFound: there is no such queue.
    """
    if name not in BY_QUEUE:
        raise NotFound(f"There is no queue {name!r}; there are {', '.join(QUEUES)}.")
    return name
