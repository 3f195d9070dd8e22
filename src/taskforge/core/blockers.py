"""What keeps a job from starting: every present blocker, in plain words.

A blocker that is told is one that holds: with all but one of them gone, the job still waits; with
all of them gone, the next claim takes it. For a job that is not due, those follow that would hold
it if it were due now, but neither busy slots nor jobs ahead: who can tell about them by then?
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from uuid import UUID

from taskforge.core.retry import NO_HANDLER
from taskforge.core.states import WAITING, JobStatus
from taskforge.core.why import (
    MAX_NAMED,
    Blocker,
    BlockerKind,
    CrowdFacts,
    Holders,
    Standing,
    UnitFacts,
)


def blockers(job: Standing) -> list[Blocker]:
    """All that keep a waiting job from starting; none for a job that does not wait."""
    if job.status not in WAITING:
        return []
    found = [*_time(job), *_pause(job), *_limits(job), *_workers(job)]
    return [*found, *_line(job)] if job.status is JobStatus.QUEUED else found


def capable(job: Standing) -> list[UnitFacts]:
    """The live units that serve its queue, know its type and take new jobs."""
    return [unit for unit in job.units if unit.serves and unit.knows and not unit.draining]


def roomy(job: Standing) -> list[UnitFacts]:
    """Of these, the units that may run one more of its type."""
    return [unit for unit in capable(job) if has_type_room(job, unit)]


def has_type_room(job: Standing, unit: UnitFacts) -> bool:
    """Whether a unit may run one more job of this type."""
    return job.unit_limit is None or unit.of_type < job.unit_limit


def jobs_ahead(job: Standing) -> tuple[int, int]:
    """How many, likely and at most; beyond what was counted by the counters and by age."""
    counted, crowd = job.line.ahead, job.crowd
    if crowd is None:
        return counted, counted
    above, level = crowd.above or 0, crowd.level or 0
    likely = above + round(level * _share_before(crowd, job.run_at))
    return max(likely, counted), max(above + level, counted)


def moment(at: datetime) -> str:
    """A moment in words."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _time(job: Standing) -> Iterator[Blocker]:
    if job.status is JobStatus.SCHEDULED:
        words = f"It is scheduled for {moment(job.run_at)}."
        yield Blocker(kind=BlockerKind.NOT_DUE, message=words, until=job.run_at)
    if job.status is JobStatus.RETRYING and job.error_kind == NO_HANDLER:
        words = (
            f"Workers that took it up run another release and cannot run this job of type"
            f" {job.type!r}; it is handed out again at {moment(job.run_at)}. Upgrade the workers."
        )
        yield Blocker(
            kind=BlockerKind.NO_HANDLER, message=words, until=job.run_at, reason=job.error_class
        )
    elif job.status is JobStatus.RETRYING:
        why = "" if job.error_class is None else f" ({job.error_class})"
        words = (
            f"It failed {_times(job.failures)}{why} of at most {job.max_retries + 1};"
            f" the next attempt is booked for {moment(job.run_at)}."
        )
        yield Blocker(
            kind=BlockerKind.RETRY_BOOKED, message=words, until=job.run_at, reason=job.error_class
        )


def _pause(job: Standing) -> Iterator[Blocker]:
    queue = job.queue
    if queue.is_open:
        return
    since = "" if queue.paused_at is None else f" since {moment(queue.paused_at)}"
    end = "until somebody resumes it"
    if queue.resume_at is not None:
        end = f"until {moment(queue.resume_at)}"
    yield Blocker(
        kind=BlockerKind.QUEUE_PAUSED,
        message=(
            f"Queue {queue.name!r} is paused by {queue.paused_by or 'somebody'}{since}, {end}:"
            f" {queue.pause_reason or 'no reason given'}."
        ),
        since=queue.paused_at,
        until=queue.resume_at,
        actor=queue.paused_by,
        reason=queue.pause_reason,
    )


def _limits(job: Standing) -> Iterator[Blocker]:
    if not job.queue_room and job.queue_limit:
        what = f"of queue {job.queue.name!r}"
        yield _full(BlockerKind.QUEUE_LIMIT, what, job.queue_limit)
    if not job.type_room and job.type_limit:
        yield _full(BlockerKind.TYPE_LIMIT, f"of type {job.type!r}", job.type_limit)


