"""Schedules are changed, paused and deleted, by those who may."""

import asyncio
from datetime import timedelta

import pytest

from api.conftest import http_client
from api.orders import ORDER, code
from api.schedules import PLAN, REASON, SCHEDULES, WRONG, fired, made, moment, patched, refusals


async def test_a_change_keeps_what_it_does_not_name(operator):
    before = await made(operator)

    after = (await patched(operator, before, overlap="allow", jitter_seconds=5)).json()

    kept = before.keys() - {"overlap", "jitter_seconds", "updated_at", "version", "due_at"}
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert (after["overlap"], after["jitter_seconds"], after["version"]) == ("allow", 5, 2)


async def test_another_timetable_counts_from_now(operator):
    before = await made(operator, cron="0 0 1 1 *", ends_at="2199-01-01T00:00:00Z")

    after = (await patched(operator, before, interval_seconds=60, ends_at=None)).json()

    assert (after["cron"], after["interval_seconds"], after["ends_at"]) == (None, 60, None)
    ahead = moment(after["next_fire_at"]) - moment(after["updated_at"])
    assert timedelta(0) < ahead <= timedelta(seconds=60)
    assert after["words"] == "Every minute"


async def test_a_change_that_changes_nothing_leaves_the_version(operator, admin):
    before = await made(operator)

    after = (await patched(operator, before, name="nightly", template=ORDER)).json()

    deeds = await trail(admin, before)
    assert (after["version"], [deed["action"] for deed in deeds]) == (1, ["schedule.created"])


async def test_true_and_one_are_different_payloads(operator):
    params = {"order_by": [{"column": "revenue", "desc": True}]}
    payload = {"dataset": "sales_q1", "operation": "filter", "params": params}
    before = await made(operator, template={"type": "data_processing", "payload": payload})
    params["order_by"][0]["desc"] = False

    after = await patched(
        operator, before, template={"type": "data_processing", "payload": payload}
    )

    assert after.json()["version"] == 2


async def test_of_two_who_looked_at_the_same_version_one_wins(operator, admin):
    before = await made(operator)

    answers = await asyncio.gather(
        patched(operator, before, jitter_seconds=5, version=1),
        patched(admin, before, overlap="allow", version=1),
    )

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    loser = next(answer for answer in answers if answer.status_code == 409)
    assert code(loser) == (409, "schedule_changed")
    after = (await operator.get(f"{SCHEDULES}/{before['id']}")).json()
    assert (after["overlap"] == "allow") != (after["jitter_seconds"] == 5)


async def test_changes_at_once_without_a_version_are_all_made(operator, admin):
    before = await made(operator)

    await asyncio.gather(
        patched(operator, before, jitter_seconds=5), patched(admin, before, overlap="allow")
    )

    after = (await operator.get(f"{SCHEDULES}/{before['id']}")).json()
    assert (after["overlap"], after["jitter_seconds"], after["version"]) == ("allow", 5, 3)


async def test_a_paused_schedule_says_who_paused_it_and_why(operator):
    schedule = await made(operator)
    url = f"{SCHEDULES}/{schedule['id']}"

    paused = (await operator.post(f"{url}/pause", json=REASON)).json()
    again = (await operator.post(f"{url}/pause", json={"reason": "still down"})).json()
    resumed = (await operator.post(f"{url}/resume")).json()
    twice = (await operator.post(f"{url}/resume")).json()

    assert (paused["paused"], paused["paused_by"]) == (True, "user:operator")
    assert (again["paused_at"], again["pause_reason"]) == (paused["paused_at"], "still down")
    assert paused["next_fire_at"] == schedule["next_fire_at"] == resumed["next_fire_at"]
    assert (resumed["paused"], resumed["paused_at"], resumed["pause_reason"]) == (False, None, None)
    assert (resumed["version"], twice["version"]) == (4, 4)


async def test_moments_that_passed_during_a_pause_are_not_made_up_for(operator, plain):
    schedule = await made(operator, cron=None, interval_seconds=60)
    url = f"{SCHEDULES}/{schedule['id']}"
    await operator.post(f"{url}/pause", json=REASON)
    await plain.execute(
        "UPDATE schedules SET created_at = created_at - interval '1 h 30 s',"
        " next_fire_at = next_fire_at - interval '1 h', due_at = due_at - interval '1 h'"
    )

    resumed = (await operator.post(f"{url}/resume")).json()

    ahead = moment(resumed["next_fire_at"]) - moment(resumed["updated_at"])
    assert timedelta(0) < ahead <= timedelta(seconds=60)
    whole = (moment(resumed["next_fire_at"]) - moment(resumed["created_at"])).total_seconds()
    assert whole % 60 == 0


async def test_a_moment_that_is_late_by_its_jitter_outlives_a_pause(operator, plain):
    schedule = await made(operator, cron=None, interval_seconds=60)
    url = f"{SCHEDULES}/{schedule['id']}"
    await plain.execute(
        "UPDATE schedules SET next_fire_at = now() - interval '1 s', due_at = now() + interval '9s'"
    )
    await operator.post(f"{url}/pause", json=REASON)

    resumed = (await operator.post(f"{url}/resume")).json()

    assert moment(resumed["next_fire_at"]) < moment(resumed["updated_at"])


