"""Waiting jobs go to another queue on request."""

import json
from uuid import UUID

import pytest

from taskforge.bus.hint import read_hint
from taskforge.core.ids import new_id
from taskforge.core.priority import Priority
from taskforge.db.claims import Claimer, claim
from tests.api.orders import JOBS, code, submitted
from tests.api.test_keys import keyed

WORKER = Claimer(UUID(int=5), [0, 1, 2, 3], ["data_processing"], 30.0)


async def test_the_new_queue_gets_a_hint_and_everybody_a_frame(operator, deps):
    job = await submitted(operator)
    await deps.redis.flushdb()

    changed = await operator.patch(f"{JOBS}/{job['id']}", json={"priority": "high"})

    assert (changed.status_code, changed.json()["priority"]) == (200, "high")
    message_id = (await deps.redis.lindex("taskforge:high", 0)).decode()
    hint = read_hint(await deps.redis.hget("taskforge:high.msgs", message_id), Priority.HIGH)
    assert hint
    assert hint.args[0] == [UUID(job["id"])]
    await deps.stream.close()  # what is to be told is told by then
    ((_, entry),) = await deps.redis.xrange("taskforge:events")
    (frame,) = json.loads(entry[b"f"])
    assert (frame["event"], frame["priority"], frame["version"]) == ("job_queued", "high", 2)


async def test_a_job_that_is_not_due_is_not_hinted(operator, deps):
    job = await submitted(operator, delay_seconds=60)
    await deps.redis.flushdb()

    changed = await operator.patch(f"{JOBS}/{job['id']}", json={"priority": "low"})

    assert changed.json()["run_at"] == job["run_at"]
    assert not await deps.redis.exists("taskforge:low")


async def test_asking_again_is_no_error_and_no_change(operator):
    job = await submitted(operator)
    address = f"{JOBS}/{job['id']}"

    first, again = [await operator.patch(address, json={"priority": "low"}) for _ in range(2)]

    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    assert len((await operator.get(address)).json()["events"]) == 2


async def test_a_job_that_runs_or_has_ended_is_refused(operator, deps):
    runs = await submitted(operator)
    async with deps.db.connect() as connection:
        await claim(connection, WORKER, [UUID(runs["id"])], free=1)
    ended = await submitted(operator)
    await operator.post(f"{JOBS}/{ended['id']}/cancel")

    for job in (runs, ended):  # also with the priority that they have
        for priority in ("high", "normal"):
            answer = await operator.patch(f"{JOBS}/{job['id']}", json={"priority": priority})
            assert code(answer) == (409, "job_not_waiting")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/priority"),
        ({"priority": None}, "/priority"),
        ({"priority": "urgent"}, "/priority"),
        ({"priority": 1}, "/priority"),
        ({"priority": "high", "tags": ["a"]}, "/tags"),
        ({"status": "running"}, "/status"),
        ([], ""),
    ],
)
async def test_nothing_else_can_be_changed(operator, body, pointer):
    job = await submitted(operator)

    answer = await operator.patch(f"{JOBS}/{job['id']}", json=body)

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert (await operator.get(f"{JOBS}/{job['id']}")).json()["version"] == 1


async def test_an_unknown_job_is_not_found_and_a_viewer_may_not(operator, viewer):
    job = await submitted(operator)

    unknown = await operator.patch(f"{JOBS}/{new_id()}", json={"priority": "low"})
    forbidden = await viewer.patch(f"{JOBS}/{job['id']}", json={"priority": "low"})

    assert code(unknown) == (404, "not_found")
    assert code(forbidden) == (403, "role_too_low")


async def test_a_key_needs_both_queues(app, operator):
    job = await submitted(operator)
    address = f"{JOBS}/{job['id']}"

    async with keyed(app, operator, scope={"priorities": ["normal"]}) as robot:
        raised = await robot.patch(address, json={"priority": "critical"})
        as_it_is = await robot.patch(address, json={"priority": "normal"})
    async with keyed(app, operator, scope={"priorities": ["low", "critical"]}) as robot:
        lowered = await robot.patch(address, json={"priority": "low"})
    async with keyed(app, operator, scope={"priorities": ["low", "normal"]}) as robot:
        allowed = await robot.patch(address, json={"priority": "low"})

    assert [code(raised), code(lowered)] == [(403, "key_too_narrow")] * 2
    assert "'critical'" in raised.json()["detail"]
    assert (as_it_is.status_code, allowed.status_code) == (200, 200)
