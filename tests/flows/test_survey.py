"""One scheduler at a time tells how the installation stands, and what it tells is so."""

import math
import time

import msgspec
import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from support.make import order, person
from taskforge.core.ids import new_id
from taskforge.core.priority import Priority
from taskforge.flows import control, limits, queues, submit
from taskforge.flows.deps import open_deps
from taskforge.flows.survey import Survey
from taskforge.handlers.registry import load
from taskforge.metrics.cluster import FAMILIES, LEADER, Cluster


class Scheduler:
    """A survey with gauges of its own, as in a process of its own."""

    def __init__(self, deps):
        self.cluster = Cluster()
        self.survey = Survey(deps, self.cluster)
        self._registry = CollectorRegistry()
        self._registry.register(self.cluster)

    def told(self):
        """By name and values of labels, in the order of their names."""
        text = generate_latest(self._registry).decode()
        return {
            (sample.name, *sample.labels.values()): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def leads(self):
        told = self.told()
        assert (told == {(LEADER.name,): 0.0}) is not bool(told[LEADER.name,])
        return bool(told[LEADER.name,])


@pytest.fixture
def rivals(deps):
    return Scheduler(deps), Scheduler(deps)


async def test_of_two_schedulers_one_tells(rivals):
    first, second = rivals

    done = [await it.survey.look() for it in (first, second, first, second)]

    assert done == [1, 0, 1, 0]
    assert (first.leads(), second.leads()) == (True, False)


async def test_what_is_read_seldom_silences_nothing_else_when_it_fails(rivals, plain):
    first, _ = rivals
    await plain.execute("ALTER TABLE webhook_endpoints RENAME TO elsewhere")

    try:
        assert await first.survey.look() == 1
    finally:
        await plain.execute("ALTER TABLE elsewhere RENAME TO webhook_endpoints")

    told = {name for name, *_ in first.told()}
    assert "taskforge_queue_jobs" in told
    assert "taskforge_webhook_endpoints" not in told


async def test_who_stops_hands_over_at_once(rivals):
    first, second = rivals
    await first.survey.look()

    await first.survey.close()

    assert not first.leads()
    assert await second.survey.look() == 1
    assert second.leads()


async def test_who_hangs_is_replaced_and_keeps_silent_when_it_is_back(rivals, plain):
    first, second = rivals
    await first.survey.look()
    await plain.execute("UPDATE facts SET at = at - interval '16 s' WHERE key = 'surveyor'")

    assert await second.survey.look() == 1
    assert await first.survey.look() == 0
    assert (first.leads(), second.leads()) == (False, True)
    await first.survey.close()
    assert await second.survey.look() == 1  # not its to hand over


async def test_what_was_read_too_long_ago_is_not_told():
    cluster = Cluster()
    cluster.show({LEADER: {(): 1.0}}, until=time.monotonic() - 0.001)

    assert [family.name for family in cluster.collect()] == [LEADER.name]


async def test_an_idle_installation_tells_zeros(rivals, deps):
    first, _ = rivals
    await first.survey.look()
    told = first.told()

    names = {name for name, *_ in told}
    absent = {"taskforge_running_oldest_seconds", "taskforge_type_limit"}
    assert names == {it.name for it in FAMILIES} - absent
    assert told["taskforge_queue_limit", "low"] == math.inf
    assert told["taskforge_database_size_bytes",] > 1e6
    assert told["taskforge_redis_memory_bytes",] > 1e5
    assert told["taskforge_type_jobs", deps.registry.names()[0], "dead_letter"] == 0
    rest = {key: value for key, value in told.items() if not key[0].endswith("_bytes")}
    assert set(rest.values()) == {0.0, 1.0, math.inf}


async def test_jobs_queues_and_limits_are_told_as_they_stand(rivals, deps, ann, plain):
    first, _ = rivals
    await submit.submit_many(
        deps, [order("noop", priority=Priority.LOW) for _ in range(3)], person(), atomic=False
    )
    later = await submit.submit(deps, order("noop", delay_seconds=60), person())
    gone = await submit.submit(deps, order("noop", priority=Priority.HIGH), person())
    await control.cancel(deps, gone.job.id, ann)
    await queues.pause(deps, "low", ann, reason="a test", resume_at=None)
    await limits.limit_queue(deps, "critical", ann, 7)
    await plain.execute("INSERT INTO type_limits VALUES ('noop', 9, 'ann')")

    await first.survey.look()
    told = first.told()

    assert later.job.status == "scheduled"
    jobs = {key[1:]: n for key, n in told.items() if key[0] == "taskforge_queue_jobs" and n}
    assert jobs == {
        ("low", "queued"): 3, ("default", "scheduled"): 1, ("high", "cancelled"): 1
    }  # fmt: skip
    types = {key[1:]: n for key, n in told.items() if key[0] == "taskforge_type_jobs" and n}
    assert types == {("noop", "queued"): 3, ("noop", "scheduled"): 1, ("noop", "cancelled"): 1}
    assert told["taskforge_queue_paused", "low"] == 1
    assert told["taskforge_queue_oldest_seconds", "low"] > 0
    assert told["taskforge_queue_limit", "critical"] == 7
    assert told["taskforge_type_limit", "noop"] == 9


async def test_units_and_what_they_run_are_told(rivals, plain, deps):
    first, _ = rivals
    unit, silent = new_id(), new_id()
    for one, age in ((unit, 0), (silent, 25)):
        await plain.execute(
            """INSERT INTO workers (id, host, pid, version, queues, types, slots, status, beat_at)
            VALUES ($1, 'h', 1, '1', '{default,high}', '{noop}', 8, 'online',
                    now() - $2 * interval '1 s')""",
            one, float(age),
        )  # fmt: skip
    running = await submit.submit(deps, order("noop"), person())
    await plain.execute(
        """UPDATE jobs SET status = 'running', worker_id = $2, attempt = 1,
               started_at = now() - interval '90 s', lease_expires_at = now() + interval '30 s'
        WHERE id = $1""",
        running.job.id, unit,
    )  # fmt: skip

    await first.survey.look()
    told = first.told()

    assert told["taskforge_workers", "online"] == 1
    assert told["taskforge_workers", "late"] == 1
    assert told["taskforge_worker_slots", "busy"] == 1
    assert told["taskforge_worker_slots", "free"] == 7
    assert 25 <= told["taskforge_worker_heartbeat_age_seconds",] < 60
    assert 90 <= told["taskforge_running_oldest_seconds", "noop", "default"] < 120
    assert told["taskforge_queue_workers", "high"] == 2
    assert told["taskforge_queue_slots", "low"] == 0


async def test_overdue_webhooks_and_schedules_are_told(rivals, plain, deps, ann):
    first, _ = rivals
    job = await submit.submit(deps, order("noop"), person())
    for state in ("healthy", "failing", "disabled"):
        await plain.execute(
            """INSERT INTO webhook_endpoints (id, url, failures, disabled_at)
            VALUES ($1, $2, $3, CASE WHEN $4 THEN now() END)""",
            new_id(), f"http://{state}.test/", int(state != "healthy"), state == "disabled",
        )  # fmt: skip
    await plain.execute(
        """INSERT INTO webhook_deliveries
            (id, job_id, job_version, event, url, endpoint, status, next_at)
        SELECT $1, $2, 1, 'job.success', 'http://a.test/', $3, 'pending',
               now() - interval '40 s'""",
        new_id(), job.job.id, new_id(),
    )  # fmt: skip

    await first.survey.look()
    told = first.told()

    assert told["taskforge_outbox_pending",] == 1
    assert 40 <= told["taskforge_outbox_oldest_seconds",] < 60
    states = ("healthy", "failing", "disabled")
    assert [told["taskforge_webhook_endpoints", it] for it in states] == [1, 1, 1]


async def test_without_redis_all_but_its_memory_is_told(settings):
    away = msgspec.structs.replace(settings, redis_url="redis://127.0.0.1:1/0")
    async with open_deps(away, load()) as deps:
        scheduler = Scheduler(deps)
        await scheduler.survey.look()

    names = {name for name, *_ in scheduler.told()}
    assert "taskforge_redis_memory_bytes" not in names
    assert "taskforge_database_size_bytes" in names
