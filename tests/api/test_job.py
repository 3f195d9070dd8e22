"""One job over HTTP: look, wait, act."""

import asyncio
from uuid import UUID

import pytest

from taskforge.core.ids import new_id
from taskforge.core.states import Move
from taskforge.db.claims import Claimer, claim
from taskforge.db.moves import Ending, settle
from taskforge.flows.deps import Deps
from tests.api.orders import JOBS, code, submitted

WORKER = Claimer(UUID(int=5), [0, 1, 2, 3], ["data_processing"], 30.0)


async def run(deps: Deps, job_id: str, move: Move) -> None:
    async with deps.db.connect() as connection:
        await claim(connection, WORKER, [UUID(job_id)], free=1)
        await settle(connection, [Ending(UUID(job_id), 1, WORKER.worker_id, move)])


async def test_a_client_that_has_the_job_gets_304_until_it_changes(operator):
    address = f"{JOBS}/{(await submitted(operator))['id']}"
    tag = (await operator.get(address)).headers["etag"]

    same = await operator.get(address, headers={"If-None-Match": f'"other", W/{tag}'})
    await operator.post(f"{address}/cancel")
    changed = await operator.get(address, headers={"If-None-Match": tag})

    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag


async def test_waiting_ends_when_the_job_does(operator, deps):
    job = (await submitted(operator))["id"]
    waiting = asyncio.create_task(operator.get(f"{JOBS}/{job}?wait=30"))
    await asyncio.wait([waiting], timeout=0.05)
    assert not waiting.done()

    await run(deps, job, Move.SUCCEED)

    async with asyncio.timeout(5):
        assert (await waiting).json()["status"] == "success"


async def test_waiting_answers_with_the_job_as_it_stands_when_the_time_is_up(operator):
    job = (await submitted(operator))["id"]

    answer = await operator.get(f"{JOBS}/{job}?wait=1")

    assert (answer.status_code, answer.json()["status"]) == (200, "queued")


async def test_waiting_for_a_job_that_is_deleted_meanwhile_ends(operator):
    job = (await submitted(operator))["id"]
    waiting = asyncio.create_task(operator.get(f"{JOBS}/{job}?wait=30"))
    await operator.post(f"{JOBS}/{job}/cancel")
    await operator.delete(f"{JOBS}/{job}")

    async with asyncio.timeout(5):
        assert (await waiting).status_code in (200, 404)


@pytest.mark.parametrize("wait", ["-1", "61", "x", "1.5"])
async def test_a_wait_that_makes_no_sense_is_refused(viewer, wait):
    assert code(await viewer.get(f"{JOBS}/{new_id()}?wait={wait}")) == (422, "invalid_parameter")


@pytest.mark.parametrize("part", ["", "/logs", "/artifacts"])
async def test_a_job_that_is_not_there_is_not_found(viewer, part):
    assert code(await viewer.get(f"{JOBS}/{new_id()}{part}")) == (404, "not_found")
    assert code(await viewer.get(f"{JOBS}/not-an-id{part}")) == (404, "not_found")


async def test_a_job_without_log_and_files_has_empty_ones(operator):
    job = (await submitted(operator))["id"]

    logs = await operator.get(f"{JOBS}/{job}/logs?after=3&limit=5&level=error")
    files = await operator.get(f"{JOBS}/{job}/artifacts")

    assert logs.json() == files.json() == {"items": [], "next_cursor": None}


@pytest.mark.parametrize("query", ["after=-1", f"after={2**53}", "level=loud", "limit=201"])
async def test_a_page_of_a_log_that_makes_no_sense_is_refused(viewer, query):
    answer = await viewer.get(f"{JOBS}/{new_id()}/logs?{query}")

    assert code(answer) == (422, "invalid_parameter")


async def test_a_waiting_job_is_cancelled_queued_again_and_deleted(operator):
    address = f"{JOBS}/{(await submitted(operator))['id']}"

    cancelled = await operator.post(f"{address}/cancel")
    again = await operator.post(f"{address}/retry")
    refused = await operator.delete(address)
    await operator.post(f"{address}/cancel")
    gone = await operator.delete(address)

    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    assert (again.status_code, again.json()["status"]) == (200, "queued")
    assert refused.status_code == 409
    assert (gone.status_code, gone.content) == (204, b"")
    assert (await operator.get(address)).status_code == 404


@pytest.mark.parametrize("act", ["cancel", "retry"])
async def test_a_job_that_succeeded_is_neither_cancelled_nor_retried(operator, deps, act):
    job = (await submitted(operator))["id"]
    await run(deps, job, Move.SUCCEED)

    assert code(await operator.post(f"{JOBS}/{job}/{act}"))[0] == 409


async def test_acting_on_a_job_that_is_not_there_is_not_found(operator):
    address = f"{JOBS}/{new_id()}"

    for answer in (
        await operator.post(f"{address}/cancel"), await operator.post(f"{address}/retry"),
        await operator.delete(address),
    ):  # fmt: skip
        assert code(answer) == (404, "not_found")
