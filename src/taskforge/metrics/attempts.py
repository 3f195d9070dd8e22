"""Attempts of a worker unit: how long jobs waited, how long they ran, how they ended.

They are counted by the batch, as they are claimed and recorded, and each series is looked up once
and kept: one by one they would take more time than the jobs' own claims.
"""

from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from typing import Final, NamedTuple

from prometheus_client import Counter, Gauge

from taskforge.core.job import JobRow
from taskforge.core.priority import Priority
from taskforge.core.states import JobStatus, is_final
from taskforge.metrics.histogram import Histogram
from taskforge.metrics.jobs import FINISHED

ATTEMPTS: Final = Counter(
    "taskforge_job_attempts_total",
    "Attempts that ended, by how they did",
    ["queue", "job_type", "result"],
)
WAIT_SECONDS: Final = Histogram(
    "taskforge_job_wait_seconds",
    "Time from when a job was due to its start",
    ["queue", "job_type"],
    buckets=(0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 60, 300, 900, 1_800, 3_600),
)
RUN_SECONDS: Final = Histogram(
    "taskforge_job_run_seconds",
    "Time from the start of an attempt to its end",
    ["queue", "job_type", "outcome"],
    buckets=(0.05, 0.1, 0.3, 1, 3, 10, 30, 60, 300, 900, 1_800, 3_600),
)
LEASES_LOST: Final = Counter(
    "taskforge_leases_lost_total",
    "Attempts let go of because their lease passed, or may have passed, to another unit",
)
CLAIM_SECONDS: Final = Histogram(
    "taskforge_claim_seconds",
    "Time of one claim, with its wait for a connection",
    buckets=(0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10),
)
CLAIMS_FAILED: Final = Counter(
    "taskforge_claims_failed_total", "Claims that failed, or whose answer was lost"
)
LOOP_LAG_SECONDS: Final = Gauge(
    "taskforge_worker_loop_lag_seconds",
    "How late the job loop did what was due, at worst since the last heartbeat",
)


class Ended(NamedTuple):
    """The end of an attempt."""

    row: JobRow
    """The job when it began."""
    status: JobStatus
    """The job's now; queued: the unit leaves, and has handed it back."""
    seconds: float
    """That it ran."""


class _Series(NamedTuple):
    attempts: Counter
    run_seconds: Histogram
    finished: Counter | None
    """None: the job has not ended with this attempt."""


def started(rows: Iterable[JobRow]) -> None:
    """Count the starts that a claim answered with."""
    waits: defaultdict[tuple[Priority, str], list[float]] = defaultdict(list)
    for row in rows:
        if row.started_at:
            waited = (row.started_at - row.run_at).total_seconds()
            waits[row.priority, row.type].append(max(waited, 0.0))
    for kind, seconds in waits.items():
        _waits(*kind).observe_all(seconds)


def ended(ends: Iterable[Ended]) -> None:
    """Count ends that were recorded together."""
    runs: defaultdict[tuple[Priority, str, JobStatus], list[float]] = defaultdict(list)
    for row, status, seconds in ends:
        runs[row.priority, row.type, status].append(seconds)
    for kind, seconds in runs.items():
        series = _ends(*kind)
        series.attempts.inc(len(seconds))
        series.run_seconds.observe_all(seconds)
        if series.finished:
            series.finished.inc(len(seconds))


def lost(row: JobRow) -> None:
    """Count an attempt of which nothing was recorded: its lease had passed on."""
    ATTEMPTS.labels(row.priority.queue, row.type, "lost").inc()


@cache
def _waits(priority: Priority, name: str) -> Histogram:
    return WAIT_SECONDS.labels(priority.queue, name)


@cache
def _ends(priority: Priority, name: str, status: JobStatus) -> _Series:
    result = "released" if status is JobStatus.QUEUED else status.value
    labels = (priority.queue, name, result)
    finished = FINISHED.labels(*labels) if is_final(status) else None
    return _Series(ATTEMPTS.labels(*labels), RUN_SECONDS.labels(*labels), finished)
