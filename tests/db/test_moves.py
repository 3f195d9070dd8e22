"""What the moves do besides changing the status."""

import json
from typing import Any

import pytest
from msgspec import Raw

from support.make import claimer, draft, ending, person
from taskforge.core.failures import TargetError
from taskforge.core.ids import new_id
from taskforge.core.retry import describe
from taskforge.core.states import JobStatus, Move
from taskforge.db import moves
from taskforge.db.birth import create
from taskforge.db.claims import any_suspects, claim, claim_suspect, renew, save_progress, still_mine

REFUSED = describe(TargetError("away"))
pytestmark = pytest.mark.usefixtures("sound")

ME, OTHER = claimer(), claimer()


async def born(connection, **fields):
    job_id = new_id()
    await create(connection, [draft(id=job_id, **fields)])
    return job_id


async def running(connection, **fields):
    job_id = await born(connection, **fields)
    assert await claim(connection, ME, [job_id], free=1)
    return job_id


async def settle(connection, job_id, move, attempt=1, **fields) -> Any:
    done = await moves.settle(connection, [ending(job_id, attempt, ME.worker_id, move, **fields)])
    return done.get(job_id)


async def row(plain, job_id):
    return await plain.fetchrow("SELECT * FROM jobs WHERE id = $1", job_id)


async def test_success_keeps_the_result_and_the_attempt(connection, plain):
    job_id = await running(connection)

    settled = await settle(connection, job_id, Move.SUCCEED, result=Raw(b'{"answer": 42}'))

    assert settled.status is JobStatus.SUCCESS
    assert json.loads(await plain.fetchval("SELECT result FROM job_results")) == {"answer": 42}
    attempt = await plain.fetchrow("SELECT * FROM job_attempts")
    assert (attempt["number"], attempt["outcome"]) == (1, "success")
    assert attempt["worker_id"] == ME.worker_id


async def test_a_late_worker_writes_nothing(connection, plain):
    job_id = await running(connection)
    await settle(connection, job_id, Move.RELEASE)
    await claim(connection, OTHER, [job_id], free=1)
    before = await row(plain, job_id)

    for attempt in (1, 2, 3):
        assert await settle(connection, job_id, Move.SUCCEED, attempt, result=Raw(b"1")) is None

    assert await row(plain, job_id) == before


async def test_a_worker_that_took_its_own_job_again_cannot_end_the_first_try(connection, plain):
    job_id = await running(connection)
    await settle(connection, job_id, Move.RELEASE)
    await claim(connection, ME, [job_id], free=1)

    assert await settle(connection, job_id, Move.SUCCEED, attempt=1) is None
    assert (await settle(connection, job_id, Move.SUCCEED, attempt=2)).status is JobStatus.SUCCESS


async def test_two_endings_of_one_job_in_one_batch_are_told_apart(connection):
    job_id = await running(connection)
    await settle(connection, job_id, Move.RELEASE)
    await claim(connection, ME, [job_id], free=1)

    done = await moves.settle(
        connection,
        [
            ending(job_id, 1, ME.worker_id, Move.FAIL),
            ending(job_id, 2, ME.worker_id, Move.SUCCEED),
        ],
    )

    assert done[job_id].attempt == 2
    assert done[job_id].status is JobStatus.SUCCESS


async def test_a_release_keeps_the_attempt_and_counts_no_failure(connection, plain):
    job_id = await running(connection)

    await settle(connection, job_id, Move.RELEASE)

    it = await row(plain, job_id)
    assert (it["status"], it["attempt"], it["failures"], it["crashes"]) == ("queued", 1, 0, 0)
    assert it["lease_expires_at"] is None


async def test_a_retry_is_due_after_its_delay_by_the_databases_clock(connection, plain):
    job_id = await running(connection)

    await settle(connection, job_id, Move.RETRY, failed=True, delay=60.0, error=REFUSED)

    it = await row(plain, job_id)
    assert (it["status"], it["failures"]) == ("retrying", 1)
    left = await plain.fetchval("SELECT run_at - clock_timestamp() FROM jobs")
    assert 55 < left.total_seconds() <= 60
    assert await moves.promote(connection, limit=10) == []


async def test_a_stop_that_was_asked_for_overrules_a_retry_and_a_release(connection, plain):
    for move in (Move.RETRY, Move.RELEASE, Move.BURY, Move.FAIL):
        job_id = await running(connection)
        await moves.cancel(connection, [job_id], person("ann"))

        settled = await settle(connection, job_id, move, error=REFUSED, delay=60.0)

        assert settled.status is JobStatus.CANCELLED
        assert settled.error_class is None


async def test_work_that_was_done_by_then_counts_although_a_stop_was_asked_for(connection):
    job_id = await running(connection)
    await moves.cancel(connection, [job_id], person("ann"))

    assert (await settle(connection, job_id, Move.SUCCEED)).status is JobStatus.SUCCESS


async def test_asking_twice_for_a_stop_is_told_once(connection, plain):
    job_id = await running(connection)

    first = await moves.cancel(connection, [job_id], person("ann"))
    second = await moves.cancel(connection, [job_id], person("ann"))

    assert first[0].row.status is JobStatus.RUNNING
    assert second == []
    assert (await row(plain, job_id))["version"] == 3


