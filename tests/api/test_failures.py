"""Failures over the API: groups to look at, to resolve and to queue again."""

import pytest

from api.orders import code, submitted
from support.make import claimer
from taskforge.core.failures import ErrorClass, ErrorRecord
from taskforge.core.fingerprint import marked
from taskforge.core.states import Move
from taskforge.db.claims import claim
from taskforge.db.moves import Ending, settle
from taskforge.flows import failures, operating

FAILURES = "/api/v1/failures"
JOBS = "/api/v1/jobs"
NOTHING = "0" * 16
LONG_AGO = "2020-01-01T00:00:00Z"


async def failed(deps, message: str = "quota of 5 used up") -> list[str]:
    """All jobs that wait fail alike; their ids."""
    worker, error = claimer(types=["data_processing"]), ErrorRecord(
        class_=ErrorClass.TARGET_ERROR, kind="TargetError", message=message
    )  # fmt: skip
    async with deps.db.connect() as connection:
        jobs = await claim(connection, worker, [], free=50)
        endings = [
            Ending(it.row.id, it.row.attempt, worker.worker_id, Move.BURY, failed=True,
                   error=marked("data_processing", error))
            for it in jobs
        ]  # fmt: skip
        await settle(connection, endings)
    await failures.gather(deps)
    return [str(it.row.id) for it in jobs]


async def groups(client, **query) -> list[dict]:
    answer = await client.get(FAILURES, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def test_a_job_that_failed_leads_to_its_group_and_back(operator, deps):
    for _ in range(3):
        await submitted(operator)
    ids = await failed(deps)

    (group,) = await groups(operator)
    job = (await operator.get(f"{JOBS}/{ids[0]}")).json()
    mark = job["error"]["fingerprint"]
    shown = (await operator.get(f"{FAILURES}/{mark}")).json()
    alike = (await operator.get(JOBS, params={"q": f"failure:{mark}"})).json()["items"]

    assert group == shown
    assert (group["title"], group["still_failed"]) == ("quota of <n> used up", 3)
    assert (group["queues"], group["state"], group["job_id"] in ids) == (["default"], "new", True)
    assert {it["id"] for it in alike} == set(ids)
    assert job["attempts"][0]["error"]["fingerprint"] == mark


async def test_a_group_is_queued_again_by_an_operation(operator, deps):
    for _ in range(3):
        await submitted(operator)
    await failed(deps)
    await submitted(operator)
    await failed(deps, "disk full")
    mark = next(it["fingerprint"] for it in await groups(operator, q="quota"))

    order = {"action": "retry", "filter": {"q": f"failure:{mark}", "status": ["dead_letter"]}}
    made = await operator.post("/api/v1/operations", json=order)
    while await operating.operate(deps):
        pass
    await failures.gather(deps)

    done = (await operator.get(made.headers["location"])).json()
    after = {it["title"]: it["still_failed"] for it in await groups(operator)}
    assert (done["status"], done["done"]) == ("done", 3)
    assert after == {"quota of <n> used up": 0, "disk full": 1}


async def test_a_resolved_group_that_comes_again_has_regressed(operator, deps):
    await submitted(operator)
    await failed(deps)
    ((group,), path) = (await groups(operator), FAILURES)
    path = f"{FAILURES}/{group['fingerprint']}"

    resolved = (await operator.patch(path, json={"state": "resolved", "note": "raised"})).json()
    await submitted(operator)
    await failed(deps)
    came_again = (await operator.get(path)).json()
    opened = (await operator.patch(path, json={"state": "open", "note": None})).json()

    assert (resolved["state"], resolved["resolved_by"]) == ("resolved", "operator")
    assert (came_again["state"], came_again["note"]) == ("regressed", "raised")
    assert (opened["state"], opened["note"], opened["resolved_at"]) == ("new", None, None)


async def test_what_is_so_already_is_no_deed(operator, admin, deps):
    await submitted(operator)
    await failed(deps)
    (group,) = await groups(operator)
    path = f"{FAILURES}/{group['fingerprint']}"

    for body in ({"state": "resolved"}, {"state": "resolved"}, {"note": None}):
        assert (await operator.patch(path, json=body)).status_code == 200

    trail = (await admin.get("/api/v1/audit", params={"action": "failure.*"})).json()["items"]
    assert [(it["action"], it["target"]) for it in trail] == [
        ("failure.updated", f"failure:{group['fingerprint']}")
    ]


async def test_pages_go_on_where_the_last_one_ended(operator, deps):
    for word in ("one", "two", "three"):
        await submitted(operator)
        await failed(deps, f"{word} failed")

    first = (await operator.get(FAILURES, params={"limit": 2, "sort": "total"})).json()
    query = {"limit": 2, "sort": "total", "cursor": first["next_cursor"]}
    second = (await operator.get(FAILURES, params=query)).json()
    other = await operator.get(FAILURES, params=query | {"sort": "last_seen"})

    assert (len(first["items"]), len(second["items"]), second["next_cursor"]) == (2, 1, None)
    assert code(other) == (400, "bad_cursor")


async def test_filters_may_be_combined(operator, deps):
    query = {"state": "new", "type": "data_processing", "q": "QUOTA used", "since": LONG_AGO}
    await submitted(operator)
    await failed(deps)

    assert len(await groups(operator, **query)) == 1
    assert await groups(operator, **query | {"state": "resolved"}) == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, (422, "nothing_to_change")),
        ({"state": "muted"}, (422, "invalid")),
        ({"note": ""}, (422, "invalid")),
        ({"note": "\u0007"}, (422, "invalid")),
        ({"state": "open"}, (404, "not_found")),
    ],
    ids=["nothing", "state", "empty", "bell", "unknown"],
)
async def test_what_cannot_be_changed_is_refused(operator, body, expected):
    assert code(await operator.patch(f"{FAILURES}/{NOTHING}", json=body)) == expected


@pytest.mark.parametrize("q", ["failure:12", "failure:xyz", "failure>1"])
async def test_a_search_for_no_fingerprint_is_refused(operator, q):
    assert code(await operator.get(JOBS, params={"q": q})) == (422, "bad_query")
