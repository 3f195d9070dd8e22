"""Job types over HTTP: what they say, and payloads on trial."""

import pytest

from taskforge.core.ids import new_id
from taskforge.db.claims import Claimer, claim
from tests.api.orders import JOBS, ORDER

TYPES = "/api/v1/job-types"
PAYLOAD = ORDER["payload"]


async def test_one_type_is_shown_as_in_the_list(viewer):
    items = (await viewer.get(TYPES)).json()["items"]

    one = next(item for item in items if item["name"] == "data_processing")

    assert (await viewer.get(f"{TYPES}/data_processing")).json() == one
    assert one["limits"] == {
        "timeout_seconds": 600, "max_retries": 3, "concurrency": 4, "retry": None,
    }  # fmt: skip
    assert (one["viewer"], one["priority"]) == ("table", "normal")


@pytest.mark.parametrize("name", ["data_procesing", "%00", "a" * 3_000])
async def test_a_type_that_is_not_there_is_404(viewer, name):
    shown = await viewer.get(f"{TYPES}/{name}")
    tried = await viewer.post(f"{TYPES}/{name}/check", json={"payload": {}})

    assert (shown.status_code, tried.status_code) == (404, 404)
    assert shown.json()["code"] == "unknown_job_type"


async def test_a_trial_fills_in_the_defaults_and_looks_ahead(viewer):
    tried = await viewer.post(f"{TYPES}/data_processing/check", json={"payload": PAYLOAD})

    assert tried.status_code == 200
    told = tried.json()
    assert told["payload"]["seed"] == 42
    assert told["summary"].startswith("profile of sales_q1")
    assert (told["timeout_seconds"], told["max_retries"], told["priority"]) == (600, 3, "normal")
    assert "estimate" in told


async def test_a_trial_makes_no_job(viewer):
    await viewer.post(f"{TYPES}/data_processing/check", json={"payload": PAYLOAD})

    assert (await viewer.get(JOBS)).json()["items"] == []


@pytest.mark.parametrize(
    "payload",
    [{}, PAYLOAD | {"rows": "many"}, PAYLOAD | {"colour": 1}, {"operation": "guess"}],
    ids=["empty", "wrong type", "unknown field", "unknown operation"],
)
async def test_a_trial_is_refused_with_the_words_of_a_submission(operator, payload):
    tried = await operator.post(f"{TYPES}/data_processing/check", json={"payload": payload})
    submitted = await operator.post(JOBS, json=ORDER | {"payload": payload})

    assert tried.status_code == submitted.status_code == 422
    told, meant = tried.json(), submitted.json()
    assert (told["code"], told["errors"]) == (meant["code"], meant["errors"])


@pytest.mark.parametrize("body", [{}, {"payload": []}, {"payload": {}, "type": "custom"}])
async def test_a_trial_of_another_shape_is_refused(viewer, body):
    tried = await viewer.post(f"{TYPES}/data_processing/check", json=body)

    assert tried.status_code == 422


async def test_lists_and_single_jobs_carry_the_summary(operator):
    job = (await operator.post(JOBS, json=ORDER)).json()
    listed = (await operator.get(JOBS)).json()["items"][0]
    shown = (await operator.get(f"{JOBS}/{job['id']}")).json()
    cancelled = (await operator.post(f"{JOBS}/{job['id']}/cancel")).json()

    lines = {one["summary"] for one in (job, listed, shown, cancelled)}
    assert len(lines) == 1
    assert lines.pop().startswith("profile of sales_q1")


async def test_a_key_tells_an_order_without_a_priority_from_one_with(operator):
    key = {"idempotency_key": str(new_id())}
    first = await operator.post(JOBS, json=ORDER | key)
    again = await operator.post(JOBS, json=ORDER | key)
    other = await operator.post(JOBS, json=ORDER | key | {"priority": "normal"})

    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 422)
    assert first.json()["priority"] == "normal"


async def test_what_can_be_chosen_here_and_now_is_listed(viewer):
    one = (await viewer.get(f"{TYPES}/ai_inference")).json()
    other = (await viewer.get(f"{TYPES}/email")).json()

    assert one["offers"] == {"model": ["embedded/smollm2-135m-instruct"]}
    assert other["offers"] == {}


async def test_a_type_is_limited_and_shows_what_runs(admin, operator, deps):
    await operator.post(JOBS, json=ORDER)
    async with deps.db.connect() as connection:
        me = Claimer(new_id(), [0, 1, 2, 3], ["data_processing"], 30.0)
        assert len(await claim(connection, me, [], free=1)) == 1

    answer = await admin.patch(f"{TYPES}/data_processing", json={"concurrency_limit": 1})

    told = answer.json()
    assert (told["concurrency_limit"], told["running"]) == (1, 1)
    assert (await operator.get(f"{TYPES}/data_processing")).json() == told
    listed = {it["name"]: it for it in (await operator.get(TYPES)).json()["items"]}
    assert listed["data_processing"] == told
    assert (listed["email"]["concurrency_limit"], listed["email"]["running"]) == (None, 0)
    await operator.post(JOBS, json=ORDER)
    async with deps.db.connect() as connection:
        assert await claim(connection, me, [], free=1) == []


async def test_only_admins_limit_and_only_what_there_is(admin, operator):
    body = {"concurrency_limit": 1}

    refused = await operator.patch(f"{TYPES}/email", json=body)
    missed = await admin.patch(f"{TYPES}/e-mail", json=body)

    assert (refused.status_code, refused.json()["code"]) == (403, "role_too_low")
    assert (missed.status_code, missed.json()["code"]) == (404, "unknown_job_type")
