"""Types that run only so many of their jobs at once in a process (`narrow`: two)."""

import asyncio
from contextlib import contextmanager

from sqlalchemy import event

from support.make import order, person
from support.waiting import eventually
from taskforge.bus.hint import read_hint
from taskforge.core.priority import Priority
from taskforge.core.states import JobStatus
from taskforge.db.job_rows import get_rows
from taskforge.flows import submit

BY = person()


async def ordered(deps, type, n=1, seconds=60.0, **fields):
    asked = [order(type, {"seconds": seconds}, **fields) for _ in range(n)]
    done = await submit.submit_many(deps, asked, BY, atomic=True)
    return [it.job.id for it in done if isinstance(it, submit.Submitted)]


async def until(deps, ids, status):
    async def look():
        async with deps.db.connect() as connection:
            rows = await get_rows(connection, ids)
        return all(row.status is status for row in rows)

    await eventually(look)


def working(crew, type="narrow"):
    """Handlers at work; what is only being recorded holds no room."""
    holds = [it for it in crew.holds.values() if it.working]
    return [it.claimed.row.id for it in holds if it.claimed.row.type == type]


async def settled(deps, crew, n):
    """The crew holds `n` jobs, and asks for no more."""

    async def quiet():
        return len(crew.holds) == n and crew._claiming is None

    await eventually(quiet)


@contextmanager
def claims_of(deps):
    """The claims that are made meanwhile."""
    made = []

    def note(_connection, _cursor, statement, *_rest):
        if "named AS MATERIALIZED" in statement:
            made.append(statement)

    event.listen(deps.db.sync_engine, "before_cursor_execute", note)
    yield made
    event.remove(deps.db.sync_engine, "before_cursor_execute", note)


async def test_a_process_runs_no_more_of_a_type_than_it_says(deps, make_crew):
    ids = await ordered(deps, "narrow", 5, seconds=0.05)
    crew, most = make_crew(slots=4), 0

    async def watch():
        nonlocal most
        while True:
            most = max(most, len(working(crew)))
            await asyncio.sleep(0)

    watching = asyncio.create_task(watch())
    crew.start()
    await until(deps, ids, JobStatus.SUCCESS)
    watching.cancel()

    assert most == 2


async def test_the_jobs_beyond_the_limit_wait_and_hold_no_slot(deps, make_crew):
    narrow = await ordered(deps, "narrow", 5, priority=Priority.HIGH)
    pauses = await ordered(deps, "pause", 3)
    crew = make_crew(slots=4)

    crew.start()
    await settled(deps, crew, 4)

    assert sorted(working(crew)) == sorted(narrow[:2])
    assert sorted(working(crew, "pause")) == sorted(pauses[:2])
    await until(deps, narrow[2:], JobStatus.QUEUED)


async def test_a_job_that_ends_makes_room_for_the_next_without_a_hint(deps, make_crew):
    first = await ordered(deps, "narrow", 2)
    rest = await ordered(deps, "narrow", 3, seconds=0.01)
    await deps.redis.flushdb()
    crew = make_crew(slots=8)
    crew.start()
    await settled(deps, crew, 2)

    crew.holds.stop(first[:1])

    await until(deps, rest, JobStatus.SUCCESS)
    await until(deps, first[1:], JobStatus.RUNNING)


async def test_a_hint_does_not_lift_the_limit_and_is_answered(deps, make_crew):
    crew = make_crew(slots=8)
    await ordered(deps, "narrow", 2)
    crew.start()
    await settled(deps, crew, 2)
    more = await ordered(deps, "narrow", 3)

    await asyncio.wait_for(crew.serve(Priority.NORMAL, more), 5)

    assert len(working(crew)) == 2


async def test_a_full_type_holds_up_no_other(deps, make_crew):
    crew = make_crew(slots=3)
    await ordered(deps, "narrow", 4, priority=Priority.CRITICAL)
    crew.start()
    await settled(deps, crew, 2)
    (other,) = await ordered(deps, "pause", seconds=0.0)

    await asyncio.wait_for(crew.serve(Priority.NORMAL, [other]), 5)

    await until(deps, [other], JobStatus.SUCCESS)


async def test_while_only_full_types_wait_nothing_is_claimed(deps, make_crew):
    await ordered(deps, "narrow", 6)
    crew = make_crew(slots=8)
    crew.start()
    await settled(deps, crew, 2)
    others = await ordered(deps, "pause", 10, seconds=0.0)

    with claims_of(deps) as made:
        await asyncio.wait_for(crew.serve(Priority.NORMAL, others), 5)
        await settled(deps, crew, 2)

    # Ten jobs came and went in the other slots; none of them was a reason to look for more.
    assert len(made) <= 3


async def test_rivals_each_run_as_many_as_they_have_room_for(deps, make_crew):
    ids = await ordered(deps, "narrow", 7)
    crews = [make_crew(slots=4) for _ in range(3)]

    for crew in crews:
        crew.start()
    for crew in crews:
        await settled(deps, crew, 2)

    held = [job_id for crew in crews for job_id in working(crew)]
    assert sorted(held) == sorted(ids[:6])


async def test_what_is_full_here_is_hinted_to_others_once_and_not_at_once(deps, make_crew):
    crew = make_crew(slots=8)
    await ordered(deps, "narrow", 2)
    crew.start()
    await settled(deps, crew, 2)
    more = await ordered(deps, "narrow", 5)
    await deps.redis.flushdb()

    await asyncio.gather(*(crew.serve(Priority.NORMAL, [job_id]) for job_id in more))

    assert await deps.redis.llen("taskforge:default") == 0

    async def passed_on():
        return await deps.redis.lrange("taskforge:default", 0, -1)

    (message_id,) = await eventually(passed_on)
    hint = read_hint(
        await deps.redis.hget("taskforge:default.msgs", message_id.decode()), Priority.NORMAL
    )
    assert hint
    assert list(hint.args[0]) == more[:1]


async def test_what_has_gone_meanwhile_is_not_hinted(deps, make_crew):
    crew = make_crew(slots=8)
    held = await ordered(deps, "narrow", 2)
    crew.start()
    await settled(deps, crew, 2)
    more = await ordered(deps, "narrow", 1, seconds=0.0)
    await deps.redis.flushdb()
    await crew.serve(Priority.NORMAL, more)

    crew.holds.stop(held)
    await until(deps, more, JobStatus.SUCCESS)

    async def relayed():
        return crew._relay._later is None

    await eventually(relayed)
    assert await deps.redis.llen("taskforge:default") == 0


async def test_two_real_units_share_the_jobs_of_a_limited_type(make_arena):
    arena = await make_arena()
    ids = [await arena.submit("narrow", {"seconds": 0.3}) for _ in range(12)]

    await asyncio.gather(*(arena.start("worker", "--threads", "8") for _ in range(2)))
    ended = [await arena.until(job_id, within=30) for job_id in ids]

    assert {row["status"] for row in ended} == {"success"}
    together = await arena.db.fetch("SELECT result FROM job_results")
    assert {row["result"] for row in together} == {1, 2}
    assert len({row["worker_id"] for row in ended}) == 2
