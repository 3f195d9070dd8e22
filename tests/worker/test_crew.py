"""The crew in the test's own loop: what it claims, and what it hands back."""

import asyncio
from typing import Any

from support.counting import counting
from support.make import ending, order, person
from support.waiting import eventually
from taskforge.bus.hint import read_hint
from taskforge.core.ids import new_id
from taskforge.core.priority import Priority
from taskforge.core.states import JobStatus, Move
from taskforge.db.claims import claim
from taskforge.db.job_rows import get_row
from taskforge.db.moves import settle
from taskforge.flows import submit

BY = person()


async def ordered(deps, type="noop", payload=None, **fields):
    return (await submit.submit(deps, order(type, payload, **fields), BY)).job.id


async def until(deps, job_id, status) -> Any:
    async def look():
        async with deps.db.connect() as connection:
            row = await get_row(connection, job_id)
        assert row
        return row.status is status and row

    return await eventually(look)


async def test_a_crew_starts_with_what_is_waiting(deps, make_crew):
    ids = [await ordered(deps) for _ in range(10)]

    make_crew(slots=2).start()

    for job_id in ids:
        await until(deps, job_id, JobStatus.SUCCESS)


async def test_never_more_handlers_work_than_there_are_slots(deps, make_crew):
    ids = [await ordered(deps, "pause", {"seconds": 0.02}) for _ in range(12)]
    crew = make_crew(slots=3)
    most = 0

    async def watch():
        nonlocal most
        while True:
            most = max(most, sum(hold.working for hold in crew.holds.values()))
            await asyncio.sleep(0)

    watching = asyncio.create_task(watch())
    await asyncio.gather(*(crew.serve(Priority.NORMAL, [job_id]) for job_id in ids))
    for job_id in ids:
        await until(deps, job_id, JobStatus.SUCCESS)
    watching.cancel()

    assert most == 3


async def test_the_most_urgent_runs_first_whatever_the_hints_say(deps, make_crew, plain):
    low = [await ordered(deps, priority=Priority.LOW) for _ in range(3)]
    normal = [await ordered(deps) for _ in range(3)]
    critical = [await ordered(deps, priority=Priority.CRITICAL) for _ in range(3)]

    make_crew(slots=1).start()
    for job_id in low:
        await until(deps, job_id, JobStatus.SUCCESS)

    rows = await plain.fetch("SELECT id FROM jobs ORDER BY started_at")
    assert [row["id"] for row in rows] == critical + normal + low


async def test_an_attempt_inherits_nothing_from_the_one_that_made_room_for_it(
    deps, make_crew, plain
):
    ids = [await ordered(deps, "heir") for _ in range(3)]

    make_crew(slots=1).start()
    for job_id in ids:
        await until(deps, job_id, JobStatus.SUCCESS)

    results = await plain.fetch("SELECT result ->> 'found' AS found FROM job_results")
    assert [row["found"] for row in results] == [None] * 3


async def test_a_hint_that_names_nothing_is_answered(make_crew):
    await asyncio.wait_for(make_crew().serve(Priority.NORMAL, [new_id()]), 5)


async def test_a_hint_is_answered_when_its_jobs_have_ended(deps, make_crew):
    job_id = await ordered(deps, "pause", {"seconds": 0.05})

    await asyncio.wait_for(make_crew().serve(Priority.NORMAL, [job_id, job_id, new_id()]), 10)

    await until(deps, job_id, JobStatus.SUCCESS)


async def test_a_drain_hands_jobs_back_without_a_failure(deps, make_crew):
    labels = {"queue": "default", "job_type": "pause"}
    given_back = counting("taskforge_job_attempts_total", **labels, result="released")
    job_id = await ordered(deps, "pause", {"seconds": 60})
    crew = make_crew()
    crew.start()
    await until(deps, job_id, JobStatus.RUNNING)

    await crew.drain(0.05, hasten=lambda: False)

    row = await until(deps, job_id, JobStatus.QUEUED)
    assert (row.attempt, row.failures) == (1, 0)
    assert given_back() == 1
    assert crew.holds == {}


async def test_a_drain_lets_a_job_finish_within_its_grace(deps, make_crew):
    job_id = await ordered(deps, "pause", {"seconds": 0.3})
    crew = make_crew()
    crew.start()
    await until(deps, job_id, JobStatus.RUNNING)

    await crew.drain(20, hasten=lambda: False)

    assert (await until(deps, job_id, JobStatus.SUCCESS)).attempt == 1


async def test_a_drain_waits_for_the_claim_that_is_under_way(deps, make_crew, plain):
    job_id = await ordered(deps, "pause", {"seconds": 60})
    crew = make_crew()
    gate = plain.transaction()
    await gate.start()
    await plain.execute("LOCK TABLE queues IN ACCESS EXCLUSIVE MODE")
    crew.start()
    await waits_for_a_lock(plain)

    draining = asyncio.create_task(crew.drain(0.0, hasten=lambda: False))
    await asyncio.sleep(0)
    await gate.rollback()
    await draining

    row = await until(deps, job_id, JobStatus.QUEUED)
    assert (row.failures, crew.holds) == (0, {})


async def waits_for_a_lock(plain):
    """Some other connection waits for a lock of ours."""

    async def look():
        return await plain.fetchval(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND database ="
            " (SELECT oid FROM pg_database WHERE datname = current_database())"
        )

    await eventually(look)


