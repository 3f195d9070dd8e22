"""Bulk operations over the API: asked for on purpose, tried out, followed, stopped."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest

from api.orders import ORDER, code, submitted
from taskforge.flows import operating

OPERATIONS = "/api/v1/operations"
ALL = {"filter": {}, "all": True}


async def begun(client: httpx.AsyncClient, action: str = "cancel", **fields):
    answer = await client.post(OPERATIONS, json={"action": action, **fields})
    assert answer.status_code == 201, answer.text
    return answer


async def carried_out(deps, client, answer):
    while await operating.operate(deps):
        pass
    return (await client.get(answer.headers["location"])).json()


async def tried(client: httpx.AsyncClient, action: str = "cancel", **fields):
    answer = await client.post(OPERATIONS, json={"action": action, "dry_run": True, **fields})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_an_operation_is_followed_from_its_address_to_its_items(operator, deps):
    jobs = [await submitted(operator, tags=["nightly"]) for _ in range(3)]
    await submitted(operator)

    answer = await begun(operator, filter={"tag": "nightly"}, reason="the export is broken")
    made = answer.json()
    shown = await carried_out(deps, operator, answer)
    items = (await operator.get(f"{OPERATIONS}/{made['id']}/items")).json()["items"]

    assert (made["status"], made["total"], made["filter"]) == ("pending", None, {"tag": "nightly"})
    assert (shown["status"], shown["total"], shown["done"]) == ("done", 3, 3)
    assert (shown["actor"], shown["reason"]) == ("operator", "the export is broken")
    assert [it["job_id"] for it in items] == [job["id"] for job in reversed(jobs)]
    assert {(it["outcome"], it["reason"], it["status"]) for it in items} == {
        ("done", None, "queued")
    }


async def test_a_dry_run_counts_and_samples_and_changes_nothing(operator, deps):
    waiting = [await submitted(operator, tags=["t"]) for _ in range(12)]
    ended = await submitted(operator, tags=["t"])
    await operator.post(f"/api/v1/jobs/{ended['id']}/cancel")

    by_filter = await tried(operator, filter={"tag": "t"})
    named = await tried(operator, ids=[waiting[0]["id"], ended["id"], str(uuid4())])

    assert (by_filter["count"], by_filter["at_least"], by_filter["exact"]) == (12, 12, True)
    assert by_filter["cannot"] == {"cancelled": 1}
    newest = [job["id"] for job in reversed(waiting)]
    assert [job["id"] for job in by_filter["sample"]] == newest[:10]
    assert (named["count"], named["cannot"], named["not_found"]) == (1, {"cancelled": 1}, 1)
    assert (await operator.get(OPERATIONS)).json()["items"] == []
    assert await operating.operate(deps) == 0


async def test_lists_go_on_from_page_to_page(operator, deps):
    ids = [(await submitted(operator))["id"] for _ in range(3)]
    made = [(await begun(operator, ids=ids)).json()["id"] for _ in range(3)]
    while await operating.operate(deps):
        pass

    async def paged(path: str, key: str, **query: str) -> list[str]:
        found, cursor = [], None
        while True:
            params = {"limit": "2", **query} | ({"cursor": cursor} if cursor else {})
            page = (await operator.get(path, params=params)).json()
            found += [item[key] for item in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                return found

    assert await paged(OPERATIONS, "id") == made[::-1]
    assert await paged(f"{OPERATIONS}/{made[0]}/items", "job_id") == ids[::-1]
    skipped = await paged(f"{OPERATIONS}/{made[1]}/items", "job_id", outcome="skipped")
    assert skipped == ids[::-1]
    assert await paged(f"{OPERATIONS}/{made[1]}/items", "job_id", outcome="done") == []


async def test_a_cursor_of_other_items_is_refused(operator, deps):
    ids = [(await submitted(operator))["id"] for _ in range(2)]
    made = (await begun(operator, ids=ids)).json()["id"]
    while await operating.operate(deps):
        pass
    path = f"{OPERATIONS}/{made}/items"
    cursor = (await operator.get(path, params={"limit": 1})).json()["next_cursor"]

    answer = await operator.get(path, params={"cursor": cursor, "outcome": "done"})

    assert code(answer) == (400, "bad_cursor")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/action"),
        ({"action": "cancel"}, ""),
        ({"action": "cancel", "ids": [str(uuid4())], "filter": {"tag": "x"}}, ""),
        ({"action": "cancel", "ids": []}, "/ids"),
        ({"action": "cancel", "ids": ["x"]}, "/ids/0"),
        ({"action": "cancel", "ids": [str(uuid4()) for _ in range(1_001)]}, "/ids"),
        ({"action": "cancel", "filter": {}}, "/all"),
        ({"action": "cancel", "filter": {"tag": "x"}, "all": True}, "/all"),
        ({"action": "cancel", "filter": {"tags": ["x"]}}, "/filter/tags"),
        ({"action": "cancel", "filter": {"tag": "a\0b"}}, "/filter/tag"),
        ({"action": "cancel", "filter": {"status": ["done"]}}, "/filter/status/0"),
        ({"action": "cancel", "filter": {"status": ["success"]}}, "/filter/status"),
        ({"action": "retry", "filter": {"tag": "x", "status": ["queued"]}}, "/filter/status"),
        ({"action": "cancel", "filter": {"type": ["x" * 65]}}, "/filter/type/0"),
        ({"action": "cancel", "filter": {"created_after": "2030-01-01T00:00:00"}},
         "/filter/created_after"),
        ({"action": "cancel", "filter": {"created_before": "0001-01-01T00:00:00+14:00"}},
         "/filter/created_before"),
        ({"action": "cancel", "filter": {"tag": "x"}, "priority": "high"}, "/priority"),
        ({"action": "reprioritise", "filter": {"tag": "x"}}, "/priority"),
        ({"action": "reprioritise", "priority": "high", "filter": {"priority": ["high"]}},
         "/filter/priority"),
        ({"action": "cancel", "filter": {"tag": "x"}, "reason": "a\x1bb"}, "/reason"),
        ({"action": "cancel", "filter": {"tag": "x"}, "created_by": str(uuid4())}, "/created_by"),
    ],
)  # fmt: skip
async def test_an_order_that_makes_no_sense_begins_nothing(admin, body, pointer):
    answers = [await admin.post(OPERATIONS, json=body | more) for more in ({}, {"dry_run": True})]

    assert [(it.status_code, it.json()["errors"][0]["pointer"]) for it in answers] == [
        (422, pointer)
    ] * 2
    assert (await admin.get(OPERATIONS)).json()["items"] == []


@pytest.mark.parametrize(
    "body",
    [
        {"action": "delete", "filter": {"tag": "x"}},
        {"action": "delete", **ALL},
        {"action": "retry", **ALL},
        {"action": "retry", "filter": {"status": ["failed"]}},
        {"action": "retry", "filter": {"created_before": "2030-01-01T00:00:00Z"}},
    ],
)
async def test_purging_and_replaying_everything_are_for_admins(operator, admin, body):
    refused = await operator.post(OPERATIONS, json=body)
    taken = await admin.post(OPERATIONS, json=body)

    assert code(refused) == (403, "role_too_low")
    assert taken.status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        {"action": "delete", "ids": [str(uuid4())]},
        {"action": "retry", "filter": {"type": ["email"], "status": ["failed"]}},
        {"action": "cancel", **ALL},
    ],
)
async def test_the_rest_is_for_operators(operator, viewer, body):
    refused = await viewer.post(OPERATIONS, json=body)
    taken = await operator.post(OPERATIONS, json=body)

    assert code(refused) == (403, "role_too_low")
    assert taken.status_code == 201


async def test_a_stopped_operation_says_who_stopped_it_and_does_no_more(operator, admin, deps):
    job = await submitted(operator)
    made = (await begun(operator, ids=[job["id"]])).json()

    stopped = (await admin.post(f"{OPERATIONS}/{made['id']}/stop")).json()
    await operating.operate(deps)

    assert (stopped["status"], stopped["stop_reason"], stopped["stopped_by"]) == (
        "stopped", "asked", "user:admin",
    )  # fmt: skip
    assert (await operator.get(f"/api/v1/jobs/{job['id']}")).json()["status"] == "queued"


async def test_what_has_ended_by_itself_cannot_be_stopped(operator, deps):
    made = await begun(operator, ids=[str(uuid4())])
    await carried_out(deps, operator, made)

    answer = await operator.post(made.headers["location"] + "/stop")

    assert code(answer) == (409, "conflict")


async def test_moments_and_priorities_choose_as_in_a_list(operator, deps):
    urgent = await submitted(operator, priority="critical")
    await submitted(operator)
    since = (datetime.now(UTC) - timedelta(hours=1)).astimezone().isoformat()
    found = {"priority": ["critical", "high"], "created_after": since, "type": [ORDER["type"]]}

    shown = await carried_out(deps, operator, await begun(operator, filter=found))

    assert shown["done"] == 1
    assert (await operator.get(f"/api/v1/jobs/{urgent['id']}")).json()["status"] == "cancelled"
