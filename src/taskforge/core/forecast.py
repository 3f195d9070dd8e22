"""When a waiting job will probably start: from the line before it and how fast it moves.

The job is in up to three lines at once: for the slots of the workers that could run it, for its
queue's limit and for its type's. In a line of `width` places the job starts when enough of the
jobs before it have ended; with ends at random, one every `beat` seconds on average, that takes the
time of a gamma distribution, whose median and 90th percentile are told. The slowest line counts.

A beat is measured where it can be: while jobs have been waiting for whole minutes, the starts in
those minutes are what the workers can do. Otherwise it is the mean run time lately over the places.
What newly arrives in more urgent queues overtakes, and is taken off; a queue's fair share is left.
No job starts before it is due, nor before the pause of its queue ends. The estimate knows nothing
of workers, limits and jobs that come later.
"""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from taskforge.core.blockers import capable, jobs_ahead
from taskforge.core.states import WAITING, JobStatus
from taskforge.core.why import NoEstimate, Pace, Paces, Standing, StartEstimate

FARTHEST: Final = timedelta(days=3_650)
"""What is further away is told as this far."""

_MINUTE = timedelta(minutes=1)


class Line(NamedTuple):
    """Jobs that wait for the same places."""

    ahead: float
    """Jobs that are started before ours, likely."""
    most: float
    """At most."""
    busy: int
    """Places taken."""
    width: int
    """Places there are, above 0."""
    beat: float | None
    """Seconds from one end to the next while all places are taken; None is unknown, infinity is
    never."""


class Wait(NamedTuple):
    """Seconds until a place is ours."""

    p50: float
    p90: float


def forecast(job: Standing, paces: Paces) -> StartEstimate | NoEstimate:
    """When the job will probably start, or why that cannot be told."""
    if why := _unknowable(job):
        return why
    known = [wait(line) for line in _lines(job, paces)]
    waits = [it for it in known if it]
    if len(waits) < len(known):
        return NoEstimate.NO_RECENT_THROUGHPUT
    if any(math.isinf(it.p90) for it in waits):
        return NoEstimate.OVERTAKEN
    # While the queue is paused, its line does not move either.
    begin = job.at if job.queue.is_open else (job.queue.resume_at or job.at)
    due = job.at if job.status is JobStatus.QUEUED else job.run_at
    p50, p90 = (
        max(job.at, due, begin + _span(max(seconds))) for seconds in zip(*waits, strict=True)
    )
    return StartEstimate(p50_at=p50, p90_at=p90)


def wait(line: Line) -> Wait | None:
    """How long a line makes us wait; None when its beat matters and is not known."""
    free = line.width - line.busy
    likely, most = max(line.ahead + 1 - free, 0.0), max(line.most + 1 - free, 0.0)
    if not most:
        return Wait(0.0, 0.0)
    if line.beat is None:
        return None
    if math.isinf(line.beat):
        return Wait(math.inf, math.inf)
    # Median and 90th percentile of the sum of n exponential spans, within 5 % for every n ≥ 1.
    p50 = max(likely - 1 / 3, likely * 2 / 3)
    return Wait(p50 * line.beat, (most + 1.2816 * math.sqrt(most)) * line.beat)


def _unknowable(job: Standing) -> NoEstimate | None:
    if job.status not in WAITING:
        return NoEstimate.NOT_WAITING
    if not job.queue.is_open and job.queue.resume_at is None:
        return NoEstimate.PAUSED
    if any(limit and not limit.limit for limit in (job.queue_limit, job.type_limit)):
        return NoEstimate.LIMIT_IS_ZERO
    units = capable(job)
    if not units:
        return NoEstimate.NO_WORKER
    if job.is_suspect and all(unit.busy for unit in units):
        return NoEstimate.NO_IDLE_WORKER
    return None


def _lines(job: Standing, paces: Paces) -> list[Line]:
    units, rank = capable(job), job.priority.rank
    slots, busy = sum(unit.slots for unit in units), sum(unit.busy for unit in units)
    if job.is_suspect:  # an idle worker takes it next
        return [Line(0, 0, 0, 1, None)]
    ahead, most = jobs_ahead(job)
    run_seconds = _mean([it for it in paces.items if it.priority == rank])
    type_seconds = _mean([it for it in paces.items if it.type == job.type])
    lines = [Line(ahead, most, min(busy, slots), slots, _beat(job, paces, slots))]
    if job.queue_limit:
        limit = job.queue_limit
        lines.append(_part(job, job.line.of_queue, limit.running, limit.limit, run_seconds))
    if job.type_limit:
        limit = job.type_limit
        lines.append(_part(job, job.line.of_type, limit.running, limit.limit, type_seconds))
    if job.unit_limit:
        running, width = sum(unit.of_type for unit in units), job.unit_limit * len(units)
        lines.append(_part(job, job.line.of_type, running, width, type_seconds))
    return lines


def _part(job: Standing, of: int, busy: int, width: int, seconds: float | None) -> Line:
    """The line for the places of a limit; beyond what was counted, mixed as in what was."""
    ahead, most = jobs_ahead(job)
    share = of / job.line.ahead if job.line.ahead else 0.0
    return Line(ahead * share, most * share, busy, width, seconds and seconds / width)


def _beat(job: Standing, paces: Paces, slots: int) -> float | None:
    """Seconds from one start to the next that is left to jobs that wait already."""
    rank = job.priority.rank
    level = [it for it in paces.items if it.priority <= rank]
    since = min(job.line.first_at or job.run_at, job.run_at)
    per_second = _measured(level, paces.at, since)
    if not per_second:
        run_seconds = _mean(level)
        if not run_seconds:
            return None
        per_second = slots / run_seconds
    above = sum(it.came_per_minute for it in level if it.priority < rank) / 60
    left = max(per_second - above, per_second * job.least_share)
    return 1 / left if left else math.inf


def _measured(items: Sequence[Pace], at: datetime, waiting_since: datetime) -> float:
    """Starts a second in the full minutes through which jobs waited; 0 when there are none."""
    begin = at.replace(second=0, microsecond=0)
    starts = [sum(minute) for minute in zip(*(it.starts for it in items), strict=True)]
    full = [n for back, n in enumerate(starts, 1) if begin - back * _MINUTE >= waiting_since]
    return sum(full) / (60 * len(full)) if full else 0.0


def _mean(items: Sequence[Pace]) -> float | None:
    """Mean run time; None when nothing ended."""
    runs = sum(it.runs for it in items)
    return sum(it.run_seconds for it in items) / runs if runs else None


def _span(seconds: float) -> timedelta:
    return timedelta(seconds=min(seconds, FARTHEST.total_seconds()))