async def test_a_crew_that_rests_passes_hints_on_and_goes_on_with_what_waits(deps, make_crew):
    runs = await ordered(deps, "pause", {"seconds": 0.3})
    crew = make_crew()
    crew.start()
    await until(deps, runs, JobStatus.RUNNING)
    crew.rest()
    job_id = await ordered(deps)
    await deps.redis.delete("taskforge:default")

    await asyncio.wait_for(crew.serve(Priority.NORMAL, [job_id]), 5)

    assert await deps.redis.llen("taskforge:default") == 1  # for another unit
    assert (await until(deps, runs, JobStatus.SUCCESS)).attempt == 1
    assert (await until(deps, job_id, JobStatus.QUEUED)).attempt == 0
    crew.resume()
    await until(deps, job_id, JobStatus.SUCCESS)


async def test_what_a_claim_under_way_brings_runs_although_the_crew_rests(deps, make_crew, plain):
    job_id = await ordered(deps)
    crew = make_crew()
    gate = plain.transaction()
    await gate.start()
    await plain.execute("LOCK TABLE queues IN ACCESS EXCLUSIVE MODE")
    crew.start()
    await waits_for_a_lock(plain)

    crew.rest()
    await gate.rollback()

    await until(deps, job_id, JobStatus.SUCCESS)


async def test_a_crew_that_leaves_does_not_come_back(deps, make_crew):
    crew = make_crew()
    await crew.drain(0, hasten=lambda: True)
    job_id = await ordered(deps)

    crew.resume()
    await asyncio.wait_for(crew.serve(Priority.NORMAL, [job_id]), 5)

    assert (await until(deps, job_id, JobStatus.QUEUED)).attempt == 0


async def test_a_crew_that_takes_its_own_job_again_loses_only_the_first_try(deps, make_crew):
    job_id = await ordered(deps, "stubborn", {"seconds": 0.4})
    crew = make_crew()
    crew.start()
    await until(deps, job_id, JobStatus.RUNNING)
    me = crew.unit.claimer.worker_id
    async with deps.db.connect() as connection:  # as if the lease had run out
        await settle(connection, [ending(job_id, 1, me, Move.RELEASE)])
    serving = asyncio.create_task(crew.serve(Priority.NORMAL, [job_id]))
    await until(deps, job_id, JobStatus.RUNNING)

    crew.holds.lose([(job_id, 1)])
    await serving

    row = await until(deps, job_id, JobStatus.SUCCESS)
    assert row.attempt == 2
    await eventually(lambda: gone(crew))
    await asyncio.wait_for(crew.serve(Priority.NORMAL, [await ordered(deps)]), 10)


async def gone(crew):
    return not crew.holds


async def test_a_job_stopped_while_its_claim_returns_frees_its_slot(deps, make_crew):
    job_id = await ordered(deps, "pause", {"seconds": 60})
    crew = make_crew(slots=1)

    async def stop_at_once():
        while not crew.holds:  # noqa: ASYNC110 - the very next step of the loop is meant
            await asyncio.sleep(0)
        crew.holds.stop([job_id])

    stopping = asyncio.create_task(stop_at_once())
    await asyncio.wait_for(crew.serve(Priority.NORMAL, [job_id]), 10)
    await stopping

    await until(deps, job_id, JobStatus.CANCELLED)
    await asyncio.wait_for(crew.serve(Priority.NORMAL, [await ordered(deps)]), 10)


async def test_jobs_of_a_claim_whose_answer_was_lost_run_all_the_same(deps, make_crew, plain):
    ids = [await ordered(deps) for _ in range(3)]
    failed = counting("taskforge_claims_failed_total")
    starts = counting("taskforge_job_wait_seconds_count", queue="default", job_type="noop")
    crew = make_crew()
    async with deps.db.connect() as connection:  # its answer never came
        assert len(await claim(connection, crew.unit.claimer, ids[:2], free=2)) == 2
    gate = plain.transaction()
    await gate.start()
    await plain.execute("LOCK TABLE queues IN ACCESS EXCLUSIVE MODE")
    crew.start()
    await waits_for_a_lock(plain)

    # This one ends without an answer, and so the crew cannot know what it took.
    await plain.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted AND database ="
        " (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    await gate.rollback()

    for job_id in ids:
        row = await until(deps, job_id, JobStatus.SUCCESS)
        assert (row.attempt, row.failures) == (1, 0)
    assert (failed(), starts()) == (1, 3)


async def test_what_no_slot_can_take_is_hinted_again(deps, make_crew):
    ids = [await ordered(deps, "pause", {"seconds": 60}) for _ in range(3)]
    await deps.redis.delete("taskforge:default")
    crew = make_crew(slots=1)

    serving = asyncio.create_task(crew.serve(Priority.NORMAL, ids))

    async def passed_on():
        return await deps.redis.lindex("taskforge:default", 0)

    message_id = (await eventually(passed_on)).decode()
    hint = read_hint(await deps.redis.hget("taskforge:default.msgs", message_id), Priority.NORMAL)
    assert hint
    assert len(crew.holds) == 1
    assert set(hint.args[0]) == set(ids) - {job_id for job_id, _ in crew.holds}
    await crew.drain(0, hasten=lambda: True)
    await serving