async def test_a_schedule_can_be_run_now_beside_its_timetable(operator):
    schedule = await made(operator, overlap="skip")
    url = f"{SCHEDULES}/{schedule['id']}"
    await operator.post(f"{url}/pause", json=REASON)

    first = (await operator.post(f"{url}/run-now")).json()
    second = (await operator.post(f"{url}/run-now")).json()

    shown = (await operator.get(url)).json()
    job = (await operator.get(f"/api/v1/jobs/{first['job']['id']}")).json()
    assert (first["job"]["status"], first["skipped"]) == ("queued", None)
    assert (second["job"], first["job"]["id"] in second["skipped"]) == (None, True)
    assert (job["schedule_id"], job["created_by"]) == (schedule["id"], schedule["created_by"])
    assert [fire["actor"] for fire in shown["last_fires"]] == ["user:operator"] * 2
    assert shown["last_fires"][1]["job_status"] == "queued"
    assert shown["next_fire_at"] == schedule["next_fire_at"]


async def test_a_deleted_schedule_is_gone_with_its_record(operator, plain):
    schedule = await made(operator)
    url = f"{SCHEDULES}/{schedule['id']}"
    await fired(plain, schedule["id"], skipped="x")

    deleted = await operator.delete(url)

    answers = [
        await operator.get(url),
        await operator.get(f"{url}/fires"),
        await operator.patch(url, json={"overlap": "allow"}),
        await operator.post(f"{url}/pause", json=REASON),
        await operator.post(f"{url}/resume"),
        await operator.post(f"{url}/run-now"),
        await operator.delete(url),
    ]
    assert deleted.status_code == 204
    assert {code(answer) for answer in answers} == {(404, "not_found")}
    assert await plain.fetchval("SELECT count(*) FROM schedule_fires") == 0


async def test_every_deed_is_in_the_audit_trail_without_payloads(operator, admin):
    schedule = await made(operator)
    url = f"{SCHEDULES}/{schedule['id']}"
    await patched(operator, schedule, timezone="UTC", template=ORDER | {"priority": "low"})
    await operator.post(f"{url}/pause", json=REASON)
    await operator.post(f"{url}/resume")
    await operator.delete(url)

    deeds = await trail(admin, schedule)

    assert [deed["action"] for deed in deeds] == [
        "schedule.created", "schedule.updated", "schedule.paused", "schedule.resumed",
        "schedule.deleted",
    ]  # fmt: skip
    made_, updated, _, resumed, deleted = deeds
    assert made_["after"]["cron"] == PLAN["cron"]
    assert updated["before"].keys() == {"timezone", "template"} == updated["after"].keys()
    assert updated["before"]["timezone"] == "Europe/Berlin"
    assert updated["after"]["template"]["priority"] == "low"
    assert resumed["before"]["reason"] == REASON["reason"]
    assert deleted["before"]["name"] == "nightly"
    assert "sales_q1" not in str(deeds)


async def test_only_operators_make_and_steer_schedules(viewer, operator):
    url = f"{SCHEDULES}/{(await made(operator))['id']}"

    answers = [
        await viewer.post(SCHEDULES, json=PLAN),
        await viewer.patch(url, json={"overlap": "allow"}),
        await viewer.post(f"{url}/pause", json=REASON),
        await viewer.post(f"{url}/resume"),
        await viewer.post(f"{url}/run-now"),
        await viewer.delete(url),
    ]

    assert {code(answer) for answer in answers} == {(403, "role_too_low")}


@pytest.mark.parametrize("scope", [{"types": ["email"]}, {"priorities": ["low"]}], ids=str)
async def test_a_key_reaches_schedules_of_the_jobs_it_reaches(app, operator, scope):
    made_key = await operator.post("/api/v1/auth/api-keys", json={"name": "k", "scope": scope})
    operator_url = f"{SCHEDULES}/{(await made(operator))['id']}"
    async with http_client(app, **{"X-API-Key": made_key.json()["key"]}) as robot:
        answers = [
            await robot.post(SCHEDULES, json=PLAN | {"name": "mine"}),
            await robot.patch(operator_url, json={"overlap": "allow"}),
            await robot.post(f"{operator_url}/pause", json=REASON),
            await robot.post(f"{operator_url}/resume"),
            await robot.post(f"{operator_url}/run-now"),
            await robot.delete(operator_url),
        ]

    assert {code(answer) for answer in answers} == {(403, "key_too_narrow")}


WRONG_CHANGES = {
    "nothing": ({}, ""),
    "a version alone": ({"version": 1}, ""),
    "no version": ({"version": 0, "overlap": "allow"}, "/version"),
    "two timetables": ({"cron": "* * * * *", "interval_seconds": 5}, "/cron"),
    "null for a zone": ({"timezone": None}, "/timezone"),
    "when it fires next": ({"next_fire_at": "2030-01-01T00:00:00Z"}, "/next_fire_at"),
    "a pause": ({"paused_at": None}, "/paused_at"),
}


async def test_a_change_is_judged_as_a_new_one_is(operator):
    before = await made(operator)
    changes = {what: case for what, case in WRONG.items() if what not in ("no moment", "both")}
    changes |= WRONG_CHANGES

    answers = {
        what: await patched(operator, before, **fields) for what, (fields, _) in changes.items()
    }

    after = (await operator.get(f"{SCHEDULES}/{before['id']}")).json()
    assert refusals(answers) == {what: (422, pointer) for what, (_, pointer) in changes.items()}
    assert after["version"] == 1


async def trail(admin, schedule):
    """What was done to it, oldest first."""
    wanted = {"target": f"schedule:{schedule['id']}"}
    return (await admin.get("/api/v1/audit", params=wanted)).json()["items"][::-1]
