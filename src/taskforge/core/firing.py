"""What happens when a schedule's time has come: which moments are due, and what becomes of each.

Nothing here reads a clock or a table, and the work is bounded however long nobody looked (R-63).
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice, takewhile
from typing import NamedTuple
from uuid import UUID

from taskforge.core.ids import new_id
from taskforge.core.schedule import (
    GRACE_SECONDS,
    MAX_CAUGHT_UP,
    Missed,
    Overlap,
    Span,
    due_at,
    upcoming,
)

MAX_TOLD = 10
"""Missed moments that are remembered one by one where they are not made up for."""
MAX_AT_ONCE = 50
"""Moments in time that one pass takes of one schedule; the next pass takes the next ones."""
_GRACE, _SECOND = timedelta(seconds=GRACE_SECONDS), timedelta(seconds=1)
_INSTANT = timedelta(microseconds=1)


class Due(NamedTuple):
    """A schedule as a pass found and locked it."""

    id: UUID
    name: str
    span: Span
    jitter_seconds: float
    overlap: Overlap
    missed: Missed
    template: str
    """JSON of a JobTemplate, which was good when it was written."""
    created_by: UUID | None
    created_at: datetime
    next_fire_at: datetime | None
    due_at: datetime | None
    now: datetime


class Turn(NamedTuple):
    """The moments of a schedule that have come, in order."""

    dropped: datetime | None
    """The first of those missed ones that are too many to tell; None where all are in `missed`."""
    missed: Sequence[datetime]
    """The latest of those that passed more than the grace ago."""
    timely: Sequence[datetime]
    next_fire_at: datetime | None
    """What comes next; None: nothing any more."""


class Busy(NamedTuple):
    """What stands in the way of a schedule's next job."""

    active: Sequence[UUID] = ()
    """Its jobs that have not ended."""
    held: datetime | None = None
    """The moment whose job waits for their end."""


class Outcome(NamedTuple):
    """What becomes of a moment: a job, a reason against it, or a place in line."""

    fire_at: datetime
    job_id: UUID | None = None
    skipped: str | None = None
    held: bool = False


def take_turn(due: Due) -> Turn:
    """Which moments have come by `due.now`, from `due.next_fire_at` on.

    A moment comes when its jitter is over, and never before the one before it has come. What came
    within the grace is in time.
    """
    first = due.next_fire_at or due.now
    begin = first - _INSTANT
    late = due.now - _GRACE
    surely = late - timedelta(seconds=due.jitter_seconds) - _INSTANT
    keep = MAX_CAUGHT_UP if due.missed is Missed.RUN_ALL else MAX_TOLD
    missed, timely = _latest(due, begin, surely, keep), list[datetime]()
    comes, next_fire_at = due.due_at or first, None
    for at in _moments(due, max(begin, surely)):
        comes = max(comes, due_at(due.id, at, due.jitter_seconds))
        if comes > due.now or len(timely) == MAX_AT_ONCE:
            next_fire_at = at
            break
        (missed if comes < late else timely).append(at)
    missed = missed[-keep:]
    dropped = first if missed and missed[0] > first else None
    return Turn(dropped, missed, timely, next_fire_at)


def settle(due: Due, turn: Turn, busy: Busy, refusal: str | None) -> list[Outcome]:
    """What becomes of the moments of a turn, each after those before it.

    Args:
        due: the schedule.
        turn: what has come; nothing, when it is only to be seen whether the held fire may go.
        busy: what stands in the way; not looked at where jobs may overlap.
        refusal: why its template cannot become a job, and what helps; None: it can.
    """
    wanted = list(turn.timely)
    match due.missed:
        case Missed.SKIP:
            left_out = list(turn.missed)
        case Missed.RUN_ONCE:
            left_out = list(turn.missed[:-1])
            wanted = [*turn.missed[-1:], *wanted]
        case Missed.RUN_ALL:
            left_out = []
            wanted = [*turn.missed, *wanted]
    outcomes = [*_dropped(turn), *(Outcome(at, skipped=_missed(due)) for at in left_out)]
    if busy.held and not busy.active:
        wanted.insert(0, busy.held)
        busy = Busy()
    if refusal is not None:
        return outcomes + [Outcome(at, skipped=refusal) for at in wanted]
    return outcomes + list(_admit(due.overlap, wanted, busy))


def _admit(overlap: Overlap, wanted: Sequence[datetime], busy: Busy) -> Iterator[Outcome]:
    """By the overlap policy (R-64); jobs of this very turn count too."""
    running, held = next(iter(busy.active), None), busy.held
    for at in wanted:
        in_the_way = overlap is not Overlap.ALLOW and running is not None
        if overlap is Overlap.CANCEL_PREVIOUS:
            in_the_way = at != wanted[-1]
        if not in_the_way:
            running = new_id()
            yield Outcome(at, job_id=running)
            continue
        match overlap:
            case Overlap.SKIP | Overlap.ALLOW:
                yield Outcome(at, skipped=f"job {running} has not ended (overlap: skip)")
            case Overlap.CANCEL_PREVIOUS:
                yield Outcome(at, skipped=f"{_told(wanted[-1])} took its place before it began"
                                          " (overlap: cancel_previous)")  # fmt: skip
            case Overlap.QUEUE_ONE if held is None:
                held = at
                yield Outcome(at, held=True)
            case Overlap.QUEUE_ONE:
                yield Outcome(at, skipped=f"{_told(held)} already waits for job {running} to end"
                                          " (overlap: queue_one)")  # fmt: skip


def _dropped(turn: Turn) -> Iterable[Outcome]:
    if turn.dropped is None:
        return
    reason = f"missed, with every moment before {_told(turn.missed[0])}: no scheduler ran;"
    yield Outcome(turn.dropped, skipped=f"{reason} they are too many to make up for or to list")


def _missed(due: Due) -> str:
    return f"missed: no scheduler ran at this time (missed: {due.missed})"


def _told(at: datetime | None) -> str:
    return f"the fire of {at:%Y-%m-%d %H:%M:%S} UTC" if at else ""


def _moments(due: Due, after: datetime) -> Iterator[datetime]:
    """The moment that was promised, whatever the timetable says now, and those that follow it."""
    promised = due.next_fire_at
    if promised and after < promised:
        yield promised
        after = promised
    yield from upcoming(due.span, after, created_at=due.created_at)


def _latest(due: Due, after: datetime, until: datetime, count: int) -> list[datetime]:
    """The last `count` moments later than `after`, up to `until`, however many there are."""

    def some(begin: datetime) -> list[datetime]:
        return list(islice(takewhile(lambda at: at <= until, _moments(due, begin)), count + 1))

    if until <= after:
        return []
    found = some(after)
    if len(found) <= count:
        return found
    # No two are within a second, so the second that leaves few enough leaves the last `count`.
    seconds = range(int((until - after) / _SECOND) + 2)
    enough = bisect_left(seconds, True, key=lambda n: len(some(after + n * _SECOND)) <= count)
    return some(after + enough * _SECOND)
