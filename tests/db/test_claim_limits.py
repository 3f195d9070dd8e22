"""Claims with types of which a unit may run only so many at once."""

import asyncio

import pytest
from msgspec import Raw

from support.make import claimer, draft
from taskforge.core.ids import new_id
from taskforge.db.birth import create
from taskforge.db.claims import claim
from taskforge.db.engine import open_engine

pytestmark = pytest.mark.usefixtures("sound")

ME = claimer(types=["plain", "rare", "rarer"])


async def born(connection, *wanted):
    """Jobs of these types (or pairs of type and rank), the oldest first; their ids."""
    drafts = [
        draft(id=new_id(), payload=Raw(b"{}"), **dict(zip(("type", "rank"), one, strict=False)))
        for one in ((it,) if isinstance(it, str) else it for it in wanted)
    ]
    for one in drafts:  # one by one: each is due a little later than the one before
        await create(connection, [one])
    return [one.id for one in drafts]


async def taken(connection, ids=(), **limits):
    return [it.row.id for it in await claim(connection, ME, ids, **limits)]


async def test_no_more_of_a_type_are_taken_than_it_has_room(connection):
    ids = await born(connection, *["rare"] * 5)

    assert await taken(connection, free=4, rooms={"rare": 2}) == ids[:2]


async def test_what_a_limited_type_may_not_take_goes_to_others(connection):
    rare = await born(connection, *["rare"] * 5)
    plain = await born(connection, *["plain"] * 5)

    assert await taken(connection, free=4, rooms={"rare": 2}) == [*rare[:2], *plain[:2]]


async def test_a_type_without_room_is_passed_over(connection):
    await born(connection, ("rare", 0))
    (plain,) = await born(connection, ("plain", 3))

    assert await taken(connection, free=4, rooms={"rare": 0}) == [plain]


async def test_the_best_are_taken_across_all_types(connection):
    a = await born(connection, ("plain", 2), ("rare", 2), ("plain", 1), ("rarer", 0), ("plain", 3))
    b = await born(connection, ("rare", 1), ("rarer", 0), ("plain", 2))

    found = await taken(connection, free=5, rooms={"rare": 2, "rarer": 1})

    assert found == [a[3], a[2], b[0], a[0], a[1]]


async def test_a_limited_type_gives_way_to_what_is_more_urgent(connection):
    await born(connection, *[("rare", 3)] * 3)
    plain = await born(connection, *["plain"] * 4)

    assert await taken(connection, free=4, rooms={"rare": 2}) == plain


@pytest.mark.parametrize("named", [0, 1, 3])
async def test_naming_jobs_of_a_limited_type_does_not_lift_its_limit(connection, named):
    rare = await born(connection, *["rare"] * 4)
    plain = await born(connection, *["plain"] * 2)

    found = await taken(connection, [*rare[-named:], plain[1]], free=6, rooms={"rare": 1})

    assert sorted(found) == sorted([rare[0], *plain])


async def test_named_jobs_come_first_and_limits_share_what_is_left(connection):
    rare = await born(connection, *[("rare", 0)] * 4)
    plain = await born(connection, *[("plain", 3)] * 4)

    found = await taken(connection, plain[2:], free=3, rooms={"rare": 2})

    assert sorted(found) == sorted([rare[0], *plain[2:]])


async def test_named_jobs_may_leave_no_room_at_all(connection):
    await born(connection, ("rare", 0))
    plain = await born(connection, *["plain"] * 3)

    assert sorted(await taken(connection, plain, free=3, rooms={"rare": 1})) == sorted(plain)


async def test_a_paused_queue_is_paused_for_limited_types_too(connection, plain):
    await born(connection, *["rare"] * 2)
    await plain.execute("UPDATE queues SET paused_at = clock_timestamp() WHERE priority = 2")

    assert await taken(connection, free=4, rooms={"rare": 1}) == []


async def test_a_claimed_job_has_the_line_for_lists(connection):
    await create(connection, [draft(type="plain", summary="12 rows of it")])

    (claimed,) = await claim(connection, ME, [], free=1)

    assert claimed.row.summary == "12 rows of it"


async def test_rivals_with_limits_share_the_jobs_and_none_runs_twice(settings, connection):
    ids = await born(connection, *["rare", "plain"] * 30)
    rivals = [claimer(types=["plain", "rare"]) for _ in range(6)]
    engine = open_engine(settings, statement_seconds=10, by_key=True)

    async def take(rival):
        async with engine.connect() as own:
            return [await claim(own, rival, [], free=4, rooms={"rare": 1}) for _ in range(3)]

    rounds = [one for each in await asyncio.gather(*map(take, rivals)) for one in each]
    await engine.dispose()

    found = [it.row.id for one in rounds for it in one]
    assert len(found) == len(set(found))
    assert set(found) <= set(ids)
    assert all(sum(it.row.type == "rare" for it in one) <= 1 for one in rounds)