async def test_a_revived_job_starts_from_zero_but_keeps_its_fence(connection, plain):
    job_id = await running(connection, max_retries=0)
    await settle(connection, job_id, Move.BURY, failed=True, crashed=True, error=REFUSED)

    done = await moves.revive(connection, [job_id], person("ann"))

    it = await row(plain, job_id)
    assert (it["failures"], it["crashes"], it["attempt"], it["cycle"]) == (0, 0, 1, 2)
    assert done[0].row.finished_at is None
    assert await settle(connection, job_id, Move.SUCCEED) is None


async def test_webhook_rows_are_written_with_the_ending_and_only_with_it(connection, plain):
    asked = await running(connection, webhook_url="https://example.com/hook")
    await running(connection)
    await settle(connection, asked, Move.RETRY, delay=0.0, failed=True)
    await moves.promote(connection, limit=10)
    await claim(connection, ME, [asked], free=1)
    assert await plain.fetchval("SELECT count(*) FROM webhook_deliveries") == 0

    await settle(connection, asked, Move.SUCCEED, attempt=2)

    owed = await plain.fetch("SELECT job_id, event, url FROM webhook_deliveries")
    assert [tuple(it) for it in owed] == [(asked, "job.success", "https://example.com/hook")]


async def test_the_claim_takes_the_named_first_and_fills_by_priority_then_age(connection):
    low = await born(connection, rank=3)
    normal = [await born(connection, rank=2) for _ in range(3)]
    critical = await born(connection, rank=0)

    claimed = await claim(connection, ME, [low], free=4)

    assert {it.row.id for it in claimed} == {low, critical, *normal[:2]}


async def test_the_claim_never_takes_more_than_is_free(connection):
    ids = [await born(connection) for _ in range(5)]

    assert len(await claim(connection, ME, ids, free=2)) == 2
    assert len(await claim(connection, ME, ids, free=2)) == 2
    assert len(await claim(connection, ME, ids, free=2)) == 1


async def test_a_paused_queue_is_not_claimed_named_or_not(connection, plain):
    job_id = await born(connection, rank=1)
    await plain.execute("UPDATE queues SET paused_at = now() WHERE name = 'high'")

    assert await claim(connection, ME, [job_id], free=5) == []
    await plain.execute("UPDATE queues SET paused_at = NULL")
    assert len(await claim(connection, ME, [], free=5)) == 1


async def test_an_unknown_type_or_queue_is_left_to_a_unit_that_knows_it(connection):
    strange = await born(connection, type="strange")
    low = await born(connection, rank=3)
    fast_lane = ME._replace(ranks=[0, 1])

    assert await claim(connection, fast_lane, [strange, low], free=5) == []
    knows = claimer(types=["strange"])
    assert [it.row.id for it in await claim(connection, knows, [], free=5)] == [strange]


async def test_a_duplicate_message_loses_the_claim(connection):
    job_id = await born(connection)

    assert await claim(connection, ME, [job_id, job_id], free=5)
    assert await claim(connection, OTHER, [job_id], free=5) == []


async def test_ids_that_name_nothing_do_no_harm(connection):
    assert await claim(connection, ME, [new_id(), new_id()], free=5) == []


async def test_a_suspect_is_taken_by_its_own_door_alone(connection, plain):
    job_id = await born(connection)
    await plain.execute("UPDATE jobs SET crashes = 2")

    assert await any_suspects(connection)
    assert await claim(connection, ME, [job_id], free=5) == []
    suspect = await claim_suspect(connection, ME)
    assert suspect
    assert (suspect.row.id, suspect.crashes) == (job_id, 2)
    assert not await any_suspects(connection)


async def test_a_heartbeat_extends_what_is_held_and_nothing_else(connection, plain):
    mine, lost = await running(connection), await running(connection)
    await settle(connection, lost, Move.RELEASE)
    await claim(connection, OTHER, [lost], free=1)
    await plain.execute("UPDATE jobs SET lease_expires_at = now() - interval '1 s'")

    renewed = await renew(connection, ME, [(mine, 1), (lost, 1), (lost, 2)])

    assert [(it.id, it.attempt, it.cancel_requested) for it in renewed] == [(mine, 1, False)]
    expired = await plain.fetch("SELECT id FROM jobs WHERE lease_expires_at < now()")
    assert [it["id"] for it in expired] == [lost]
    assert [it.id for it in await still_mine(connection, ME, [mine, lost])] == [mine]


async def test_a_heartbeat_brings_the_wish_to_stop(connection):
    job_id = await running(connection)
    await moves.cancel(connection, [job_id], person("ann"))

    assert (await renew(connection, ME, [(job_id, 1)]))[0].cancel_requested


async def test_late_progress_is_not_kept(connection, plain):
    job_id = await running(connection)
    await settle(connection, job_id, Move.RELEASE)
    await claim(connection, OTHER, [job_id], free=1)

    await save_progress(connection, ME.worker_id, [(job_id, 1, '{"percent": 50}')])
    assert (await row(plain, job_id))["progress"] is None
    await save_progress(connection, OTHER.worker_id, [(job_id, 2, '{"percent": 10}')])
    assert json.loads((await row(plain, job_id))["progress"]) == {"percent": 10}


async def test_an_outcome_that_the_database_refuses_changes_nothing(connection, plain):
    job_id = await running(connection)

    with pytest.raises(Exception, match="unsupported Unicode"):
        await settle(connection, job_id, Move.SUCCEED, result=Raw(b'{"a": "\\u0000"}'))

    assert (await row(plain, job_id))["status"] == "running"
