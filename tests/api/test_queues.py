"""Queues can be looked at by all, and paused by admins."""

from datetime import UTC, datetime, timedelta

import pytest

from api.orders import ORDER
from taskforge.flows import queues

QUEUES = "/api/v1/queues"
REASON = {"reason": "the provider is down"}


async def test_a_paused_queue_says_who_paused_it_and_why_and_still_takes_jobs(admin, operator):
    paused = await admin.post(f"{QUEUES}/high/pause", json=REASON)
    taken = await operator.post("/api/v1/jobs", json=ORDER | {"priority": "high"})

    shown = (await operator.get(f"{QUEUES}/high")).json()
    assert (paused.status_code, taken.status_code) == (200, 201)
    assert paused.json()["paused_at"] == shown["paused_at"]
    assert (shown["paused"], shown["paused_by"]) == (True, "user:admin")
    assert (shown["pause_reason"], shown["resume_at"]) == (REASON["reason"], None)
    assert (shown["depth"], shown["drain_seconds"]) == (1, None)


async def test_pausing_again_changes_reason_and_end_but_not_the_beginning(admin):
    end = (datetime.now(UTC) + timedelta(hours=2)).isoformat()
    first = (await admin.post(f"{QUEUES}/low/pause", json=REASON)).json()

    again = await admin.post(f"{QUEUES}/low/pause", json={"reason": "still down", "resume_at": end})

    shown = again.json()
    assert (shown["paused_at"], shown["pause_reason"]) == (first["paused_at"], "still down")
    assert datetime.fromisoformat(shown["resume_at"]) == datetime.fromisoformat(end)


async def test_resuming_is_for_any_state(admin):
    never_paused = await admin.post(f"{QUEUES}/low/resume")
    await admin.post(f"{QUEUES}/low/pause", json=REASON)
    resumed = await admin.post(f"{QUEUES}/low/resume")

    assert [it.json()["paused"] for it in (never_paused, resumed)] == [False, False]
    assert (resumed.json()["pause_reason"], resumed.json()["paused_by"]) == (None, None)


async def test_each_turn_is_in_the_audit_trail_with_what_was_before(admin):
    await admin.post(f"{QUEUES}/low/resume")  # no turn
    await admin.post(f"{QUEUES}/low/pause", json=REASON)
    await admin.post(f"{QUEUES}/low/resume")

    deeds = (await admin.get("/api/v1/audit", params={"target": "queue:low"})).json()["items"]

    assert [deed["action"] for deed in deeds] == ["queue.resumed", "queue.paused"]
    assert deeds[0]["before"]["reason"] == deeds[1]["after"]["reason"] == REASON["reason"]
    assert deeds[1]["before"] is None


async def test_only_admins_pause(operator, viewer):
    for client in (operator, viewer):
        for deed in ("pause", "resume"):
            answer = await client.post(f"{QUEUES}/low/{deed}", json=REASON)
            assert (answer.status_code, answer.json()["code"]) == (403, "role_too_low")


@pytest.mark.parametrize("name", ["normal", "LOW", "low%00", "%2e%2e", "x" * 300])
async def test_there_are_no_other_queues(admin, name):
    answers = [
        await admin.get(f"{QUEUES}/{name}"),
        await admin.post(f"{QUEUES}/{name}/pause", json=REASON),
        await admin.post(f"{QUEUES}/{name}/resume"),
    ]

    assert {answer.status_code for answer in answers} == {404}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/reason"),
        ({"reason": ""}, "/reason"),
        ({"reason": "x" * 501}, "/reason"),
        ({"reason": "a\x1bb"}, "/reason"),
        ({"reason": "x", "until": "later"}, "/until"),
        ({"reason": "x", "resume_at": "2030-01-01T00:00:00"}, "/resume_at"),
        ({"reason": "x", "resume_at": "2020-01-01T00:00:00Z"}, "/resume_at"),
        ({"reason": "x", "resume_at": "9999-12-31T23:59:59Z"}, "/resume_at"),
    ],
)
async def test_an_order_that_makes_no_sense_pauses_nothing(admin, body, pointer):
    answer = await admin.post(f"{QUEUES}/low/pause", json=body)

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert not (await admin.get(f"{QUEUES}/low")).json()["paused"]


async def test_a_pause_with_an_end_ends_by_itself_and_once(admin, deps, plain):
    end = (datetime.now(UTC) + timedelta(hours=2)).isoformat()
    await admin.post(f"{QUEUES}/low/pause", json=REASON | {"resume_at": end})
    assert await queues.resume_due(deps) == 0
    await plain.execute("UPDATE queues SET resume_at = now() - interval '1 s' WHERE name = 'low'")

    assert [await queues.resume_due(deps), await queues.resume_due(deps)] == [1, 0]

    shown = (await admin.get(f"{QUEUES}/low")).json()
    assert (shown["paused"], shown["resume_at"]) == (False, None)


async def test_a_limit_is_set_shown_and_lifted_and_each_change_is_in_the_trail(admin, viewer):
    for most in (20, 20, 0, None):
        answer = await admin.patch(f"{QUEUES}/low", json={"concurrency_limit": most})
        assert (answer.status_code, answer.json()["concurrency_limit"]) == (200, most)
        assert (await viewer.get(f"{QUEUES}/low")).json()["concurrency_limit"] == most

    deeds = (await admin.get("/api/v1/audit", params={"target": "queue:low"})).json()["items"]
    turns = [(it["before"]["concurrency_limit"], it["after"]["concurrency_limit"]) for it in deeds]
    assert turns == [(0, None), (20, 0), (None, 20)]


@pytest.mark.parametrize("path", ["queues/low", "job-types/email"])
@pytest.mark.parametrize("most", [-1, 100_001, 1.5, "5", True, [], 10**30])
async def test_a_limit_that_makes_no_sense_limits_nothing(admin, path, most):
    answer = await admin.patch(f"/api/v1/{path}", json={"concurrency_limit": most})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/concurrency_limit"
    assert (await admin.get(f"/api/v1/{path}")).json()["concurrency_limit"] is None


@pytest.mark.parametrize("path", ["queues/low", "job-types/email"])
async def test_an_order_without_a_limit_is_no_order_to_lift_it(admin, path):
    await admin.patch(f"/api/v1/{path}", json={"concurrency_limit": 3})

    answer = await admin.patch(f"/api/v1/{path}", json={})

    assert answer.status_code == 422
    assert (await admin.get(f"/api/v1/{path}")).json()["concurrency_limit"] == 3


async def test_a_limit_that_rises_hints_what_waits(admin, operator, deps, plain):
    await plain.execute(
        "INSERT INTO workers (id, host, pid, version, queues, types, slots, status) VALUES"
        " (gen_random_uuid(), 'h', 1, '1', '{low}', '{data_processing}', 2, 'online')"
    )
    for path in ("queues/low", "job-types/data_processing"):
        await admin.patch(f"/api/v1/{path}", json={"concurrency_limit": 0})
        await operator.post("/api/v1/jobs", json=ORDER | {"priority": "low"})
        await deps.redis.flushdb()

        await admin.patch(f"/api/v1/{path}", json={"concurrency_limit": 2})

        assert await deps.redis.llen("taskforge:low") > 0
