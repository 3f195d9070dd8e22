"""Units that share limits: who frees a place fills it, and nobody looks without end."""

import asyncio
from collections import Counter

import pytest

from support.make import order, person
from support.waiting import eventually
from taskforge.core.priority import Priority
from taskforge.core.states import JobStatus
from taskforge.db.job_rows import get_rows
from taskforge.flows import limits, submit

BY = person()


async def ordered(deps, n=1, seconds=60.0, **fields):
    asked = [order("pause", {"seconds": seconds}, **fields) for _ in range(n)]
    done = await submit.submit_many(deps, asked, BY, atomic=True)
    return [it.job.id for it in done if isinstance(it, submit.Submitted)]


async def limit(deps, most, name="pause"):
    await limits.limit_type(deps, deps.registry.descriptions[name], BY, most)


async def until(deps, ids, status):
    async def look():
        async with deps.db.connect() as connection:
            rows = await get_rows(connection, ids)
        return all(row.status is status for row in rows)

    await eventually(look)


async def quiet(crew, n):
    """The crew holds `n` jobs and asks for no more."""

    async def look():
        return len(crew.holds) == n and crew._claiming is None and not crew._wants_claim()

    await eventually(look)


async def test_a_place_that_comes_free_is_taken_by_the_unit_that_freed_it(deps, make_crew):
    await limit(deps, 2)
    first = await ordered(deps, 2)
    rest = await ordered(deps, 3, seconds=0.0)
    crew = make_crew()
    crew.start()
    await quiet(crew, 2)
    await deps.redis.flushdb()

    crew.holds.stop(first[:1])

    await until(deps, rest, JobStatus.SUCCESS)
    await until(deps, first[1:], JobStatus.RUNNING)


async def test_a_limit_that_was_set_later_is_known_to_who_frees_a_place(deps, make_crew):
    held = await ordered(deps, 2)
    crew = make_crew()
    crew.start()
    await quiet(crew, 2)
    await limit(deps, 2)
    waiting = await ordered(deps, 1)
    await crew.serve(Priority.NORMAL, waiting)
    await until(deps, waiting, JobStatus.QUEUED)
    await deps.redis.flushdb()

    crew.holds.stop(held[:1])

    await until(deps, waiting, JobStatus.RUNNING)


async def test_a_unit_that_leaves_hints_the_place_to_others(deps, make_crew):
    await limit(deps, 1)
    await ordered(deps, 2)
    crew = make_crew()
    crew.start()
    await quiet(crew, 1)
    await deps.redis.flushdb()

    await crew.drain(0, hasten=lambda: True)

    assert await deps.redis.llen("taskforge:default") > 0


async def test_a_full_type_makes_no_unit_look_again_and_again(deps, make_crew):
    await limit(deps, 1)
    await ordered(deps, 6)
    crews = [make_crew(slots=8) for _ in range(2)]
    for crew in crews:
        crew.start()

    async def begun():
        return [crew for crew in crews if crew.holds]

    (holder,) = await eventually(begun)
    (idle,) = [crew for crew in crews if crew is not holder]

    await quiet(holder, 1)
    await quiet(idle, 0)

    assert idle._gate.room == 8


async def test_a_limit_that_rises_starts_what_waits_at_once(deps, make_crew):
    await limit(deps, 0)
    ids = await ordered(deps, 2)
    crew = make_crew()
    crew.start()
    await quiet(crew, 0)

    await limit(deps, None)
    await crew.serve(Priority.NORMAL, [])

    await until(deps, ids, JobStatus.RUNNING)


@pytest.mark.parametrize("units", [1, 2])
async def test_every_queue_gets_its_share_under_a_flood_of_hints(deps, make_crew, units):
    flood = await ordered(deps, 240, seconds=0.0, priority=Priority.CRITICAL)
    others = {
        it: await ordered(deps, 30, seconds=0.0, priority=it)
        for it in (Priority.HIGH, Priority.NORMAL, Priority.LOW)
    }
    crews = [make_crew(slots=4) for _ in range(units)]

    for crew in crews:
        crew.start()
    await asyncio.gather(
        *(crews[n % units].serve(Priority.CRITICAL, [it]) for n, it in enumerate(flood))
    )
    await until(deps, flood, JobStatus.SUCCESS)

    ids = [job_id for each in others.values() for job_id in each]
    async with deps.db.connect() as connection:
        started = {row.id: row.started_at for row in await get_rows(connection, [*flood, *ids])}
    last = max(at for job_id in flood if (at := started[job_id]))
    found = Counter(
        name
        for name, each in others.items()
        for job_id in each
        if (at := started[job_id]) and at < last
    )
    # Of the starts until the flood ended; each unit may keep the best part of a start as credit.
    total = len(flood) + found.total()
    assert all(found[name] >= 0.05 * total - 2 * units for name in others)
