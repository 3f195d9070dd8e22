"""How the whole installation stands, told by one scheduler at a time.

Sums over processes stay right because all others tell nothing of it. What is told was read a
moment ago (`flows/survey.py`); when it cannot be read any more, nothing is told: an old value would
look like a good one.
"""

import time
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final, NamedTuple

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import REGISTRY, Collector


class Family(NamedTuple):
    """A gauge."""

    name: str
    help: str
    labels: tuple[str, ...] = ()


QUEUE_JOBS: Final = Family(
    "taskforge_queue_jobs", "Jobs there are, by queue and status", ("queue", "state")
)
TYPE_JOBS: Final = Family(
    "taskforge_type_jobs", "Jobs there are, by type and status", ("job_type", "state")
)
QUEUE_OLDEST: Final = Family(
    "taskforge_queue_oldest_seconds",
    "How long the job that has waited longest has been due; 0 when none waits",
    ("queue",),
)
QUEUE_PAUSED: Final = Family("taskforge_queue_paused", "1 while the queue is paused", ("queue",))
QUEUE_LIMIT: Final = Family(
    "taskforge_queue_limit", "Most of its jobs that run at once; +Inf is no limit", ("queue",)
)
TYPE_LIMIT: Final = Family(
    "taskforge_type_limit", "Most of its jobs that run at once, where limited", ("job_type",)
)
QUEUE_WORKERS: Final = Family(
    "taskforge_queue_workers", "Units online that serve the queue", ("queue",)
)
QUEUE_SLOTS: Final = Family(
    "taskforge_queue_slots", "Slots of those units, which may serve other queues too", ("queue",)
)
QUEUE_FREE_SLOTS: Final = Family(
    "taskforge_queue_free_slots",
    "Slots that could take a job of the queue now, pause and limit respected",
    ("queue",),
)
RUNNING_OLDEST: Final = Family(
    "taskforge_running_oldest_seconds",
    "How long the attempt that has run longest has been running",
    ("queue", "job_type"),
)
WORKERS: Final = Family("taskforge_workers", "Worker units, by how they are", ("state",))
WORKER_SLOTS: Final = Family(
    "taskforge_worker_slots", "Slots of the units online, by whether they run a job", ("state",)
)
HEARTBEAT_AGE: Final = Family(
    "taskforge_worker_heartbeat_age_seconds",
    "Since the unit that has been silent longest was heard; 0 without units",
)
SCHEDULE_LAG: Final = Family(
    "taskforge_schedule_lag_seconds",
    "How long the schedule that is most overdue has been due; 0 when none is",
)
OUTBOX_PENDING: Final = Family(
    "taskforge_outbox_pending", "Webhook deliveries that have not ended, counted up to 10,000"
)
OUTBOX_OLDEST: Final = Family(
    "taskforge_outbox_oldest_seconds",
    "How long the webhook delivery that is most overdue has been due; 0 when none is",
)
ENDPOINTS: Final = Family(
    "taskforge_webhook_endpoints", "Receivers of webhooks, by how they fare", ("state",)
)
DATABASE_SIZE: Final = Family("taskforge_database_size_bytes", "Size of the database on disk")
REDIS_MEMORY: Final = Family("taskforge_redis_memory_bytes", "Memory that Redis uses for data")
LEADER: Final = Family(
    "taskforge_scheduler_leader", "1 in the scheduler that tells how the installation stands"
)
FAMILIES: Final = tuple(it for it in list(globals().values()) if isinstance(it, Family))

Reading = Mapping[Family, Mapping[tuple[str, ...], float]]
"""The samples of each gauge, by the values of its labels."""


class Cluster(Collector):
    """The gauges of a process; register it where they may be told."""

    def __init__(self) -> None:
        self._shown: tuple[Reading, float] = ({}, float("-inf"))

    def show(self, reading: Reading, *, until: float) -> None:
        """Tell this from now on; from any thread.

        Args:
            reading: what there is to tell.
            until: monotonic seconds after which it is told no more.
        """
        self._shown = (reading, until)

    def hide(self) -> None:
        """Tell nothing any more: it is another's turn."""
        self._shown = ({}, float("-inf"))

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """The names, for the registry."""
        return [GaugeMetricFamily(it.name, it.help) for it in FAMILIES]

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """What is told now: all of it, or nothing but that another is the one who tells."""
        reading, until = self._shown
        leads = time.monotonic() < until
        yield _family(LEADER, {(): float(leads)})
        if leads:
            for family, samples in reading.items():
                yield _family(family, samples)


def _family(family: Family, samples: Mapping[tuple[str, ...], float]) -> GaugeMetricFamily:
    told = GaugeMetricFamily(family.name, family.help, labels=family.labels)
    for labels, value in samples.items():
        told.add_metric(labels, value)
    return told


CLUSTER: Final = Cluster()
"""Of this process; told once it is registered."""


@cache
def take_part() -> None:
    """Let this process tell of the installation when it is its turn."""
    REGISTRY.register(CLUSTER)
