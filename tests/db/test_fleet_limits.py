"""Claims within fleet-wide limits of types and queues, and what a queue is owed."""

import asyncio
from collections import Counter

import pytest
from msgspec import Raw

from support.make import claimer, draft, ending
from taskforge.core.ids import new_id
from taskforge.core.priority import Priority
from taskforge.core.states import Move
from taskforge.db import hints
from taskforge.db.birth import create
from taskforge.db.claims import claim, claim_suspect
from taskforge.db.engine import open_engine, transaction
from taskforge.db.limits import set_queue_limit, set_type_limit
from taskforge.db.moves import settle

pytestmark = pytest.mark.usefixtures("sound")

TYPES = ["plain", "rare"]
ME = claimer(types=TYPES)


@pytest.fixture
async def limited(engine):
    """Sets limits: of types by name, of queues by `queue=`."""

    async def limit(**most):
        async with transaction(engine) as connection:
            for name, n in most.items():
                if name in ("critical", "high", "default", "low"):
                    await set_queue_limit(connection, name, n)
                else:
                    await set_type_limit(connection, name, n, actor="test")

    return limit


async def born(connection, *wanted):
    """Jobs of these types and ranks, each due a little later than the one before; their ids."""
    drafts = [draft(id=new_id(), type=type, rank=rank, payload=Raw(b"{}")) for type, rank in wanted]
    for one in drafts:
        await create(connection, [one])
    return [one.id for one in drafts]


async def taken(connection, ids=(), who=ME, **limits):
    return [it.row.id for it in await claim(connection, who, ids, **limits)]


async def test_no_more_run_than_the_limit_of_their_type(connection, limited):
    rare = await born(connection, *[("rare", 1)] * 4)
    plain = await born(connection, *[("plain", 3)] * 2)
    await limited(rare=2)

    assert await taken(connection, free=8) == [*rare[:2], *plain]
    assert await taken(connection, free=8) == []


async def test_no_more_run_than_the_limit_of_their_queue(connection, limited):
    high = await born(connection, ("rare", 1), ("plain", 1), ("rare", 1))
    low = await born(connection, ("plain", 3))
    await limited(high=2)

    assert await taken(connection, free=8) == [*high[:2], *low]


async def test_both_limits_hold_at_once_and_leave_nothing_out(connection, limited):
    await limited(rare=2, critical=1)
    top = await born(connection, ("rare", 0), ("rare", 0), ("plain", 0))
    rest = await born(connection, ("rare", 3), ("rare", 3), ("plain", 3))

    found = [it for _ in range(3) for it in await claim(connection, ME, [], free=8)]

    assert [it.row.id for it in found if it.row.id in top] == top[:1]
    assert sorted(it.row.id for it in found if it.row.id in rest) == sorted([rest[0], rest[2]])


async def test_a_claim_that_limits_cut_short_says_that_another_may_find_more(connection, limited):
    await limited(rare=1, critical=1)
    ids = await born(connection, ("plain", 0), ("rare", 0), ("rare", 3))

    (first,) = await claim(connection, ME, [], free=8)
    (second,) = await claim(connection, ME, [], free=8)

    assert [first.row.id, second.row.id] == [ids[0], ids[2]]
    assert (first.more, second.more) == (True, False)


@pytest.mark.parametrize("most", [0, 1])
async def test_naming_a_job_does_not_lift_a_limit(connection, limited, most):
    rare = await born(connection, *[("rare", 2)] * 3)
    await limited(rare=most)

    assert await taken(connection, rare[1:], free=8) == rare[:most]


async def test_a_limit_below_what_runs_stops_nothing_and_starts_nothing(connection, limited, plain):
    rare = await born(connection, *[("rare", 2)] * 5)
    first = await claim(connection, ME, [], free=3)
    await limited(rare=1)

    assert await taken(connection, free=8) == []
    await settle(connection, [ending(it.row.id, 1, ME.worker_id, Move.SUCCEED) for it in first[:2]])
    assert await taken(connection, free=8) == []
    await limited(rare=2)
    assert await taken(connection, free=8) == rare[3:4]
    await limited(rare=None)
    assert await taken(connection, free=8) == rare[4:]


async def test_who_ends_a_job_learns_whether_it_held_a_place(connection, limited):
    await born(connection, ("rare", 2), ("plain", 2), ("plain", 0))
    await limited(rare=9, critical=9)
    claimed = await claim(connection, ME, [], free=3)

    done = await settle(
        connection, [ending(it.row.id, 1, ME.worker_id, Move.RELEASE) for it in claimed]
    )

    held = {(it.row.type, it.row.priority): done[it.row.id].limited for it in claimed}
    assert held == {
        ("rare", Priority.NORMAL): True,
        ("plain", Priority.NORMAL): False,
        ("plain", Priority.CRITICAL): True,
    }


async def test_suspects_keep_to_limits_too(connection, limited, plain):
    first, second = await born(connection, ("rare", 2), ("rare", 2))
    await plain.execute("UPDATE jobs SET crashes = 2 WHERE id = $1", second)
    await limited(rare=1)
    assert await taken(connection, free=1) == [first]

    assert await claim_suspect(connection, claimer(types=TYPES)) is None

    await limited(rare=2)
    found = await claim_suspect(connection, claimer(types=TYPES))
    assert found
    assert found.row.id == second


