"""What bears upon a job's start; `test_why_claim.py` holds it and the claim together."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, text, update

from taskforge.core.fleet import WorkerFacts, WorkerStatus
from taskforge.core.ids import new_id
from taskforge.core.priority import Priority
from taskforge.core.states import JobStatus, Move
from taskforge.core.why import MAX_AHEAD, Standing
from taskforge.db.claims import Claimer, claim
from taskforge.db.counts import roll_up
from taskforge.db.moves import Ending, settle
from taskforge.db.pace import paces
from taskforge.db.queues import pause
from taskforge.db.roster import Member, beat
from taskforge.db.service_tables import job_deltas, type_limits, workers
from taskforge.db.tables import jobs
from taskforge.db.why import standing

LEASE = 30.0
QUEUES = ["critical", "high", "default", "low"]


@pytest.fixture
async def unit(connection):
    """A live unit of all queues, which knows `email` and `rare`; its id."""
    return await start(connection)


async def start(connection, *, queues=QUEUES, types=("email", "rare"), status=WorkerStatus.ONLINE):
    member = Member(new_id(), "one", 42, "0.1.0", queues, list(types), 16)
    await beat(connection, member, status=status, facts=WorkerFacts())
    return member.id


async def look(connection, job_id) -> Standing:
    found = await standing(connection, job_id, lease_seconds=LEASE)
    assert found
    return found


async def take(connection, unit, n, types=("email",)):
    claimed = await claim(connection, Claimer(unit, [0, 1, 2, 3], list(types), LEASE), [], free=n)
    return [it.row.id for it in claimed]


async def test_a_job_that_is_not_there_has_no_answer(connection):
    assert await standing(connection, new_id(), lease_seconds=LEASE) is None


@pytest.mark.usefixtures("unit")
async def test_the_jobs_ahead_are_the_more_urgent_and_the_older_ones(connection, make_jobs):
    for rank in (3, 2, 1, 0):
        await make_jobs(3, rank=rank)
    *_, mine = await make_jobs(5, rank=2)
    await make_jobs(4, rank=2)

    job = await look(connection, mine)

    assert (job.line.ahead, job.line.looked) == (13, 13)  # 3 + 3 more urgent, 3 + 4 older
    assert (job.line.of_queue, job.line.of_type) == (7, 13)
    assert job.crowd is None
    assert job.line.first_at is not None
    assert (job.priority, job.status) == (Priority.NORMAL, JobStatus.QUEUED)


async def test_what_no_unit_would_take_first_is_not_ahead(connection, make_jobs):
    await start(connection, queues=["critical", "default"])
    await make_jobs(1, rank=1)  # a queue that the unit does not serve
    await make_jobs(2, rank=2, type="odd")
    await make_jobs(4, rank=2, type="rare")
    await make_jobs(8, rank=0)
    await connection.execute(
        insert(type_limits).values(type="rare", concurrency_limit=0, set_by="test")
    )
    await pause(connection, "critical", actor="user:ann", reason="…", resume_at=None)
    await make_jobs(16, rank=2, delay=60.0)
    (mine,) = await make_jobs(1, rank=2)

    job = await look(connection, mine)

    assert job.line.ahead == 0
    assert job.line.looked == 6


@pytest.mark.usefixtures("unit")
async def test_jobs_that_crashed_twice_wait_in_a_line_of_their_own(connection, make_jobs):
    suspects = await make_jobs(3)
    (mine,) = await make_jobs(1)
    await connection.execute(update(jobs).where(jobs.c.id.in_(suspects)).values(crashes=2))

    plain, suspect = await look(connection, mine), await look(connection, suspects[-1])

    assert (plain.is_suspect, plain.line.ahead) == (False, 0)
    assert (suspect.is_suspect, suspect.line.ahead) == (True, 2)


@pytest.mark.usefixtures("unit")
async def test_a_long_line_is_told_by_the_counters(connection, make_jobs):
    await make_jobs(800, rank=1)
    await make_jobs(100, rank=2)
    *_, mine = await make_jobs(200, rank=2)
    await roll_up(connection)
    await make_jobs(50, rank=2)

    job = await look(connection, mine)

    assert (job.line.looked, job.line.ahead) == (MAX_AHEAD + 1, MAX_AHEAD)
    assert job.crowd
    assert (job.crowd.above, job.crowd.level) == (800, 350)
    assert job.crowd.oldest_at
    assert job.crowd.newest_at
    assert job.crowd.oldest_at < job.run_at < job.crowd.newest_at


async def test_units_are_told_with_what_they_run(connection, make_jobs, unit):
    await make_jobs(2)
    await make_jobs(1, type="rare")
    await take(connection, unit, 9, types=["email", "rare"])
    (mine,) = await make_jobs(1)
    draining = await start(connection, queues=["high"], types=["odd"], status=WorkerStatus.DRAINING)

    told = {it.id: it for it in (await look(connection, mine)).units}

    assert (told[unit].slots, told[unit].busy, told[unit].of_type) == (16, 3, 2)
    assert (told[unit].serves, told[unit].knows, told[unit].draining) == (True, True, False)
    other = told[draining]
    assert (other.serves, other.knows, other.draining, other.busy) == (False, False, True, 0)


async def test_a_unit_that_is_told_to_drain_counts_as_draining(connection, make_jobs, unit):
    (mine,) = await make_jobs(1)
    await connection.execute(update(workers).values(wanted="drain"))

    (told,) = (await look(connection, mine)).units

    assert told.draining


@pytest.mark.parametrize(("silent", "lives"), [(0.9, True), (1.1, False)])
async def test_a_unit_lives_as_long_as_its_lease(connection, make_jobs, unit, silent, lives):
    (mine,) = await make_jobs(1)
    ago = timedelta(seconds=LEASE * silent)
    await connection.execute(update(workers).values(beat_at=workers.c.beat_at - ago))

    assert bool((await look(connection, mine)).units) is lives


async def test_a_limit_is_told_with_those_that_hold_it(connection, make_jobs, unit):
    await make_jobs(12)
    taken = await take(connection, unit, 12)
    (mine,) = await make_jobs(1)
    await connection.execute(
        insert(type_limits).values(type="email", concurrency_limit=12, set_by="test")
    )
    await connection.execute(text("UPDATE queues SET concurrency_limit = 13 WHERE priority = 2"))

    job = await look(connection, mine)

    assert job.type_limit
    assert job.queue_limit
    assert (job.type_room, job.type_limit.limit, job.type_limit.running) == (False, 12, 12)
    assert (job.queue_room, job.queue_limit.limit, job.queue_limit.running) == (True, 13, 12)
    assert len(job.type_limit.jobs) == 10
    assert set(job.type_limit.jobs) < set(taken)


async def test_nobody_asks_how_long_the_line_is_for_a_job_that_does_not_wait(
    connection, make_jobs, unit
):
    await make_jobs(1, rank=0)
    (mine,) = await make_jobs(1, rank=3)
    await make_jobs(1, rank=0)
    await take(connection, unit, 1)
    await take(connection, unit, 2)

    assert (await look(connection, mine)).line.looked == 0


@pytest.mark.parametrize("fold", [False, True], ids=["before folding", "after folding"])
async def test_paces_are_of_full_minutes_by_type_and_queue(connection, fold):
    for ago, status, bucket, n, seconds in (
        (0, "running", 3, 1_000, 0.0), (1, "running", 3, 10, 0.0), (5, "running", 4, 7, 0.0),
        (6, "running", 3, 1_000, 0.0), (0, "queued", -1, 1_000, 0.0), (2, "queued", -1, 50, 0.0),
        (0, "success", 9, 2, 4.0), (14, "retrying", 9, 1, 5.0), (16, "success", 9, 99, 9e9),
        (1, "cancelled", -1, 77, 0.0),
    ):  # fmt: skip
        await connection.execute(
            insert(job_deltas).values(
                minute=text(f"date_trunc('minute', now()) - interval '{ago} minutes'"),
                n=n, seconds=seconds, priority=1, bucket=bucket, type="email",
                entered_status=status,
            )
        )  # fmt: skip
    if fold:
        await roll_up(connection)

    (pace,) = (await paces(connection)).items

    assert (pace.type, pace.priority) == ("email", 1)
    assert pace.starts == [10, 0, 0, 0, 7]
    assert pace.came_per_minute == 10.0
    assert (pace.runs, pace.run_seconds) == (3, 9.0)


async def test_without_any_jobs_there_is_no_pace(connection):
    assert (await paces(connection)).items == []


async def test_a_retry_is_told_with_its_error(connection, make_jobs, unit):
    (mine,) = await make_jobs(1)
    await take(connection, unit, 1)
    await settle(connection, [Ending(mine, 1, unit, Move.RETRY, failed=True, delay=60.0)])

    job = await look(connection, mine)

    assert (job.status, job.failures, job.max_retries) == (JobStatus.RETRYING, 1, 3)
    assert job.run_at > job.at