def _full(kind: BlockerKind, what: str, held: Holders) -> Blocker:
    return Blocker(
        kind=kind,
        message=f"{_jobs(held.running)} running {what}, and at most {held.limit:,} may.",
        limit=held.limit,
        running=held.running,
        jobs=held.jobs,
    )


def _workers(job: Standing) -> Iterator[Blocker]:
    serving = [unit for unit in job.units if unit.serves]
    knowing = [unit for unit in serving if unit.knows]
    if not serving:
        queues = _all(unit.queues for unit in job.units)
        served = f"; those that live serve {', '.join(queues)}" if queues else ""
        yield Blocker(
            kind=BlockerKind.NO_WORKER,
            message=f"No live worker serves queue {job.queue.name!r}{served}.",
            known=queues,
        )
    elif not knowing:
        types = _all(unit.types for unit in serving)
        yield Blocker(
            kind=BlockerKind.TYPE_UNKNOWN,
            message=(
                f"None of the {len(serving)} live workers of queue {job.queue.name!r} knows type"
                f" {job.type!r}; they know {', '.join(types) or 'none'}."
            ),
            known=types,
            workers=_ids(serving),
        )
    elif not capable(job):
        yield Blocker(
            kind=BlockerKind.WORKERS_DRAINING,
            message=f"All {len(knowing)} workers that could run it are draining.",
            workers=_ids(knowing),
        )
    else:
        yield from _room(job, capable(job))


def _room(job: Standing, units: Sequence[UnitFacts]) -> Iterator[Blocker]:
    if job.is_suspect:
        if all(unit.busy for unit in units):
            yield Blocker(
                kind=BlockerKind.NO_IDLE_WORKER,
                message=(
                    "Its worker died twice while it ran, so it runs alone: it waits for a worker"
                    " that runs nothing else."
                ),
                running=sum(unit.busy for unit in units),
                workers=_ids(units),
            )
    elif not roomy(job):
        yield Blocker(
            kind=BlockerKind.WORKER_TYPE_LIMIT,
            message=(
                f"Each of the {len(units)} workers that could run it runs {job.unit_limit} jobs of"
                f" type {job.type!r} already, and no worker runs more."
            ),
            limit=job.unit_limit,
            running=sum(unit.of_type for unit in units),
            workers=_ids(units),
        )


def _line(job: Standing) -> Iterator[Blocker]:
    units = roomy(job) or capable(job)
    if units and not job.is_suspect and all(unit.busy >= unit.slots for unit in units):
        slots = sum(unit.slots for unit in units)
        yield Blocker(
            kind=BlockerKind.SLOTS_BUSY,
            message=f"All {slots} slots of the {len(units)} workers that could run it are busy.",
            limit=slots,
            running=sum(unit.busy for unit in units),
            workers=_ids(units),
        )
    ahead, _ = jobs_ahead(job)
    if ahead:
        exact = job.crowd is None
        yield Blocker(
            kind=BlockerKind.JOBS_AHEAD,
            message=f"{'' if exact else 'About '}{_jobs(ahead)} ahead of it.",
            ahead=ahead,
            exact=exact,
        )


def _share_before(crowd: CrowdFacts, run_at: datetime) -> float:
    """Part of the queue that is due before `run_at`, were it filled evenly."""
    oldest, newest = crowd.oldest_at, crowd.newest_at
    if oldest is None or newest is None or newest <= oldest:
        return 1.0
    return min(max((run_at - oldest) / (newest - oldest), 0.0), 1.0)


def _ids(units: Sequence[UnitFacts]) -> list[UUID]:
    return [unit.id for unit in units[:MAX_NAMED]]


def _all(lists: Iterable[list[str]]) -> list[str]:
    return sorted({name for names in lists for name in names})


def _times(n: int) -> str:
    return "once" if n == 1 else f"{n} times"


def _jobs(n: int) -> str:
    return "1 job is" if n == 1 else f"{n:,} jobs are"