async def test_what_no_unit_of_these_types_runs_is_limited_for_others_only(connection, limited):
    await born(connection, ("rare", 2))
    (plain,) = await born(connection, ("plain", 2))
    await limited(rare=0)

    assert await taken(connection, free=2, who=claimer(types=["plain"])) == [plain]


async def test_rivals_together_never_take_more_than_the_limits(settings, connection, limited):
    ids = await born(connection, *[("rare", 1), ("plain", 1), ("rare", 2)] * 14)
    await limited(rare=5, high=7)
    engine = open_engine(settings, statement_seconds=10, pool_size=12, by_key=True)
    most = Counter()

    async def work(rival):
        """Takes and ends jobs until none is left; what it holds while it looks is counted."""
        left = 60
        async with engine.connect() as own:
            while left and (found := await claim(own, rival, [], free=4)):
                await look(own)
                endings = [ending(it.row.id, 1, rival.worker_id, Move.SUCCEED) for it in found]
                await settle(own, endings)
                left -= 1

    async def look(own):
        rows = await own.exec_driver_sql(
            "SELECT type, priority, count(*) FROM jobs WHERE status = 'running' GROUP BY 1, 2"
        )
        now = Counter()
        for type_, rank, n in rows:
            now[type_] += n
            now[rank] += n
        for key, n in now.items():
            most[key] = max(most[key], n)

    await asyncio.gather(*(work(claimer(types=TYPES)) for _ in range(12)))
    while await taken(connection, free=50):
        await connection.exec_driver_sql("SELECT 1")
    await engine.dispose()

    assert most["rare"] == 5
    assert most[1] <= 7
    assert len(ids) == 42


async def test_rivals_beside_each_other_end_exactly_at_a_large_limit(settings, make_jobs, limited):
    await make_jobs(300, type="plain")
    await limited(plain=290)
    engine = open_engine(settings, statement_seconds=10, pool_size=8, by_key=True)

    async def take(rival):
        async with engine.connect() as own:
            while await claim(own, rival, [], free=16):
                pass

    await asyncio.gather(*(take(claimer(types=TYPES)) for _ in range(8)))

    async with engine.connect() as own:
        left = await own.exec_driver_sql("SELECT status, count(*) FROM jobs GROUP BY status")
        assert {row.status: row.count for row in left} == {"running": 290, "queued": 10}
    await engine.dispose()


async def test_a_limit_waits_for_claims_that_began_without_it(engine, connection, limited, until):
    ids = await born(connection, *[("rare", 2)] * 6)
    async with engine.connect() as rival:
        await rival.execution_options(isolation_level="READ COMMITTED")
        async with rival.begin():
            assert await taken(rival, who=claimer(types=TYPES), free=3) == ids[:3]
            setting = asyncio.create_task(limited(rare=4))
            waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            while not (await connection.exec_driver_sql(waiting)).scalar():
                assert not setting.done()
    await setting

    assert await taken(connection, free=8) == ids[3:4]


async def test_what_waits_for_a_place_is_not_hinted_again(connection, limited, plain):
    await born(connection, *[("rare", 2)] * 3)
    (stranded,) = await born(connection, ("plain", 2))
    await limited(rare=1)
    await taken(connection, free=1)
    await plain.execute("UPDATE jobs SET hinted_at = now() - interval '1 h'")

    due = await hints.take_oldest(connection, Priority.NORMAL, limit=10)

    assert due == [(Priority.NORMAL, stranded)]


async def test_a_queue_at_its_limit_has_no_free_slots(connection, limited, plain):
    await plain.execute(
        "INSERT INTO workers (id, host, pid, version, queues, types, slots, status)"
        " VALUES ($1, 'h', 1, '1', '{high,low}', '{plain}', 8, 'online')",
        ME.worker_id,
    )
    await born(connection, ("plain", 1))
    await limited(high=3)
    await taken(connection, free=1)

    free = await hints.free_slots(connection)

    assert (free[Priority.HIGH], free[Priority.LOW]) == (2, 7)


async def test_what_is_owed_comes_first_whatever_hints_name(connection):
    top = await born(connection, *[("plain", 0)] * 6)
    low = await born(connection, *[("plain", 3)] * 3)

    found = await taken(connection, top[2:], free=4, owed={Priority.LOW: 2})

    assert sorted(found) == sorted([*low[:2], *top[2:4]])


async def test_what_is_owed_to_a_queue_without_jobs_goes_to_others(connection):
    top = await born(connection, *[("plain", 0)] * 6)

    found = await taken(connection, top[:4], free=4, owed={Priority.LOW: 2, Priority.HIGH: 1})

    assert found == top[:4]


async def test_what_is_owed_keeps_to_limits_and_has_the_place_before_others(connection, limited):
    top = await born(connection, *[("rare", 0)] * 4, *[("plain", 0)] * 4)
    low = await born(connection, *[("rare", 3)] * 2)
    await limited(rare=1)

    found = await taken(connection, free=3, owed={Priority.LOW: 2})

    assert found == [top[4], top[5], low[0]]
