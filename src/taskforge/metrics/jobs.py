"""Jobs that come into being, come to an end, and begin again."""

from collections import Counter as Tally
from collections.abc import Iterable
from typing import Final, Literal, NamedTuple

from prometheus_client import Counter

from taskforge.core.priority import Priority
from taskforge.core.states import JobStatus, is_final

Source = Literal["single", "bulk", "schedule"]

SUBMITTED: Final = Counter(
    "taskforge_jobs_submitted_total",
    "Jobs created, by what created them",
    ["queue", "job_type", "source"],
)
FINISHED: Final = Counter(
    "taskforge_jobs_finished_total",
    "Jobs that entered a final status",
    ["queue", "job_type", "outcome"],
)
REVIVED: Final = Counter(
    "taskforge_jobs_revived_total",
    "Ended jobs that somebody queued again",
    ["queue", "job_type"],
)


class Kind(NamedTuple):
    """What jobs are counted by."""

    priority: Priority
    type: str


def submitted(kinds: Iterable[Kind], source: Source) -> None:
    """Count jobs that a transaction has created."""
    for (priority, name), n in Tally(kinds).items():
        SUBMITTED.labels(priority.queue, name, source).inc(n)


def settled(moved: Iterable[tuple[Kind, JobStatus]]) -> None:
    """Count those of these jobs whose new status is final."""
    for ((priority, name), status), n in Tally(it for it in moved if is_final(it[1])).items():
        FINISHED.labels(priority.queue, name, status.value).inc(n)


def revived(kinds: Iterable[Kind]) -> None:
    """Count jobs that were queued again."""
    for (priority, name), n in Tally(kinds).items():
        REVIVED.labels(priority.queue, name).inc(n)
