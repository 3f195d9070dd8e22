"""Schedules that fire: each moment once, by its policies, whatever stands in the way."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest

from support.counting import counting
from support.invariants import broken
from support.make import claimer, ending
from support.schedules import fires_of, jobs_of, plant
from taskforge.bus.signals import CANCEL_CHANNEL
from taskforge.core.states import Move
from taskforge.db import moves
from taskforge.db.claims import claim
from taskforge.flows import control, fire, tend

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
async def sound(deps):
    """Every invariant of jobs holds in the end."""
    yield
    async with deps.db.connect() as connection:
        assert await broken(connection) == {}


async def hinted(deps):
    bodies = await deps.redis.hvals("taskforge:default.msgs")
    return {job_id for body in bodies for job_id in json.loads(body)["args"][0]}


async def again(plain, schedule_id):
    """Make its next moment come now."""
    await plain.execute(
        "UPDATE schedules SET next_fire_at = now() - interval '0.5 s',"
        " due_at = now() - interval '0.5 s' WHERE id = $1", schedule_id,
    )  # fmt: skip


async def started(deps, job_id):
    async with deps.db.connect() as connection:
        [one] = await claim(connection, claimer(), [job_id], free=1)
    return one


async def end(deps, one):
    async with deps.db.connect() as connection:
        await moves.settle(connection, [ending(one.row.id, 1, one.row.worker_id, Move.SUCCEED)])


async def test_a_due_schedule_becomes_a_hinted_job_and_goes_on(deps, plain, ann):
    template = {"type": "noop", "priority": "high", "tags": ["a", "a", "b"], "max_retries": 0}
    [it] = await plant(plain, template=template, created_by=ann.user_id, name="nightly")
    at = await plain.fetchval("SELECT next_fire_at FROM schedules")

    assert await fire.fire(deps) == 1

    [row], [job] = await fires_of(plain, it), await jobs_of(plain, it)
    assert (row["fire_at"], row["job_id"], row["open"]) == (at, job["id"], True)
    assert (row["skipped"], row["actor"]) == (None, None)
    assert (job["status"], job["priority"], job["max_retries"]) == ("queued", 1, 0)
    assert (job["created_by"], job["tags"]) == (ann.user_id, ["a", "b"])
    events = await plain.fetch("SELECT actor FROM job_events WHERE job_id = $1", job["id"])
    assert [event["actor"] for event in events] == ["schedule:nightly"]
    schedule = await plain.fetchrow("SELECT * FROM schedules WHERE id = $1", it)
    assert schedule["next_fire_at"] == schedule["due_at"] == at + HOUR
    assert schedule["version"] == 1
    assert await deps.redis.hlen("taskforge:high.msgs") == 1
    assert await plain.fetchval("SELECT count(*) FROM audit WHERE action LIKE 'schedule%'") == 0
    assert await fire.fire(deps) == 0


async def test_what_is_not_due_paused_or_over_does_not_fire(deps, plain):
    await plant(plain, ago=-60.0)
    await plant(plain, paused_at=datetime.now(UTC))
    await plant(plain, next_fire_at=None, created_at=datetime.now(UTC))

    assert await fire.fire(deps) == 0
    assert await plain.fetchval("SELECT count(*) FROM schedule_fires") == 0


async def test_schedulers_at_once_fire_each_moment_once(deps, plain):
    ids = await plant(plain, 700)

    counts = await asyncio.gather(*(fire.fire(deps) for _ in range(4)))

    while any(counts):
        counts = await asyncio.gather(*(fire.fire(deps) for _ in range(2)))
    rows = await plain.fetch("SELECT schedule_id, job_id FROM schedule_fires")
    assert sorted(row["schedule_id"] for row in rows) == sorted(ids)
    jobs = {str(row["id"]) for row in await plain.fetch("SELECT id FROM jobs")}
    assert jobs == {str(row["job_id"]) for row in rows} == await hinted(deps)


async def test_a_pass_that_dies_leaves_all_to_the_next(deps, plain, monkeypatch):
    ids = await plant(plain, 3)

    async def die(*_args):
        raise OSError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(fire, "create", die)
        with pytest.raises(OSError, match="killed"):
            await fire.fire(deps)
    assert await plain.fetchval("SELECT count(*) FROM schedule_fires") == 0

    assert await fire.fire(deps) == 3
    assert [len(await jobs_of(plain, it)) for it in ids] == [1, 1, 1]


async def test_a_moment_with_a_fire_never_gets_another_job(deps, plain):
    [it] = await plant(plain)
    await fire.fire(deps)
    first = (await fires_of(plain, it))[0]["fire_at"]
    await plain.execute("UPDATE schedules SET next_fire_at = $1, due_at = $1", first)

    assert await fire.fire(deps) == 1

    assert len(await jobs_of(plain, it)) == 1
    assert await plain.fetchval("SELECT next_fire_at FROM schedules") == first + HOUR


@pytest.mark.parametrize(("missed", "jobs"), [("skip", 0), ("run_once", 1), ("run_all", 100)])
async def test_after_an_outage_missed_moments_are_made_up_for_as_the_schedule_says(
    deps, plain, missed, jobs
):
    [it] = await plant(plain, ago=250 * 3_600 + 120.0, missed=missed)

    await fire.fire(deps)

    found, rows = await jobs_of(plain, it), await fires_of(plain, it)
    assert len(found) == jobs
    assert len(rows) == (101 if missed == "run_all" else 11)
    assert rows[0]["skipped"].startswith("missed, with every moment before")
    assert all("no scheduler ran" in row["skipped"] for row in rows if not row["job_id"])
    assert await plain.fetchval("SELECT next_fire_at > now() FROM schedules")


async def test_a_skipped_hour_fires_once_on_the_day_clocks_change(deps, plain):
    before = datetime(2026, 3, 28, 1, 30, tzinfo=UTC)
    [it] = await plant(
        plain, cron="30 2 * * *", timezone="Europe/Berlin", next_fire_at=before, missed="run_all",
        ends_at=before + 3 * 24 * HOUR,
    )  # fmt: skip

    await fire.fire(deps)

    assert [row["fire_at"].isoformat() for row in await fires_of(plain, it)] == [
        "2026-03-28T01:30:00+00:00", "2026-03-29T01:00:00+00:00", "2026-03-30T00:30:00+00:00",
        "2026-03-31T00:30:00+00:00",
    ]  # fmt: skip
    over = await plain.fetchrow("SELECT next_fire_at, due_at FROM schedules")
    assert tuple(over) == (None, None)


async def test_a_job_that_has_not_ended_is_named_by_the_fire_that_it_stops(deps, plain):
    [it] = await plant(plain, overlap="skip")
    await fire.fire(deps)
    [job] = await jobs_of(plain, it)
    await again(plain, it)

    await fire.fire(deps)

    [_, second] = await fires_of(plain, it)
    assert second["skipped"] == f"job {job['id']} has not ended (overlap: skip)"


async def test_an_ended_job_is_out_of_the_way_until_it_is_retried(deps, plain, ann):
    [it] = await plant(plain, overlap="skip")
    await fire.fire(deps)
    [job] = await jobs_of(plain, it)
    await control.cancel(deps, job["id"], ann)
    await again(plain, it)
    await fire.fire(deps)
    [_, second] = await jobs_of(plain, it)
    await control.cancel(deps, second["id"], ann)
    assert [row["open"] for row in await fires_of(plain, it)] == [False, True]

    await control.retry(deps, job["id"], ann)
    await again(plain, it)
    await fire.fire(deps)

    assert str(job["id"]) in (await fires_of(plain, it))[2]["skipped"]
    assert [row["open"] for row in await fires_of(plain, it)] == [True, False, False]


async def test_one_fire_is_held_until_the_job_before_it_has_ended(deps, plain):
    counts = [
        counting("taskforge_schedule_fires_total", result=result)
        for result in ("fired", "held", "skipped")
    ]
    [it] = await plant(plain, overlap="queue_one")
    await fire.fire(deps)
    [job] = await jobs_of(plain, it)
    one = await started(deps, job["id"])
    for _ in range(2):
        await again(plain, it)
        await fire.fire(deps)
    assert [row["held"] for row in await fires_of(plain, it)] == [False, True, False]
    assert [count() for count in counts] == [1, 1, 1]
    assert "already waits for job" in (await fires_of(plain, it))[2]["skipped"]
    assert await fire.release(deps) == 0

    await end(deps, one)
    released = await asyncio.gather(fire.release(deps), fire.release(deps))

    assert sum(released) == 1
    assert [count() for count in counts] == [2, 1, 1]
    [_, second] = await jobs_of(plain, it)
    rows = await fires_of(plain, it)
    assert [row["job_id"] for row in rows] == [job["id"], second["id"], None]
    assert not any(row["held"] for row in rows)
    assert str(second["id"]) in await hinted(deps)


async def test_a_held_fire_waits_while_its_schedule_is_paused(deps, plain, ann):
    [it] = await plant(plain, overlap="queue_one")
    await fire.fire(deps)
    await again(plain, it)
    await fire.fire(deps)
    [job] = await jobs_of(plain, it)
    await control.cancel(deps, job["id"], ann)
    await plain.execute("UPDATE schedules SET paused_at = now()")

    assert await fire.release(deps) == 0
    await plain.execute("UPDATE schedules SET paused_at = NULL")
    assert await fire.release(deps) == 1


async def test_a_later_job_takes_the_place_of_the_one_before_it(deps, plain):
    waiting, running = await plant(plain, 2, overlap="cancel_previous")
    await fire.fire(deps)
    [one], [two] = await jobs_of(plain, waiting), await jobs_of(plain, running)
    await started(deps, two["id"])
    heard = deps.redis.pubsub()
    await heard.subscribe(CANCEL_CHANNEL)
    await heard.get_message(timeout=5)

    for it in (waiting, running):
        await again(plain, it)
    assert await fire.fire(deps) == 2

    assert [row["status"] for row in await jobs_of(plain, waiting)] == ["cancelled", "queued"]
    assert [row["status"] for row in await jobs_of(plain, running)] == ["running", "queued"]
    asked = await plain.fetchval("SELECT cancel_requested_at FROM jobs WHERE id = $1", two["id"])
    assert asked
    message = await heard.get_message(timeout=5)
    await heard.aclose()
    assert message["data"].decode() == two["id"].hex
    told = await plain.fetchrow(
        "SELECT event, actor FROM job_events WHERE job_id = $1 AND version = 2", one["id"]
    )
    assert tuple(told) == ("job_cancelled", "scheduler")
    assert await plain.fetchval("SELECT count(*) FROM audit") == 0


async def test_old_fires_go_and_those_that_matter_stay(deps, plain, ann):
    busy, calm = await plant(
        plain, 2, overlap="queue_one", created_at=datetime(2020, 1, 1, tzinfo=UTC)
    )
    await fire.fire(deps)
    [job] = await jobs_of(plain, busy)
    await plain.execute(
        "UPDATE schedule_fires SET at = now() - interval '31 d', fire_at = '2021-1-1'"
    )
    for schedule, n in ((busy, 1_203), (calm, 20)):
        await plain.execute(
            "INSERT INTO schedule_fires (schedule_id, fire_at, skipped)"
            " SELECT $1, timestamptz '2022-01-01' + n * interval '1 s', 'x'"
            " FROM generate_series(1, $2) AS n", schedule, n,
        )  # fmt: skip
    await plain.execute(
        "INSERT INTO schedule_fires (schedule_id, fire_at, skipped, at)"
        " VALUES ($1, '2020-01-02', 'x', now() - interval '31 d')", calm,
    )  # fmt: skip
    [other] = await jobs_of(plain, calm)
    await control.cancel(deps, other["id"], ann)
    await control.delete(deps, other["id"], ann)

    gone = await tend.prune(deps)

    left = {row["schedule_id"]: row["n"] for row in await plain.fetch(
        "SELECT schedule_id, count(*) AS n FROM schedule_fires GROUP BY 1")}  # fmt: skip
    assert (gone, left) == (205, {busy: 1_001, calm: 20})
    assert (await fires_of(plain, busy))[0]["job_id"] == job["id"]
