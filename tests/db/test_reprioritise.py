"""Another priority for waiting jobs: what it changes, what it leaves alone, and who may."""

import pytest
from sqlalchemy import text

from support.make import claimer, person
from taskforge.core.people import KeyScope
from taskforge.core.priority import Priority
from taskforge.core.states import JobStatus, Move
from taskforge.db import moves
from taskforge.db.claims import claim
from taskforge.db.counts import MINUTES, job_counts, roll_up
from taskforge.db.fleet import list_queues
from taskforge.db.hints import take_unhinted
from taskforge.db.job_filters import JobFilters
from taskforge.db.job_lists import list_jobs
from taskforge.db.moves import Ending, settle
from taskforge.db.priorities import reprioritise

ANN = person()
WORKER = claimer(types=["email"])
pytestmark = pytest.mark.usefixtures("sound")


def narrowed(**scope):
    return ANN._replace(scope=KeyScope(**scope))


async def test_the_next_claim_goes_by_the_new_priority(connection, make_jobs):
    first, second = await make_jobs(2)

    (moved,) = await reprioritise(connection, [second], Priority.CRITICAL, ANN)

    assert (moved.row.priority, moved.row.version) == (Priority.CRITICAL, 2)
    claimed = await claim(connection, WORKER, [], free=2)
    assert [it.row.id for it in claimed] == [second, first]


async def test_the_story_and_the_trail_tell_both_priorities(connection, plain, make_jobs):
    (job_id,) = await make_jobs(1)

    await reprioritise(connection, [job_id], Priority.LOW, ANN)

    event = await plain.fetchrow(
        "SELECT * FROM job_events WHERE job_id = $1 AND version = 2", job_id
    )
    assert (event["event"], event["actor"]) == ("job_queued", ANN.actor)
    assert event["data"] == '{"priority": ["normal", "low"]}'
    deed = await plain.fetchrow("SELECT * FROM audit")
    assert (deed["action"], deed["target"]) == ("job.reprioritised", f"job:{job_id}")
    assert (deed["before"], deed["after"]) == ('{"priority": "normal"}', '{"priority": "low"}')


async def test_the_same_priority_changes_nothing(connection, plain, make_jobs):
    ids = await make_jobs(2)
    await reprioritise(connection, ids, Priority.LOW, ANN)

    assert await reprioritise(connection, ids, Priority.LOW, ANN) == []

    assert await plain.fetch("SELECT DISTINCT version FROM jobs") == [(2,)]
    assert await plain.fetchval("SELECT count(*) FROM audit") == 2


async def test_a_job_that_is_not_due_keeps_its_time(connection, plain, make_jobs):
    (later,) = await make_jobs(1, delay=60.0)
    (again,) = await make_jobs(1)
    await claim(connection, WORKER, [again], free=1)
    await settle(connection, [Ending(again, 1, WORKER.worker_id, Move.RETRY, delay=60.0)])
    times = await plain.fetch("SELECT id, run_at FROM jobs ORDER BY id")

    done = await reprioritise(connection, [later, again], Priority.HIGH, ANN)

    assert {it.row.status for it in done} == {JobStatus.SCHEDULED, JobStatus.RETRYING}
    assert await plain.fetch("SELECT id, run_at FROM jobs ORDER BY id") == times


async def test_what_runs_or_has_ended_stays_as_it_is(connection, make_jobs):
    runs, ended = await make_jobs(2)
    await claim(connection, WORKER, [runs], free=1)
    await moves.cancel(connection, [ended], ANN)

    assert await reprioritise(connection, [runs, ended], Priority.HIGH, ANN) == []


@pytest.mark.parametrize("fold", [False, True], ids=["before folding", "after folding"])
async def test_counts_move_over_and_rates_and_births_do_not_notice(connection, make_jobs, fold):
    ids = await make_jobs(3)
    if fold:
        await roll_up(connection)

    await reprioritise(connection, ids[:2], Priority.HIGH, ANN)

    if fold:
        await roll_up(connection)
    counts = await job_counts(connection)
    assert (counts.total, counts.by_status[JobStatus.QUEUED]) == (3, 3)
    assert (counts.by_priority[Priority.HIGH], counts.by_priority[Priority.NORMAL]) == (2, 1)
    assert [queue.depth for queue in await list_queues(connection)] == [0, 2, 1, 0]
    happened = text(f"SELECT status, sum(n)::int FROM {MINUTES} AS m GROUP BY status")
    assert dict(map(tuple, await connection.execute(happened))) == {"queued": 3, "submitted": 3}


async def test_lists_find_it_under_the_new_priority(connection, make_jobs):
    (job_id,) = await make_jobs(1)

    await reprioritise(connection, [job_id], Priority.LOW, ANN)

    for priority, found in ((Priority.LOW, [job_id]), (Priority.NORMAL, [])):
        filters = JobFilters(priority=frozenset({priority}))
        page = await list_jobs(connection, filters, after=None, limit=5)
        assert [item.id for item in page.items] == found


async def test_a_job_whose_hint_was_lost_counts_as_hinted_anew(connection, plain, make_jobs):
    (job_id,) = await make_jobs(1)
    await plain.execute("UPDATE jobs SET hinted_at = NULL, hint_count = 7")

    await reprioritise(connection, [job_id], Priority.LOW, ANN)

    assert await take_unhinted(connection, limit=5) == []
    assert await plain.fetchval("SELECT hint_count FROM jobs") == 0


@pytest.mark.parametrize(
    ("scope", "reached"),
    [
        ({}, True),
        ({"types": {"email"}}, True),
        ({"priorities": {Priority.NORMAL, Priority.HIGH}}, True),
        ({"priorities": {Priority.NORMAL}}, False),
        ({"priorities": {Priority.HIGH}}, False),
        ({"types": {"custom"}}, False),
        ({"types": set()}, False),
    ],
    ids=["all", "its type", "both queues", "the old queue", "the new queue", "a type", "none"],
)
async def test_a_narrowed_key_has_to_reach_both_queues(connection, make_jobs, scope, reached):
    (job_id,) = await make_jobs(1)
    by = narrowed(**{name: frozenset(it) for name, it in scope.items()})

    assert bool(await reprioritise(connection, [job_id], Priority.HIGH, by)) is reached
