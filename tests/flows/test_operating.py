"""Bulk operations carried out: each job has its turn once, whoever is killed meanwhile."""

import asyncio
import signal
from typing import Any

import pytest

from support.make import claimer
from support.operations import (
    ALL,
    account,
    begun,
    born,
    carried_out,
    items_of,
    sound,
    statuses,
)
from support.processes import JOBS, Process
from support.waiting import eventually
from taskforge.core.ids import new_id
from taskforge.core.operation import OperationAction, OperationStatus, Outcome, Reason
from taskforge.core.people import Role
from taskforge.core.priority import Priority
from taskforge.core.states import JobStatus
from taskforge.db import moves
from taskforge.db.claims import claim
from taskforge.db.engine import transaction
from taskforge.db.operations import OperationFilter
from taskforge.flows import operating, operations
from taskforge.flows.deps import open_deps
from taskforge.handlers.registry import load

RETRY, DELETE = OperationAction.RETRY, OperationAction.DELETE
SOMEBODY_WAITS = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"


@pytest.fixture
async def deps(settings):
    async with open_deps(settings, load(["jobs.plain"])) as it:
        yield it


@pytest.fixture
async def ann(deps):
    """An operator, without a session: she has signed out."""
    return await account(deps, "ann", Role.OPERATOR)


@pytest.fixture
async def ada(deps):
    return await account(deps, "ada", Role.ADMIN)


async def test_a_filter_cancels_what_matches_and_says_what_it_did(deps, plain, ann):
    mail = await born(deps, 3, type="email", tags=["nightly"])
    await born(deps, 2, type="email")

    operation = await begun(deps, ann, filter=OperationFilter(tag="nightly"), reason="broken")
    ended = await carried_out(deps, operation)

    assert (operation.status, ended.status) == (OperationStatus.PENDING, OperationStatus.DONE)
    assert (ended.total, ended.done, ended.skipped, ended.failed) == (3, 3, 0, 0)
    assert (ended.reason, ended.actor) == ("broken", "ann")
    assert ended.started_at
    assert ended.finished_at
    assert ended.started_at < ended.finished_at
    assert await statuses(plain) == {"cancelled": 3, "queued": 2}
    found = await items_of(deps, operation)
    assert {it.job_id: it.status for it in found.values()} == dict.fromkeys(mail, "queued")
    await sound(deps)


async def test_named_jobs_each_get_an_outcome_with_its_reason(deps, plain, ann):
    waiting, ended, running, asked = await born(deps, 4)
    missing = new_id()
    async with deps.db.connect() as connection:
        await moves.cancel(connection, [ended], ann)
    await plain.execute("UPDATE jobs SET run_at = now() + interval '1 h' WHERE id = $1", waiting)
    async with deps.db.connect() as connection:
        assert len(await claim(connection, claimer(), [running, asked], free=2)) == 2
        await moves.cancel(connection, [asked], ann)

    operation = await begun(deps, ann, ids=[waiting, ended, running, asked, missing, missing])
    done = await carried_out(deps, operation)

    assert (done.named, done.total, done.done, done.skipped, done.failed) == (5, 5, 2, 2, 1)
    found = await items_of(deps, operation)
    assert {job_id: (it.outcome, it.reason) for job_id, it in found.items()} == {
        waiting: (Outcome.DONE, None),
        running: (Outcome.DONE, None),
        ended: (Outcome.SKIPPED, Reason.ENDED),
        asked: (Outcome.SKIPPED, Reason.STOP_ASKED),
        missing: (Outcome.FAILED, Reason.NOT_FOUND),
    }
    assert set(await items_of(deps, operation, Outcome.FAILED)) == {missing}
    assert set(await items_of(deps, operation, Outcome.DONE)) == {waiting, running}


async def test_what_was_created_later_is_not_touched(deps, plain, ann):
    before = await born(deps, 2)
    operation = await begun(deps, ann, filter=ALL, all=True)
    later = await born(deps, 2)

    done = await carried_out(deps, operation)

    assert done.done == 2
    assert set(await items_of(deps, operation)) == set(before)
    rows = await plain.fetch("SELECT id FROM jobs WHERE status = 'queued'")
    assert {row["id"] for row in rows} == set(later)


