"""Jobs over HTTP: submit, repeat, list."""

import asyncio

import pytest

from taskforge.core.ids import new_id
from tests.api.orders import JOBS, ORDER, code, submitted


async def test_a_job_is_created_with_its_defaults_and_an_address(operator):
    answer = await operator.post(JOBS, json=ORDER | {"tags": ["a"], "priority": "high"})

    job = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"{JOBS}/{job['id']}"
    assert (job["status"], job["priority"], job["tags"]) == ("queued", "high", ["a"])
    assert job["payload"]["seed"] == 42
    shown = (await operator.get(answer.headers["location"])).json()
    assert {**shown, **job} == shown


async def test_a_delayed_job_is_scheduled(operator):
    assert (await submitted(operator, delay_seconds=60))["status"] == "scheduled"


async def test_a_viewer_submits_and_changes_nothing(viewer):
    job = f"{JOBS}/{new_id()}"
    calls = [
        viewer.post(JOBS, json=ORDER), viewer.post(f"{JOBS}/bulk", json={"jobs": [ORDER]}),
        viewer.post(f"{job}/cancel"), viewer.post(f"{job}/retry"), viewer.delete(job),
    ]  # fmt: skip

    assert {(await call).status_code for call in calls} == {403}


@pytest.mark.parametrize("given", ["order-1", '"order-1"'], ids=["bare", "quoted"])
@pytest.mark.parametrize("again", ["order-1", '"order-1"'], ids=["bare again", "quoted again"])
async def test_a_repeated_key_answers_with_the_first_job(operator, given, again):
    first = await operator.post(JOBS, json=ORDER, headers={"Idempotency-Key": given})
    second = await operator.post(JOBS, json=ORDER, headers={"Idempotency-Key": again})

    assert (first.status_code, second.status_code) == (201, 200)
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"
    assert second.json()["id"] == first.json()["id"]
    assert second.headers["location"] == first.headers["location"]


async def test_a_key_in_the_body_is_the_same_as_in_the_header(operator):
    first = await operator.post(JOBS, json=ORDER, headers={"Idempotency-Key": "k"})
    second = await operator.post(JOBS, json=ORDER | {"idempotency_key": "k"})

    assert (second.status_code, second.json()["id"]) == (200, first.json()["id"])


async def test_a_key_with_another_body_is_refused(operator):
    headers = {"Idempotency-Key": "k"}
    await operator.post(JOBS, json=ORDER, headers=headers)

    answer = await operator.post(JOBS, json=ORDER | {"priority": "low"}, headers=headers)

    assert code(answer) == (422, "idempotency_key_reused")


async def test_two_different_keys_in_one_request_are_refused(operator):
    answer = await operator.post(
        JOBS, json=ORDER | {"idempotency_key": "one"}, headers={"Idempotency-Key": "two"}
    )

    assert code(answer) == (422, "idempotency_keys_differ")


@pytest.mark.parametrize(
    "key",
    ["", '"', '"open', 'in"quoted" text', "two words", "k" * 256, '""', '"\\x"', b"\xe9"],
    ids=str,
)
async def test_a_malformed_key_is_refused(operator, key):
    answer = await operator.post(JOBS, json=ORDER, headers={"Idempotency-Key": key})

    assert code(answer) == (400, "bad_idempotency_key")


async def test_one_key_from_many_at_once_makes_one_job(operator):
    calls = [operator.post(JOBS, json=ORDER, headers={"Idempotency-Key": "k"}) for _ in range(12)]
    answers = await asyncio.gather(*calls)

    assert {answer.status_code for answer in answers} <= {200, 201, 409}
    assert [answer.status_code for answer in answers].count(201) == 1
    assert len((await operator.get(JOBS)).json()["items"]) == 1


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"type": "nope"}, "/type"),
        ({"type": "a\x01"}, "/type"),
        ({"payload": {"dataset": "sales_q1"}}, "/payload/operation"),
        ({"payload": {**ORDER["payload"], "rows": "many"}}, "/payload/rows"),
        ({"payload": []}, "/payload"),
        ({"nope": 1}, "/nope"),
        ({"priority": "urgent"}, "/priority"),
        ({"max_retries": 26}, "/max_retries"),
        ({"max_retries": 1.5}, "/max_retries"),
        ({"tags": ["t"] * 21}, "/tags"),
        ({"delay_seconds": -1}, "/delay_seconds"),
        ({"delay_seconds": 1, "scheduled_at": "2030-01-01T00:00:00Z"}, "/delay_seconds"),
        ({"scheduled_at": "2030-01-01T00:00:00"}, "/scheduled_at"),
        ({"webhook_url": "file:///etc/passwd"}, "/webhook_url"),
        ({"idempotency_key": "with space"}, "/idempotency_key"),
        ({"idempotency_key": "a-line\n"}, "/idempotency_key"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_an_order_that_is_not_acceptable_becomes_no_job(operator, change, pointer):
    answer = await operator.post(JOBS, json=ORDER | change)

    assert answer.status_code == 422, answer.text
    assert pointer in [fault["pointer"] for fault in answer.json()["errors"]]
    assert (await operator.get(JOBS)).json()["items"] == []


async def test_a_list_goes_on_where_the_page_ended(operator):
    ids = [(await submitted(operator))["id"] for _ in range(5)]

    found, cursor = [], None
    while True:
        params = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await operator.get(JOBS, params=params)).json()
        found += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert found == ids[::-1]


