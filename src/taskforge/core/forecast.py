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

from taskforge.core.blockers import capable
from taskforge.core.states import WAITING, JobStatus
from taskforge.core.why import MAX_AHEAD, PaceFacts, Reason, Standing, StartEstimate

LEAST_SHARE: Final = 0.05
"""Part of all starts that a queue gets however much is more urgent."""
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
    """Seconds from one end to the next while all places are taken; None is unknown."""


class Wait(NamedTuple):
    """Seconds until a place is ours."""

    p50: float
    p90: float


def forecast(job: Standing) -> StartEstimate | Reason:
    """When the job will probably start, or why that cannot be told."""
    if why := _unknowable(job):
        return why
    waits = [wait(line) for line in _lines(job)]
    known = [it for it in waits if it is not None]
    if len(known) < len(waits):
        return Reason.NO_RECENT_THROUGHPUT
    floor = max(job.at, job.run_at if job.status is not JobStatus.QUEUED else job.at)
    if not job.queue.is_open and job.queue.resume_at is not None:
        # The line waits with us: it moves once the pause is over.
        floor = max(floor, job.queue.resume_at)
        begin = job.queue.resume_at
    else:
        begin = job.at
    return StartEstimate(
        p50_at=max(floor, begin + _span(max(it.p50 for it in known))),
        p90_at=max(floor, begin + _span(max(it.p90 for it in known))),
    )


def wait(line: Line) -> Wait | None:
    """How long a line makes us wait; None when its beat is not known and matters."""
    likely = max(line.ahead + 1 - (line.width - line.busy), 0.0)
    most = max(line.most + 1 - (line.width - line.busy), 0.0)
    if not most:
        return Wait(0.0, 0.0)
    if line.beat is None:
        return None
    # Median and 90th percentile of the sum of n exponential spans, within 5 % for every n ≥ 1.
    p50 = max(likely - 1 / 3, likely * 2 / 3)
    return Wait(p50 * line.beat, (most + 1.2816 * math.sqrt(most)) * line.beat)


def _unknowable(job: Standing) -> Reason | None:
    if job.status not in WAITING:
        return Reason.NOT_WAITING
    if not job.queue.is_open and job.queue.resume_at is None:
        return Reason.PAUSED
    if any(limit and not limit.limit for limit in (job.queue_limit, job.type_limit)):
        return Reason.LIMIT_IS_ZERO
    units = capable(job)
    if not units:
        return Reason.NO_WORKER
    if job.is_suspect and all(unit.busy for unit in units):
        return Reason.NO_IDLE_WORKER
    return None


def _lines(job: Standing) -> list[Line]:
    if job.is_suspect:  # an idle worker takes it next
        return [Line(0, 0, 0, 1, None)]
    units, pace = capable(job), job.pace
    ahead, most = _length(job)
    slots, busy = sum(unit.slots for unit in units), sum(unit.busy for unit in units)
    lines = [Line(ahead, most, min(busy, slots), slots, _beat(job, slots))]
    if job.queue_limit:
        limit = job.queue_limit
        lines.append(_part(job, job.line.of_queue, limit.running, limit.limit, pace.run_seconds))
    if job.type_limit:
        limit = job.type_limit
        lines.append(_part(job, job.line.of_type, limit.running, limit.limit, pace.type_seconds))
    if job.unit_limit:
        running = sum(unit.of_type for unit in units)
        width = job.unit_limit * len(units)
        lines.append(_part(job, job.line.of_type, running, width, pace.type_seconds))
    return lines


def _part(job: Standing, of: int, busy: int, width: int, seconds: float | None) -> Line:
    """The line for the places of a limit; beyond what was counted, mixed as in what was."""
    ahead, most = _length(job)
    share = of / job.line.ahead if job.line.ahead else 0.0
    return Line(ahead * share, most * share, busy, width, seconds and seconds / width)


def _length(job: Standing) -> tuple[float, float]:
    """Jobs ahead, likely and at most; beyond what was counted by the counters and by age."""
    line, pace = job.line, job.pace
    if line.looked <= MAX_AHEAD:
        return line.ahead, line.ahead
    likely = pace.depth_above + pace.depth * _share_before(pace, job.run_at)
    return max(likely, line.ahead), max(pace.depth_above + pace.depth, line.ahead)


def _share_before(pace: PaceFacts, run_at: datetime) -> float:
    """Part of the queue that is due before `run_at`, were it filled evenly."""
    if pace.oldest_at is None or pace.newest_at is None or pace.newest_at <= pace.oldest_at:
        return 1.0
    share = (run_at - pace.oldest_at) / (pace.newest_at - pace.oldest_at)
    return min(max(share, 0.0), 1.0)


def _beat(job: Standing, slots: int) -> float | None:
    pace = job.pace
    since = min(filter(None, (job.line.first_at, job.run_at)))
    per_second = _measured(pace.starts, job.at, since)
    if not per_second:
        if not pace.run_seconds:
            return None
        per_second = slots / pace.run_seconds
    above = pace.above_per_minute / 60
    return 1 / max(per_second - above, per_second * LEAST_SHARE)


def _measured(starts: Sequence[int], at: datetime, waiting_since: datetime) -> float:
    """Starts a second in the full minutes through which jobs waited; 0 when there are none."""
    begin = at.replace(second=0, microsecond=0)
    full = [n for back, n in enumerate(starts, 1) if begin - back * _MINUTE >= waiting_since]
    return sum(full) / (60 * len(full)) if full else 0.0


def _span(seconds: float) -> timedelta:
    return timedelta(seconds=min(seconds, FARTHEST.total_seconds()))
