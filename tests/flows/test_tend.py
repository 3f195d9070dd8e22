"""Each pass of the scheduler, called once; safe to run twice, and by two at once."""

import asyncio
import dataclasses
import json
from typing import Any

import msgspec
import pytest
from redis.exceptions import ConnectionError as RedisAway

from support.counting import counting
from support.make import claimer, order, person
from support.waiting import eventually
from taskforge.core.fleet import WorkerFacts, WorkerStatus
from taskforge.core.ids import new_id
from taskforge.core.priority import Priority
from taskforge.core.states import JobStatus
from taskforge.core.watch import Watch
from taskforge.db.claims import claim
from taskforge.db.roster import Member, beat
from taskforge.flows import submit, tend
from taskforge.flows.deps import open_deps
from taskforge.handlers.registry import load

BY = person()
ME = claimer()


@pytest.fixture
async def deps(settings):
    async with open_deps(settings, load(["jobs.plain"])) as it:
        yield it


@pytest.fixture
async def rested(plain):
    """PostgreSQL has been up for long enough to be believed."""
    up = "clock_timestamp() - pg_postmaster_start_time() > interval '12 s'"
    await eventually(lambda: plain.fetchval(f"SELECT {up}"), within=20, every=0.1)


@pytest.fixture
async def impatient(settings):
    """Deps with leases of a second."""
    async with open_deps(
        msgspec.structs.replace(settings, lease_seconds=1.0), load(["jobs.plain"])
    ) as it:
        yield it


def seen():
    """A watch that has seen enough."""
    return Watch(0.0)


async def ordered(deps, n=1, **fields):
    asked = [order(**fields) for _ in range(n)]
    answers: Any = await submit.submit_many(deps, asked, BY, atomic=False)
    return [it.job.id for it in answers]


async def hinted(deps, queue="default"):
    """The ids that waiting hints name."""
    bodies = await deps.redis.hvals(f"taskforge:{queue}.msgs")
    return [job_id for body in bodies for job_id in json.loads(body)["args"][0]]


async def test_what_is_due_is_promoted_and_hinted_once_by_two_schedulers(deps, plain):
    ids = await ordered(deps, 30, delay_seconds=60.0)
    await plain.execute("UPDATE jobs SET run_at = now() - interval '1 s'")

    counts = await asyncio.gather(tend.promote(deps), tend.promote(deps))

    assert sum(counts) == 30
    assert sorted(await hinted(deps)) == sorted(map(str, ids))


async def test_what_is_not_due_stays(deps):
    await ordered(deps, delay_seconds=60.0)

    assert await tend.promote(deps) == 0


async def test_a_lost_push_is_repaired_by_two_schedulers_once(deps, settings, monkeypatch):
    async def refuse(_due):
        raise RedisAway("cut")

    async with open_deps(settings, deps.registry) as cut_off:
        monkeypatch.setattr(cut_off.queue, "push", refuse)
        went_astray = counting("taskforge_hints_total", result="lost")
        ids = await ordered(cut_off, 5)
        assert went_astray() == 5
    repaired = counting("taskforge_hints_repaired_total", reason="unhinted")
    assert await hinted(deps) == []

    counts = await asyncio.gather(tend.rehint(deps), tend.rehint(deps))

    assert sum(counts) == 5
    assert repaired() == 5
    assert sorted(await hinted(deps)) == sorted(map(str, ids))
    assert await tend.rehint(deps) == 0


async def test_an_emptied_redis_is_noticed_and_every_queued_job_hinted_again(deps):
    ids = await ordered(deps, 2_500)
    await tend.rehint(deps)
    await deps.redis.flushdb()

    repaired = counting("taskforge_hints_repaired_total", reason="redis_restarted")
    assert await tend.rehint(deps) == 2_500
    assert repaired() == 2_500

    assert sorted(await hinted(deps)) == sorted(map(str, ids))
    assert await tend.rehint(deps) == 0