async def test_retry_delete_and_reprioritise_do_what_single_calls_do(deps, plain, ada):
    ids = await born(deps, 3, tags=["t"])
    everything: dict[str, Any] = {"filter": OperationFilter(tag="t")}
    urgent: dict[str, Any] = {"action": OperationAction.REPRIORITISE, "priority": Priority.CRITICAL}

    moved = await carried_out(deps, await begun(deps, ada, **urgent, **everything))
    assert await plain.fetchval("SELECT count(*) FROM jobs WHERE priority = 0") == 3
    await carried_out(deps, await begun(deps, ada, **everything))
    again = await carried_out(deps, await begun(deps, ada, RETRY, **everything))
    assert await statuses(plain) == {"queued": 3}
    assert await deps.redis.llen("taskforge:critical") == 2  # a hint for each of two deeds
    await carried_out(deps, await begun(deps, ada, **everything))
    gone = await carried_out(deps, await begun(deps, ada, DELETE, **everything))

    assert [it.done for it in (moved, again, gone)] == [3, 3, 3]
    assert await statuses(plain) == {}
    assert set(await items_of(deps, gone)) == set(ids)
    await sound(deps)


async def test_a_job_that_is_claimed_between_choice_and_deed_does_not_fit_any_more(
    deps, plain, ann
):
    (job_id,) = await born(deps)
    queued = OperationFilter(status=frozenset({JobStatus.QUEUED}))
    operation = await begun(deps, ann, filter=queued)
    assert await operating.operate(deps) == 1  # the count

    async with transaction(deps.db) as rival:
        assert await claim(rival, claimer(), [job_id], free=1)
        batch = asyncio.create_task(operating.operate(deps))
        await eventually(lambda: plain.fetchval(SOMEBODY_WAITS), within=2)
    await batch

    item = (await items_of(deps, operation))[job_id]
    assert (item.outcome, item.reason, item.status) == (
        Outcome.SKIPPED, Reason.CHANGED, JobStatus.RUNNING,
    )  # fmt: skip
    assert await plain.fetchval("SELECT cancel_requested_at FROM jobs") is None
    assert (await operations.look(deps, operation.id)).status is OperationStatus.DONE


async def test_rivals_on_one_operation_give_each_job_one_turn(deps, settings, ann):
    ids = await born(deps, 3_500)
    operation = await begun(deps, ann, filter=ALL, all=True)

    async with open_deps(settings, load(["jobs.plain"])) as other:
        await asyncio.gather(*(carried_out(it, operation) for it in (deps, other) * 2))
    done = await carried_out(deps, operation)

    assert (done.status, done.done, done.skipped) == (OperationStatus.DONE, 3_500, 0)
    assert set(await items_of(deps, operation)) == set(ids)
    await sound(deps)


async def test_operations_take_turns(deps, ann):
    await born(deps, 2_500, tags=["one"])
    await born(deps, 2_500, tags=["two"])
    both = [await begun(deps, ann, filter=OperationFilter(tag=tag)) for tag in ("one", "two")]

    for _ in range(4):  # a count and a batch each
        await operating.operate(deps)

    shown = [await operations.look(deps, it.id) for it in both]
    assert [(it.total, it.done) for it in shown] == [(2_500, 1_000)] * 2
    assert all(it.rate_per_second and it.expected_at for it in shown)


async def test_after_a_setback_batches_are_smaller_and_all_is_done(deps, plain, ann):
    await born(deps, 1_200)
    operation = await begun(deps, ann, filter=ALL, all=True)
    await operating.operate(deps)
    await plain.execute("UPDATE operations SET setbacks = 2")

    await operating.operate(deps)
    first = (await operations.look(deps, operation.id)).done

    assert first == operating.BATCH // 4
    assert (await carried_out(deps, operation)).done == 1_200


async def test_a_killed_scheduler_leaves_the_rest_to_another(
    deps, plain, process_environment, tmp_path, ann
):
    ids = await born(deps, 10_000)
    operation = await begun(deps, ann, filter=ALL, all=True)
    environ = process_environment | JOBS
    rivals = [Process("scheduler", environ, tmp_path / f"{n}.log") for n in range(2)]
    try:
        done = "SELECT done FROM operations WHERE done > 0"
        await eventually(lambda: plain.fetchval(done), within=40)
        rivals[0].send(signal.SIGKILL)
        rivals.append(Process("scheduler", environ, tmp_path / "2.log"))
        ended = "SELECT true FROM operations WHERE status = 'done'"
        await eventually(lambda: plain.fetchval(ended), within=60)
    finally:
        for it in rivals:
            it.send(signal.SIGKILL)
            await it.ended()

    shown = await operations.look(deps, operation.id)
    assert (shown.total, shown.done, shown.skipped, shown.failed) == (10_000, 10_000, 0, 0)
    assert set(await items_of(deps, operation)) == set(ids)
    twice = (
        "SELECT job_id FROM job_events WHERE event = 'job_cancelled' GROUP BY 1 HAVING count(*) > 1"
    )
    assert await plain.fetch(twice) == []
    await sound(deps)
