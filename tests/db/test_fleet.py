"""Workers and queues as their lists show them."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import insert, text, update

from taskforge.core.fleet import Wanted, WorkerFacts, WorkerStatus
from taskforge.core.ids import new_id
from taskforge.core.priority import Priority
from taskforge.db.claims import Claimer, claim
from taskforge.db.counts import roll_up
from taskforge.db.fleet import get_worker, list_queues, list_workers
from taskforge.db.hints import free_slots
from taskforge.db.roster import Member, Standing, beat, leave, mark_silent, order
from taskforge.db.service_tables import job_deltas, queues, workers
from taskforge.db.tables import jobs

LEASE = 30.0
ONLINE = WorkerStatus.ONLINE


def member(host: str = "one") -> Member:
    return Member(new_id(), host, 42, "0.1.0", ["critical", "default"], ["email"], 16)


async def test_a_worker_shows_who_it_is_and_what_it_runs(connection, plant):
    one = member()
    await beat(connection, one, status=ONLINE, facts=WorkerFacts(memory_bytes=80))
    ids = await plant(
        [{"status": "running", "worker_id": one.id, "priority": 0}, {"status": "running"}]
    )

    (shown,) = await list_workers(connection, lease_seconds=LEASE)

    assert (shown.id, shown.host, shown.pid, shown.slots) == (one.id, "one", 42, 16)
    assert (shown.queues, shown.facts) == (["critical", "default"], WorkerFacts(memory_bytes=80))
    assert shown.status is WorkerStatus.ONLINE
    assert 0 <= shown.heartbeat_age_seconds < LEASE
    assert [(job.id, job.priority, job.attempt, job.timeout_seconds) for job in shown.jobs] == [
        (ids[0], Priority.CRITICAL, 1, 60)
    ]


@pytest.mark.parametrize(
    ("silent", "status"),
    [(0.5, WorkerStatus.ONLINE), (0.7, WorkerStatus.LATE), (20, WorkerStatus.LATE)],
)
async def test_a_worker_that_missed_two_beats_is_late(connection, silent, status):
    await beat(connection, member(), status=ONLINE, facts=WorkerFacts())
    await connection.execute(
        update(workers).values(beat_at=workers.c.beat_at - timedelta(seconds=LEASE * silent))
    )

    (shown,) = await list_workers(connection, lease_seconds=LEASE)

    assert shown.status is status
    assert shown.heartbeat_age_seconds >= LEASE * silent


async def test_a_unit_that_fell_silent_is_lost_and_one_that_left_is_not(connection):
    left, silent = member("left"), member("silent")
    for one in (left, silent):
        await beat(connection, one, status=ONLINE, facts=WorkerFacts())
    await leave(connection, left.id)
    long_ago = workers.c.beat_at - timedelta(seconds=LEASE + 1)
    await connection.execute(
        update(workers).where(workers.c.id == silent.id).values(beat_at=long_ago)
    )

    late = await get_worker(connection, silent.id, lease_seconds=LEASE)
    await mark_silent(connection, seconds=LEASE)

    shown = {it.host: it.lost for it in await list_workers(connection, lease_seconds=LEASE)}
    assert late
    assert not late.lost
    assert shown == {"left": False, "silent": True}


async def ordered(connection, worker_id, wanted):
    return await order(connection, worker_id, wanted, actor="user:ann", reason="a look")


async def test_a_beat_brings_the_order_and_leaves_it_as_it_is(connection):
    one = member()
    await beat(connection, one, status=ONLINE, facts=WorkerFacts())

    standing = await ordered(connection, one.id, Wanted.DRAIN)

    assert standing == Standing(ONLINE, Wanted.RUN, True)
    for _ in range(2):
        draining = WorkerStatus.DRAINING
        assert await beat(connection, one, status=draining, facts=WorkerFacts()) is Wanted.DRAIN
    shown = await get_worker(connection, one.id, lease_seconds=LEASE)
    assert shown
    assert (shown.wanted, shown.wanted_by, shown.wanted_reason) == (
        Wanted.DRAIN, "user:ann", "a look",
    )  # fmt: skip
    assert shown.wanted_at is not None


async def test_a_unit_that_was_forgotten_meanwhile_is_still_to_drain(connection):
    one = member()

    known = await beat(connection, one, status=ONLINE, facts=WorkerFacts(), wanted=Wanted.DRAIN)

    assert known is Wanted.DRAIN


@pytest.mark.parametrize(
    ("status", "before", "wanted", "turned"),
    [
        ("online", Wanted.RUN, Wanted.DRAIN, True),
        ("online", Wanted.RUN, Wanted.STOP, True),
        ("online", Wanted.RUN, Wanted.RUN, False),
        ("draining", Wanted.DRAIN, Wanted.RUN, True),
        ("draining", Wanted.DRAIN, Wanted.STOP, True),
        ("draining", Wanted.DRAIN, Wanted.DRAIN, False),
        ("online", Wanted.STOP, Wanted.RUN, False),
        ("online", Wanted.STOP, Wanted.DRAIN, False),
        ("online", Wanted.STOP, Wanted.STOP, False),
        ("stopping", Wanted.RUN, Wanted.DRAIN, False),
        ("stopping", Wanted.DRAIN, Wanted.RUN, False),
        ("stopping", Wanted.RUN, Wanted.STOP, False),
        ("offline", Wanted.RUN, Wanted.DRAIN, False),
        ("offline", Wanted.DRAIN, Wanted.RUN, False),
    ],
)
async def test_an_order_turns_only_what_can_be_turned(connection, status, before, wanted, turned):
    one = member()
    await beat(connection, one, status=ONLINE, facts=WorkerFacts())
    await connection.execute(update(workers).values(status=status, wanted=before.value))

    standing = await ordered(connection, one.id, wanted)

    assert standing == Standing(WorkerStatus(status), before, turned)
    shown = await get_worker(connection, one.id, lease_seconds=LEASE)
    assert shown
    assert shown.wanted is (wanted if turned else before)


async def test_nobody_obeys_for_a_unit_that_is_unknown(connection):
    assert await ordered(connection, new_id(), Wanted.DRAIN) is None
    assert await get_worker(connection, new_id(), lease_seconds=LEASE) is None


async def test_slots_of_a_unit_that_is_to_drain_are_not_free(connection):
    one = member()
    await beat(connection, one, status=ONLINE, facts=WorkerFacts())
    assert (await free_slots(connection))[Priority.NORMAL] == 16

    await ordered(connection, one.id, Wanted.DRAIN)

    assert (await free_slots(connection))[Priority.NORMAL] == 0
    default = (await list_queues(connection))[2]
    assert (default.workers, default.slots) == (0, 0)


async def test_facts_of_another_release_are_shown_as_far_as_they_are_known(connection):
    one = member()
    await beat(connection, one, status=ONLINE, facts=WorkerFacts())
    await connection.execute(update(workers).values(facts={"memory_bytes": 7, "running": 1}))

    (shown,) = await list_workers(connection, lease_seconds=LEASE)

    assert shown.facts == WorkerFacts(memory_bytes=7)


async def test_workers_that_are_gone_come_last(connection):
    gone, here = member("gone"), member("here")
    await beat(connection, here, status=ONLINE, facts=WorkerFacts())
    await beat(connection, gone, status=ONLINE, facts=WorkerFacts())
    await leave(connection, gone.id)

    shown = await list_workers(connection, lease_seconds=LEASE)

    assert [(one.host, one.status) for one in shown] == [
        ("here", WorkerStatus.ONLINE), ("gone", WorkerStatus.OFFLINE),
    ]  # fmt: skip
    assert shown[1].stopped_at is not None


async def test_queues_come_most_urgent_first_also_when_empty(connection):
    shown = await list_queues(connection)

    assert [(queue.name, queue.priority) for queue in shown] == [
        ("critical", Priority.CRITICAL), ("high", Priority.HIGH),
        ("default", Priority.NORMAL), ("low", Priority.LOW),
    ]  # fmt: skip
    assert {(q.depth, q.running, q.oldest_due_at, q.oldest_age_seconds) for q in shown} == {
        (0, 0, None, None)
    }


@pytest.mark.parametrize("fold", [False, True], ids=["before folding", "after folding"])
async def test_a_queue_shows_what_waits_runs_and_how_long(connection, make_jobs, fold):
    await make_jobs(3, rank=1)
    await make_jobs(2, rank=1, delay=60.0)
    claimed = await claim(connection, Claimer(UUID(int=5), [1], ["email"], LEASE), [], free=1)
    await connection.execute(
        update(jobs).where(jobs.c.status == "queued").values(run_at=text("now() - interval '9 s'"))
    )
    if fold:
        await roll_up(connection)

    high = (await list_queues(connection))[1]

    assert len(claimed) == 1
    assert (high.depth, high.running, high.scheduled) == (2, 1, 2)
    assert high.oldest_age_seconds == pytest.approx(9, abs=5)


async def test_a_job_that_crashed_twice_counts_as_waiting_longest(connection, make_jobs):
    await make_jobs(1, rank=2)
    await connection.execute(update(jobs).values(crashes=2, run_at=text("now() - interval '90 s'")))

    default = (await list_queues(connection))[2]

    assert default.oldest_age_seconds == pytest.approx(90, abs=5)


async def test_rates_are_of_full_minutes(connection):
    for ago, status, n in ((1, "queued", 10), (5, "queued", 15), (1, "running", 5),
                           (0, "queued", 100), (6, "running", 100)):  # fmt: skip
        await connection.execute(
            insert(job_deltas).values(
                minute=text(f"date_trunc('minute', now()) - interval '{ago} minutes'"),
                n=n, seconds=0, priority=0, bucket=-1, type="email", entered_status=status,
            )
        )  # fmt: skip

    critical = (await list_queues(connection))[0]

    assert (critical.in_per_minute, critical.out_per_minute) == (5.0, 1.0)


async def test_a_paused_queue_says_who_paused_it_and_why(connection):
    await connection.execute(
        update(queues)
        .where(queues.c.name == "low")
        .values(paused_at=text("now()"), paused_by="user:ana", pause_reason="provider is down")
    )

    low = (await list_queues(connection))[3]

    assert low.paused
    assert (low.paused_by, low.pause_reason) == ("user:ana", "provider is down")