async def test_a_backlog_is_not_hinted_again_however_old_it_is(deps, plain):
    await ordered(deps, 50)
    await tend.rehint(deps)
    await register(deps, slots=4)
    async with deps.db.connect() as connection:
        await claim(connection, ME, [], free=4)
    await plain.execute("UPDATE jobs SET hinted_at = now() - interval '1 hour'")

    assert await tend.rehint(deps) == 0


async def test_jobs_that_wait_although_slots_are_free_are_hinted_but_not_for_ever(deps, plain):
    await ordered(deps, 10)
    await tend.rehint(deps)
    await register(deps, slots=4)
    assert await tend.rehint(deps) == 0
    await plain.execute("UPDATE jobs SET hinted_at = now() - interval '4 s'")
    repaired = counting("taskforge_hints_repaired_total", reason="stranded")

    assert await tend.rehint(deps) == 4
    assert repaired() == 4
    await plain.execute("UPDATE jobs SET hinted_at = now() - interval '4 s' WHERE hint_count > 0")
    assert await tend.rehint(deps) == 4  # the others; those four wait for twice as long now


async def test_a_paused_queue_is_not_hinted_again(deps, plain):
    await ordered(deps, 3)
    await tend.rehint(deps)
    await register(deps, slots=4)
    await plain.execute("UPDATE jobs SET hinted_at = now() - interval '1 hour'")
    await plain.execute("UPDATE queues SET paused_at = now()")

    assert await tend.rehint(deps) == 0


async def register(deps, slots):
    member = Member(ME.worker_id, "here", 1, "1", [p.queue for p in Priority], ["noop"], slots)
    async with deps.db.connect() as connection:
        await beat(connection, member, status=WorkerStatus.ONLINE, facts=WorkerFacts())


async def lost(deps, plain, **fields):
    """A job whose worker has fallen silent."""
    [job_id] = await ordered(deps, **fields)
    async with deps.db.connect() as connection:
        assert await claim(connection, ME, [job_id], free=1)
    await plain.execute("UPDATE jobs SET lease_expires_at = now() - interval '1 s'")
    return job_id


async def row(plain, job_id):
    return await plain.fetchrow("SELECT * FROM jobs WHERE id = $1", job_id)


async def test_a_lost_job_is_queued_again_at_once_and_hinted(impatient, plain, rested):
    job_id = await lost(impatient, plain)
    await impatient.redis.flushdb()

    counts = await asyncio.gather(*(tend.rescue(impatient, seen()) for _ in range(3)))

    assert sum(counts) == 1
    it = await row(plain, job_id)
    assert (it["status"], it["failures"], it["crashes"]) == ("queued", 1, 1)
    assert await hinted(impatient) == [str(job_id)]


async def test_a_lost_job_that_ends_hints_the_place_that_it_held(impatient, plain, rested):
    await plain.execute("INSERT INTO type_limits VALUES ($1, 1, 'test')", order().type)
    job_id = await lost(impatient, plain)
    await plain.execute("UPDATE jobs SET cancel_requested_at = now() WHERE id = $1", job_id)
    await impatient.redis.flushdb()

    assert await tend.rescue(impatient, seen()) == 1

    assert (await row(plain, job_id))["status"] == "cancelled"
    assert await hinted(impatient) == [str(job_id)]


async def test_the_last_crash_buries_the_job_in_both_places(impatient, plain, rested):
    job_id = await lost(impatient, plain, max_retries=0)
    recovered = counting("taskforge_jobs_recovered_total", reason="lease_expired")
    finished = counting(
        "taskforge_jobs_finished_total", queue="default", job_type="noop", outcome="dead_letter"
    )

    assert await tend.rescue(impatient, seen()) == 1

    assert (recovered(), finished()) == (1, 1)
    assert (await row(plain, job_id))["status"] == JobStatus.DEAD_LETTER
    assert len(await impatient.redis.hvals("taskforge:default.XQ.msgs")) == 1


async def test_silence_is_not_believed_by_who_has_just_come(impatient, plain, rested):
    job_id = await lost(impatient, plain)

    assert await tend.rescue(impatient, Watch(1.0)) == 0

    assert (await row(plain, job_id))["status"] == "running"


