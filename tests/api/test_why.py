"""Why a job waits, over HTTP."""

from uuid import UUID

import pytest

from taskforge.core.fleet import WorkerFacts, WorkerStatus
from taskforge.core.states import Move
from taskforge.db.claims import Claimer, claim
from taskforge.db.moves import Ending, settle
from taskforge.db.roster import Member, beat
from tests.api.conftest import http_client
from tests.api.orders import JOBS, code, submitted

WORKER = Claimer(UUID(int=5), [0, 1, 2, 3], ["data_processing"], 30.0)
PAUSE = {"reason": "the mail provider is down"}


async def why(client, job):
    answer = await client.get(f"{JOBS}/{job}/why")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def live(deps, *, slots=2):
    """Register a worker that could run anything."""
    queues = ["critical", "high", "default", "low"]
    member = Member(WORKER.worker_id, "one", 1, "0.1.0", queues, WORKER.types, slots)
    async with deps.db.connect() as connection:
        await beat(connection, member, status=WorkerStatus.ONLINE, facts=WorkerFacts())


async def take(deps):
    async with deps.db.connect() as connection:
        (claimed,) = await claim(connection, WORKER, [], free=1)
    return claimed.row


async def test_every_blocker_of_a_waiting_job_is_told(operator, admin, viewer, deps):
    job = (await submitted(operator))["id"]
    paused = await admin.post("/api/v1/queues/default/pause", json=PAUSE)
    assert paused.status_code == 200

    told = await why(viewer, job)

    assert [it["kind"] for it in told["blockers"]] == ["queue_paused", "no_worker"]
    pause = told["blockers"][0]
    assert (pause["actor"], pause["reason"]) == ("user:admin", PAUSE["reason"])
    assert pause["since"] == paused.json()["paused_at"]
    assert told["message"].startswith("Queue 'default' is paused by user:admin since ")
    assert (told["estimate"], told["estimate_reason"]) == (None, "paused")
    assert (told["job_id"], told["status"], told["version"]) == (job, "queued", 1)


async def test_a_job_that_starts_any_moment_has_an_estimate_of_now(operator, deps):
    await live(deps)
    job = (await submitted(operator))["id"]

    told = await why(operator, job)

    assert told["blockers"] == []
    assert told["estimate"] == {"p50_at": told["at"], "p90_at": told["at"]}
    assert told["estimate_reason"] is None


async def test_a_job_behind_others_is_told_how_many_and_who_holds_the_slots(operator, deps):
    await live(deps, slots=1)
    first = (await submitted(operator))["id"]
    await take(deps)
    await submitted(operator)
    last = (await submitted(operator))["id"]

    busy, ahead = (await why(operator, last))["blockers"]

    assert (busy["kind"], busy["limit"], busy["running"]) == ("slots_busy", 1, 1)
    assert busy["workers"] == [str(WORKER.worker_id)]
    assert (ahead["kind"], ahead["ahead"], ahead["exact"]) == ("jobs_ahead", 1, True)
    assert first != last


async def test_a_scheduled_job_is_told_when(operator):
    job = await submitted(operator, delay_seconds=3_600)

    told = await why(operator, job["id"])

    assert (told["blockers"][0]["kind"], told["blockers"][0]["until"]) == ("not_due", job["run_at"])


async def test_a_running_and_an_ended_job_say_where_they_are(operator, deps):
    job = (await submitted(operator))["id"]
    row = await take(deps)

    runs = await why(operator, job)
    async with deps.db.connect() as connection:
        await settle(connection, [Ending(row.id, 1, WORKER.worker_id, Move.SUCCEED)])
    ended = await why(operator, job)

    assert (runs["status"], runs["worker_id"]) == ("running", str(WORKER.worker_id))
    assert (ended["status"], ended["worker_id"]) == ("success", None)
    assert runs["blockers"] == ended["blockers"] == []
    assert runs["estimate_reason"] == ended["estimate_reason"] == "not_waiting"
    assert runs["since"] < ended["since"]


@pytest.mark.parametrize(
    "job", ["01890000-0000-7000-8000-000000000000", "nobody", "%00", "..%2f..", "9" * 5_000]
)
async def test_a_job_that_is_not_there_is_not_found(viewer, job):
    assert code(await viewer.get(f"{JOBS}/{job}/why")) == (404, "not_found")


async def test_a_job_that_was_deleted_is_not_found(operator):
    job = (await submitted(operator))["id"]
    await operator.post(f"{JOBS}/{job}/cancel")
    await operator.delete(f"{JOBS}/{job}")

    assert code(await operator.get(f"{JOBS}/{job}/why")) == (404, "not_found")


async def test_a_key_needs_to_read(app, operator):
    job = (await submitted(operator))["id"]
    keys = {
        scope: (
            await operator.post(
                "/api/v1/auth/api-keys", json={"name": scope, "scope": {"permissions": [scope]}}
            )
        ).json()["key"]
        for scope in ("read", "submit")
    }

    found = {}
    for scope, key in keys.items():
        async with http_client(app, **{"X-API-Key": key}) as client:
            found[scope] = (await client.get(f"{JOBS}/{job}/why")).status_code

    assert found == {"read": 200, "submit": 403}
