"""Failures in groups: counted exactly, whoever fails, retries, deletes and gathers meanwhile."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from support.invariants import broken
from support.make import person
from taskforge.core.failure_group import FailureOrder, FailureState
from taskforge.core.failures import ErrorClass, ErrorRecord
from taskforge.core.fingerprint import marked
from taskforge.core.ids import new_id
from taskforge.core.states import Move
from taskforge.db.claims import Claimer, claim
from taskforge.db.failure_deltas import gather, prune_failure_hours, prune_failures
from taskforge.db.failure_groups import (
    FailureFilters,
    get_group,
    list_groups,
    resolve,
    set_note,
)
from taskforge.db.job_filters import JobFilters
from taskforge.db.job_lists import list_jobs
from taskforge.db.moves import Ending, revive, settle
from taskforge.db.prune import delete_finished

WORKER = Claimer(UUID(int=5), [0, 1, 2, 3], ["email"], 30.0)
ANN = person("ann")


def boom(message: str = "host 'a' gave 503", kind: str = "TargetError") -> ErrorRecord:
    return ErrorRecord(class_=ErrorClass.TARGET_ERROR, kind=kind, message=message)


def mark_of(error: ErrorRecord) -> str:
    return marked("email", error).fingerprint or ""


BOOM = mark_of(boom())


async def fail(
    connection: AsyncConnection, n: int, error: ErrorRecord | None = None, move: Move = Move.BURY
) -> list[UUID]:
    """Claim so many jobs and let them fail alike, in one batch."""
    jobs = await claim(connection, WORKER, [], free=n)
    said = marked("email", error or boom())
    await settle(
        connection,
        [
            Ending(it.row.id, it.row.attempt, WORKER.worker_id, move, failed=True, delay=60.0,
                   error=said)
            for it in jobs
        ],
    )  # fmt: skip
    return [it.row.id for it in jobs]


async def all_gathered(connection: AsyncConnection) -> None:
    while await gather(connection, limit=50):
        pass


async def plant_group(connection: AsyncConnection, digit: int, **fields: Any) -> str:
    """A group that is there, last seen so many minutes ago."""
    at = datetime.now(UTC) - timedelta(minutes=digit)
    row: dict[str, Any] = {
        "fingerprint": f"{digit:016x}", "type": "email", "error_class": "internal",
        "kind": "ValueError", "message": f"no order {digit}", "job_id": new_id(), "total": digit,
        "still_failed": 0, "queues": 4, "first_seen": at, "last_seen": at, "resolved_at": None,
    } | fields  # fmt: skip
    names = ", ".join(row)
    marks = ", ".join(f":{name}" for name in row)
    statement = text(f"INSERT INTO failure_groups ({names}) VALUES ({marks})")
    await connection.execute(statement, row)
    return str(row["fingerprint"])


async def listed(connection: AsyncConnection, **filters: Any) -> list[str]:
    page = await list_groups(connection, FailureFilters(**filters), after=None, limit=50)
    return [it.fingerprint for it in page.items]


async def test_failures_that_are_alike_make_one_group(connection, make_jobs, sound):
    await make_jobs(3, rank=2)
    await make_jobs(2, rank=0)
    urgent = await fail(connection, 2)
    later = await fail(connection, 2, boom("host 'b' gave 504"), Move.RETRY)
    await fail(connection, 1, boom(kind="OSError"), Move.FAIL)
    await all_gathered(connection)

    group = await get_group(connection, BOOM)
    both = await listed(connection)

    assert group is not None
    assert (group.title, group.message) == ("host <text> gave <n>", "host 'b' gave 504")
    assert (group.type, group.kind, group.state) == ("email", "TargetError", FailureState.NEW)
    assert (group.total, group.still_failed, group.queues) == (4, 2, ["critical", "default"])
    assert (group.last_24_hours, group.hourly[-2:].count(0)) in ((4, 1), (4, 0))
    assert (len(group.hourly), group.job_id in later) == (24, True)
    assert group.first_seen < group.last_seen
    assert both == [mark_of(boom(kind="OSError")), BOOM]
    assert len(urgent) == 2


async def test_what_is_retried_or_deleted_is_not_still_failed(connection, make_jobs, sound):
    await make_jobs(6)
    failed = await fail(connection, 4)
    await fail(connection, 2, move=Move.RETRY)
    await revive(connection, failed[:1], ANN)
    await delete_finished(connection, failed[1:2], ANN)
    await all_gathered(connection)
    again = [it.row.id for it in await claim(connection, WORKER, [], free=1)]
    await settle(connection, [Ending(again[0], 2, WORKER.worker_id, Move.SUCCEED)])
    await all_gathered(connection)

    group = await get_group(connection, BOOM)

    assert group is not None
    assert again == failed[:1]
    assert (group.total, group.still_failed) == (6, 2)


async def live(engine: AsyncEngine, make_jobs, seed: int) -> None:
    chance = random.Random(seed)
    said = [boom(), boom(kind="OSError"), boom("disk full")]
    async with engine.connect() as connection:
        for _ in range(12):
            ids = await fail(
                connection, 8, chance.choice(said), chance.choice([Move.BURY, Move.FAIL])
            )
            await revive(connection, ids[:3], ANN)
            await delete_finished(connection, ids[2:5], ANN)


async def test_groups_are_exact_while_jobs_fail_alike_and_many_gather(
    engine: AsyncEngine, connection, make_jobs
):
    await make_jobs(300)
    lives = [asyncio.create_task(live(engine, make_jobs, seed)) for seed in range(4)]

    async def collect() -> None:
        async with engine.connect() as rival:
            while not all(task.done() for task in lives):
                await gather(rival, limit=3)
                await prune_failures(rival, days=0, limit=2)

    await asyncio.gather(*lives, collect(), collect())
    halfway = await broken(connection)
    await all_gathered(connection)

    page = await list_groups(connection, FailureFilters(), after=None, limit=50)
    truth = await connection.execute(
        text("""
            SELECT error ->> 'fingerprint', count(*) FROM jobs j JOIN job_results ON job_id = j.id
            WHERE status IN ('failed', 'dead_letter') GROUP BY 1""")
    )
    assert (halfway, await broken(connection)) == ({}, {})
    still = {it.fingerprint: it.still_failed for it in page.items if it.still_failed}
    assert still == {row[0]: row[1] for row in truth}
    assert still


async def test_a_group_is_new_then_known_resolved_and_regressed(connection, make_jobs):
    old = datetime.now(UTC) - timedelta(days=3)
    known = await plant_group(connection, 1, first_seen=old)
    new = await plant_group(connection, 2)
    await make_jobs(2)
    await fail(connection, 1)
    await all_gathered(connection)
    await resolve(connection, BOOM, ANN.user_id)
    await resolve(connection, known, ANN.user_id)
    await set_note(connection, BOOM, "the provider is slow")
    await fail(connection, 1)
    await all_gathered(connection)

    by_state = {it: await listed(connection, states=frozenset({it})) for it in FailureState}
    group = await get_group(connection, BOOM)

    assert by_state == {
        FailureState.NEW: [new],
        FailureState.KNOWN: [],
        FailureState.RESOLVED: [known],
        FailureState.REGRESSED: [BOOM],
    }
    assert group is not None
    assert (group.note, group.total) == ("the provider is slow", 2)


@pytest.mark.parametrize("order", FailureOrder)
async def test_pages_follow_one_another_without_gaps(connection, order):
    planted = [await plant_group(connection, n, total=n // 2) for n in range(1, 8)]

    found, after = [], None
    while True:
        page = await list_groups(connection, FailureFilters(order=order), after=after, limit=3)
        found += [it.fingerprint for it in page.items]
        after = page.last
        if after is None:
            break

    assert found == (planted if order is FailureOrder.LAST_SEEN else planted[::-1])


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"types": frozenset({"email"})}, [1, 3]),
        ({"words": frozenset({"order", "2"})}, [2]),
        ({"words": frozenset({"valueerror", "order"})}, [1, 2, 3]),
        ({"words": frozenset({"%"})}, []),
        ({"since": timedelta(minutes=2.5)}, [1, 2]),
    ],
    ids=["type", "words", "kind", "no pattern", "since"],
)
async def test_filters_narrow(connection, filters, found):
    for n in (1, 2, 3):
        await plant_group(connection, n, type="custom" if n == 2 else "email")
    if "since" in filters:
        filters = {"since": datetime.now(UTC) - filters["since"]}

    assert await listed(connection, **filters) == [f"{n:016x}" for n in found]


async def test_a_page_looks_at_so_many_groups_and_the_next_goes_on(connection, monkeypatch):
    monkeypatch.setattr("taskforge.db.failure_groups.REACH", 2)
    await plant_group(connection, 5, kind="Rare")
    for n in range(1, 5):
        await plant_group(connection, n)
    wanted = FailureFilters(words=frozenset({"rare"}))

    first = await list_groups(connection, wanted, after=None, limit=2)
    second = await list_groups(connection, wanted, after=first.last, limit=2)
    third = await list_groups(connection, wanted, after=second.last, limit=2)

    assert [len(it.items) for it in (first, second, third)] == [0, 0, 1]
    assert third.last is None


async def test_groups_go_with_their_time_when_no_job_stands_as_failed(connection, make_jobs):
    old = datetime.now(UTC) - timedelta(days=9)
    await plant_group(connection, 1, last_seen=old)
    kept = await plant_group(connection, 2, last_seen=old, still_failed=1)
    fresh = await plant_group(connection, 3)
    for hours in (1, 30):
        at = datetime.now(UTC) - timedelta(hours=hours)
        await connection.execute(
            text("INSERT INTO failure_hours VALUES (:kept, :at, 1)"), {"kept": kept, "at": at}
        )

    gone = await prune_failures(connection, days=7, limit=10)
    hours = await prune_failure_hours(connection, limit=10)

    assert (gone, hours) == (1, 1)
    assert await listed(connection) == [fresh, kept]


async def test_a_search_finds_the_jobs_that_failed_last_so(connection, make_jobs):
    await make_jobs(3)
    alike = await fail(connection, 2)
    await fail(connection, 1, boom("disk full"))

    found = await list_jobs(connection, JobFilters(q=f"failure:{BOOM}"), after=None, limit=9)
    others = await list_jobs(connection, JobFilters(q=f"-failure:{BOOM}"), after=None, limit=9)

    assert {it.id for it in found.items} == set(alike)
    assert len(others.items) == 1