async def test_when_half_the_fleet_falls_silent_one_worker_is_looked_at_at_a_time(
    impatient, plain, rested
):
    for _ in range(4):
        [job_id] = await ordered(impatient)
        async with impatient.db.connect() as connection:
            await claim(connection, claimer(), [job_id], free=1)
    await plain.execute("UPDATE jobs SET lease_expires_at = now() - interval '1 s'")

    assert await tend.rescue(impatient, seen()) == 1


async def test_units_that_fell_silent_go_offline_and_are_forgotten_later(deps, plain):
    await register(deps, slots=1)
    assert await tend.fleet(deps) == 0
    await plain.execute("UPDATE workers SET beat_at = now() - interval '1 hour'")
    fell_silent = counting("taskforge_workers_lost_total")

    assert await tend.fleet(deps) == 1
    assert fell_silent() == 1
    assert await plain.fetchval("SELECT status FROM workers") == "offline"
    await plain.execute("UPDATE workers SET stopped_at = now() - interval '1 hour'")
    assert await tend.fleet(deps) == 0
    assert await plain.fetchval("SELECT count(*) FROM workers") == 0


async def test_what_has_outlived_its_time_is_pruned_and_nothing_else(deps, plain):
    old, _young = await ordered(deps, 2, idempotency_key=None)
    await plain.execute("UPDATE jobs SET status = 'cancelled', finished_at = now()")
    await plain.execute(
        "UPDATE jobs SET finished_at = now() - interval '31 days' WHERE id = $1", old
    )
    await plain.execute(
        "INSERT INTO idempotency_keys (user_id, key, fingerprint, answer, expires_at)"
        " VALUES ($1, 'k', 'f', '', now() - interval '1 s')",
        new_id(),
    )

    for days in (31, 1):
        await plain.execute(
            "INSERT INTO job_minutes VALUES (now() - $1 * interval '1 day', 'a', 2, 'success', 1,"
            " 1, 1)", float(days),
        )  # fmt: skip
    user = await plain.fetchval(
        "INSERT INTO users (id, username, email, password_hash, role)"
        " VALUES ($1, 'u', 'u@example.com', 'x', 'viewer') RETURNING id", new_id(),
    )  # fmt: skip
    for hours in (-1, 1):
        await plain.execute(
            "INSERT INTO sessions (id, user_id, expires_at)"
            " VALUES ($1, $2, now() + $3 * interval '1 hour')", new_id(), user, float(hours),
        )  # fmt: skip

    assert await tend.prune(deps) == 4

    assert await plain.fetchval("SELECT count(*) FROM job_minutes") == 1
    assert await plain.fetchval("SELECT count(*) FROM sessions") == 1
    assert await plain.fetchval("SELECT count(*) FROM jobs") == 1
    assert await plain.fetchval("SELECT count(*) FROM idempotency_keys") == 0


async def test_what_is_kept_for_ever_is_not_pruned(deps, plain):
    await ordered(deps, 2)
    await plain.execute("UPDATE jobs SET status = 'cancelled', finished_at = '2001-01-01'")
    await plain.execute(
        "UPDATE jobs SET status = 'success' WHERE id = (SELECT id FROM jobs LIMIT 1)"
    )
    await plain.execute("INSERT INTO job_minutes VALUES ('2001-01-01', 'a', 2, 'success', 1, 1, 1)")
    kept = msgspec.structs.replace(deps.settings, retention_days=0.0, retention_days_cancelled=1.0)

    assert await tend.prune(dataclasses.replace(deps, settings=kept)) == 1

    assert await plain.fetchval("SELECT status FROM jobs") == "success"
    assert await plain.fetchval("SELECT count(*) FROM job_minutes") == 1


async def test_counters_are_folded(deps, plain):
    await ordered(deps, 3)

    assert await tend.count(deps) == 1
    assert await tend.count(deps) == 0
    assert await plain.fetchval("SELECT n FROM job_counts") == 3