async def test_a_list_is_narrowed_by_all_its_filters(operator):
    wanted = await submitted(operator, tags=["a"], priority="high")
    await submitted(operator, tags=["a"])
    await submitted(operator, priority="high")
    params = [
        ("status", "queued"), ("status", "failed"), ("priority", "high"), ("tag", "a"),
        ("type", "data_processing"), ("created_by", wanted["created_by"]), ("q", wanted["id"]),
        ("created_after", "2020-01-01T00:00:00Z"), ("created_before", "2999-01-01T00:00:00+00:00"),
    ]  # fmt: skip

    page = (await operator.get(JOBS, params=params)).json()

    assert [item["id"] for item in page["items"]] == [wanted["id"]]
    assert not {"payload", "result", "error"} & set(page["items"][0])


@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=201", "limit=x", "status=done", "priority=urgent", "created_by=me",
        "worker_id=1", "created_after=yesterday", "created_after=2026-01-01T00:00:00",
        "created_before=2026-01-01T00:00:00", "q=", "q=%00", "tag=a%00b", "type=%00",
        f"q={'a' * 1_001}", "&".join(["type=a"] * 21),
        "created_after=9999-12-31T23:59:59-23:59", "created_before=0001-01-01T00:00:00%2B23:59",
    ],
)  # fmt: skip
async def test_a_filter_that_makes_no_sense_is_refused(viewer, query):
    assert code(await viewer.get(f"{JOBS}?{query}")) == (422, "invalid_parameter")


@pytest.mark.parametrize(
    "query",
    [
        "q=%ff%fe", "q=%ed%a0%80", "tag=%27%3B--", "type=%25", "q=\N{PILE OF POO}",
        "created_after=0001-01-01T00:00:00Z", "created_before=9999-12-31T23:59:59Z",
    ],
)  # fmt: skip
async def test_a_filter_that_is_odd_finds_what_it_says(viewer, query):
    answer = await viewer.get(f"{JOBS}?{query}")

    assert answer.status_code == 200, answer.text
    assert answer.json() == {"items": [], "next_cursor": None}


async def test_a_search_narrows_a_list_with_its_filters(operator):
    wanted = await submitted(operator, tags=["a"], priority="high")
    await submitted(operator, tags=["a"])
    q = "queue:high created_by:me payload.rows:10 -tag:b created>-1h"

    page = (await operator.get(JOBS, params={"q": q, "tag": "a"})).json()

    assert [item["id"] for item in page["items"]] == [wanted["id"]]


async def test_a_search_that_is_not_understood_is_refused_with_the_place(viewer):
    answer = await viewer.get(JOBS, params={"q": "type:email stauts:failed"})

    assert code(answer) == (422, "bad_query")
    (fault,) = answer.json()["errors"]
    assert (fault["parameter"], fault["position"]) == ("q", 11)
    assert "did you mean `status`?" in fault["message"]


async def test_a_cursor_belongs_to_a_search_and_to_who_asks(operator, viewer):
    for _ in range(2):
        await submitted(operator, tags=["a"])

    async def page(client, q, **more):
        return await client.get(JOBS, params={"q": q, "limit": 1, **more})

    cursor = (await page(operator, "tag:a created>-2h")).json()["next_cursor"]

    assert (await page(operator, 'tag:"a"  created>-120m', cursor=cursor)).status_code == 200
    assert code(await page(operator, "tag:a", cursor=cursor)) == (400, "bad_cursor")
    assert code(await page(viewer, "tag:a created>-2h", cursor=cursor)) == (400, "bad_cursor")


@pytest.mark.parametrize("cursor", ["", "x", "0" * 48, "%00", "9" * 5_000], ids=lambda c: c[:8])
async def test_a_cursor_that_is_none_of_ours_is_refused(viewer, cursor):
    assert code(await viewer.get(f"{JOBS}?cursor={cursor}")) == (400, "bad_cursor")


async def test_a_cursor_of_other_filters_is_refused(operator):
    for _ in range(2):
        await submitted(operator)
    cursor = (await operator.get(f"{JOBS}?limit=1")).json()["next_cursor"]

    answer = await operator.get(f"{JOBS}?limit=1&status=queued&cursor={cursor}")

    assert code(answer) == (400, "bad_cursor")
