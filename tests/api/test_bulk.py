"""Many jobs in one call."""

import msgspec
import pytest

from taskforge.core.job import MAX_BULK
from tests.api.orders import ORDER

BULK = "/api/v1/jobs/bulk"


async def count(client) -> int:
    return (await client.get("/api/v1/jobs/metrics/summary")).json()["total"]


async def test_a_thousand_jobs_are_created_in_order(operator):
    orders = [ORDER | {"tags": [f"n{n}"]} for n in range(MAX_BULK)]

    answer = await operator.post(BULK, json={"jobs": orders})

    outcome = answer.json()
    assert (answer.status_code, outcome["created"]) == (200, MAX_BULK)
    assert [item["index"] for item in outcome["items"]] == list(range(MAX_BULK))
    assert [item["job"]["tags"] for item in outcome["items"]] == [o["tags"] for o in orders]
    assert await count(operator) == MAX_BULK


async def test_an_order_that_is_not_acceptable_is_a_problem_in_its_place(operator):
    orders = [
        ORDER, {"type": "nope"}, 7, None, ORDER | {"nope": 1}, ORDER | {"payload": {"rows": "x"}},
        ORDER,
    ]  # fmt: skip

    outcome = (await operator.post(BULK, json={"jobs": orders})).json()

    assert [item["status"] for item in outcome["items"]] == [201, 422, 422, 422, 422, 422, 201]
    assert (outcome["created"], outcome["replayed"], outcome["failed"]) == (2, 0, 5)
    for item in outcome["items"][1:6]:
        pointers = [fault["pointer"] for fault in item["problem"]["errors"]]
        assert pointers
        assert all(pointer.startswith(f"/jobs/{item['index']}") for pointer in pointers)


@pytest.mark.parametrize(
    "bad", [{"type": "nope"}, ORDER | {"nope": 1}], ids=["for its type", "in its shape"]
)
async def test_an_atomic_call_creates_nothing_when_one_order_is_bad(operator, bad):
    answer = await operator.post(BULK, json={"jobs": [ORDER, bad, ORDER], "atomic": True})

    assert answer.status_code == 422
    assert {f["pointer"].split("/")[2] for f in answer.json()["errors"]} == {"1"}
    assert await count(operator) == 0


async def test_an_atomic_call_creates_all(operator):
    answer = await operator.post(BULK, json={"jobs": [ORDER] * 3, "atomic": True})

    assert (answer.status_code, answer.json()["created"]) == (200, 3)


@pytest.mark.parametrize("atomic", [False, True])
async def test_orders_with_keys_are_created_once(operator, atomic):
    body = {"jobs": [ORDER | {"idempotency_key": k} for k in ("a", "b")], "atomic": atomic}
    first = (await operator.post(BULK, json=body)).json()
    body["jobs"].append(ORDER)
    second = (await operator.post(BULK, json=body)).json()

    assert (first["created"], first["replayed"]) == (2, 0)
    assert (second["created"], second["replayed"]) == (1, 2)
    assert [i["status"] for i in second["items"]] == [200, 200, 201]
    assert [i["job"]["id"] for i in second["items"]][:2] == [i["job"]["id"] for i in first["items"]]


async def test_a_key_in_the_header_stands_for_the_whole_list(operator):
    headers = {"Idempotency-Key": "list-1"}
    body = {"jobs": [ORDER, ORDER]}
    first = (await operator.post(BULK, json=body, headers=headers)).json()
    second = (await operator.post(BULK, json=body, headers=headers)).json()

    assert (first["created"], second["created"], second["replayed"]) == (2, 0, 2)
    assert await count(operator) == 2


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/jobs"),
        ({"jobs": []}, "/jobs"),
        ({"jobs": {}}, "/jobs"),
        ({"jobs": [ORDER] * (MAX_BULK + 1)}, "/jobs"),
        ({"jobs": [ORDER], "atomic": "yes"}, "/atomic"),
        ({"jobs": [ORDER], "more": 1}, "/more"),
    ],
    ids=["nothing", "no orders", "no list", "too many", "no boolean", "unknown field"],
)
async def test_a_body_that_is_no_list_of_orders_is_refused(operator, body, pointer):
    answer = await operator.post(BULK, json=body)

    assert answer.status_code == 422, answer.text
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]
    assert await count(operator) == 0


async def test_a_payload_that_is_too_large_is_a_problem_in_its_place(operator):
    huge = ORDER | {"payload": {"x": ["y" * 60_000] * 5}}

    outcome = (await operator.post(BULK, json={"jobs": [huge, ORDER]})).json()

    assert [item["status"] for item in outcome["items"]] == [422, 201]
    assert outcome["items"][0]["problem"]["code"] == "too_large"


async def test_a_body_of_more_than_a_mebibyte_is_refused(operator):
    body = msgspec.json.encode({"jobs": [ORDER | {"tags": ["t" * 64] * 20}] * 900})

    answer = await operator.post(BULK, content=body, headers={"Content-Type": "application/json"})

    assert len(body) > 1_048_576
    assert answer.status_code == 413
