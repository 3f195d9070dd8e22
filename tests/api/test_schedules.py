"""Schedules are made, looked at and steered; timetables can be tried before they are used."""

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from api.conftest import http_client
from api.orders import ORDER, code
from taskforge.core.ids import new_id

SCHEDULES = "/api/v1/schedules"
PREVIEW = f"{SCHEDULES}/preview"
PLAN = {
    "name": "nightly", "cron": "30 2 * * *", "timezone": "Europe/Berlin", "template": ORDER,
}  # fmt: skip
REASON = {"reason": "the provider is down"}


@pytest.fixture
async def plain(database_url):
    it = await asyncpg.connect(database_url)
    yield it
    await it.close()


async def made(client, **fields):
    answer = await client.post(SCHEDULES, json=PLAN | fields)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def fired(plain, schedule_id, *, job_id=None, skipped=None, held=False, ago=0):
    """A moment that lies `ago` seconds back."""
    await plain.execute(
        "INSERT INTO schedule_fires (schedule_id, fire_at, job_id, skipped, held)"
        " VALUES ($1, now() - make_interval(secs => $2), $3, $4, $5)",
        schedule_id, ago, job_id, skipped, held,
    )  # fmt: skip


async def test_a_schedule_says_in_words_when_it_fires_and_shows_what_comes(operator, viewer):
    answer = await operator.post(SCHEDULES, json=PLAN | {"jitter_seconds": 60})

    schedule = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"{SCHEDULES}/{schedule['id']}"
    assert schedule["words"] == "At 02:30 every day"
    assert (schedule["type"], schedule["template"]) == ("data_processing", ORDER | {
        "webhook_url": None, "timeout_seconds": None, "tags": []})  # fmt: skip
    assert (schedule["overlap"], schedule["missed"], schedule["version"]) == ("skip", "run_once", 1)
    assert schedule["next_fires"][0]["at"] == schedule["next_fire_at"]
    assert len(schedule["next_fires"]) == 10
    late = moment(schedule["due_at"]) - moment(schedule["next_fire_at"])
    assert timedelta(0) <= late < timedelta(seconds=60)
    assert schedule["last_fires"] == []
    assert schedule["counts"] == {"jobs": 0, "skipped": 0, "held": 0}
    shown = (await viewer.get(f"{SCHEDULES}/{schedule['id']}")).json()
    listed = (await viewer.get(SCHEDULES)).json()["items"]
    assert shown.keys() == schedule.keys()
    assert [item["id"] for item in listed] == [schedule["id"]]
    assert all(shown[name] == value for name, value in listed[0].items())


async def test_intervals_are_counted_from_the_creation_or_the_start(operator):
    start = (datetime.now(UTC) - timedelta(hours=1)).replace(microsecond=0)

    plain = await made(operator, cron=None, interval_seconds=90)
    begun = await made(
        operator, name="b", cron=None, interval_seconds=7_200, starts_at=start.isoformat()
    )

    assert moment(plain["next_fire_at"]) - moment(plain["created_at"]) == timedelta(seconds=90)
    assert moment(begun["next_fire_at"]) == start + timedelta(hours=2)


async def test_what_became_of_each_moment_is_listed_newest_first(operator, plain):
    schedule = await made(operator)
    job = (await operator.post("/api/v1/jobs", json=ORDER)).json()
    await fired(plain, schedule["id"], job_id=job["id"], ago=10)
    await fired(plain, schedule["id"], job_id=new_id(), ago=30)
    await fired(plain, schedule["id"], skipped="the job before it runs", ago=20)
    await fired(plain, schedule["id"], held=True, ago=5)

    pages = await all_pages(operator, f"{SCHEDULES}/{schedule['id']}/fires", limit=1)

    assert [(it["job_id"], it["job_status"], it["skipped"], it["held"]) for it in pages] == [
        (None, None, None, True),
        (job["id"], "queued", None, False),
        (None, None, "the job before it runs", False),
        (pages[3]["job_id"], None, None, False),  # it has been deleted
    ]
    shown = (await operator.get(f"{SCHEDULES}/{schedule['id']}")).json()
    listed = (await operator.get(SCHEDULES)).json()["items"][0]
    assert shown["last_fires"] == pages
    assert shown["counts"] == {"jobs": 2, "skipped": 1, "held": 1}
    assert listed["last_fire"] == shown["last_fire"] == pages[0]


async def test_lists_are_narrowed_and_paged(operator):
    ids = [(await made(operator, name=f"report {n}"))["id"] for n in range(5)]
    mail = await made(
        operator, name="mail", template={"type": "custom", "payload": ORDER["payload"]}
    )
    await operator.post(f"{SCHEDULES}/{ids[1]}/pause", json=REASON)

    async def found(**wanted):
        return [it["id"] for it in await all_pages(operator, SCHEDULES, limit=2, **wanted)]

    assert await found() == [mail["id"], *reversed(ids)]
    assert await found(name="report") == ids[::-1]
    assert await found(name="eport") == []
    assert await found(type="custom") == [mail["id"]]
    assert await found(paused="true") == [ids[1]]
    assert await found(paused="false", name="report 1") == []


async def test_a_cursor_is_good_for_its_list_alone(operator, plain):
    one, other = await made(operator, name="a"), await made(operator, name="b")
    for ago in (1, 2):
        await fired(plain, one["id"], skipped="x", ago=ago)
    page = (await operator.get(f"{SCHEDULES}/{one['id']}/fires", params={"limit": 1})).json()

    answer = await operator.get(
        f"{SCHEDULES}/{other['id']}/fires", params={"cursor": page["next_cursor"]}
    )

    assert code(answer) == (400, "bad_cursor")


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


async def test_a_name_is_one_schedules_alone(operator, admin):
    answers = await asyncio.gather(
        *(client.post(SCHEDULES, json=PLAN) for client in (operator, admin, operator, admin))
    )
    other = await made(operator, name="other")

    renamed = await patched(operator, other, name="nightly")

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    losers = {code(answer) for answer in answers if answer.status_code == 409}
    assert losers == {code(renamed)} == {(409, "schedule_name_taken")}


async def test_an_account_has_its_number_of_schedules(operator, plain):
    owner = (await made(operator))["created_by"]
    await plain.execute(
        "INSERT INTO schedules (id, name, cron, timezone, template, overlap, missed, created_by)"
        " SELECT gen_random_uuid(), 's' || n, '0 0 * * *', 'UTC', '{\"type\": \"custom\"}',"
        " 'skip', 'skip', $1 FROM generate_series(2, 999) AS n",
        owner,
    )  # fmt: skip

    answers = await asyncio.gather(
        *(operator.post(SCHEDULES, json=PLAN | {"name": f"new {n}"}) for n in range(3))
    )

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    losers = {code(answer) for answer in answers if answer.status_code == 409}
    assert losers == {(409, "too_many_schedules")}


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
            await robot.delete(operator_url),
        ]

    assert {code(answer) for answer in answers} == {(403, "key_too_narrow")}


WRONG = {
    "no name": ({"name": None}, "/name"),
    "name with a line break": ({"name": "a\n"}, "/name"),
    "long name": ({"name": "x" * 101}, "/name"),
    "no day": ({"cron": "0 0 31 2 *"}, "/cron"),
    "step of nothing": ({"cron": "*/0 * * * *"}, "/cron"),
    "billions": ({"cron": "0-9999999999 * * * *"}, "/cron"),
    "both": ({"interval_seconds": 5}, "/cron"),
    "neither": ({"cron": None}, "/cron"),
    "too often": ({"cron": None, "interval_seconds": 0.9}, "/interval_seconds"),
    "too seldom": ({"cron": None, "interval_seconds": 1e300}, "/interval_seconds"),
    "no zone": ({"timezone": "Mars/Olympus"}, "/timezone"),
    "a path for a zone": ({"timezone": "../../etc/passwd"}, "/timezone"),
    "start without a zone": ({"starts_at": "2030-01-01T00:00:00"}, "/starts_at"),
    "start beyond the calendar": ({"starts_at": "9999-12-31T23:59:59-23:59"}, "/starts_at"),
    "end before the start": (
        {"starts_at": "2031-01-01T00:00:00Z", "ends_at": "2030-01-01T00:00:00Z"}, "/ends_at"),
    "end in the past": ({"ends_at": "2020-01-01T00:00:00Z"}, "/ends_at"),
    "no moment before the end": (
        {"starts_at": "2030-01-01T00:00:00Z", "ends_at": "2030-01-01T00:00:01Z"}, "/ends_at"),
    "overlap": ({"overlap": "replace"}, "/overlap"),
    "missed": ({"missed": "all"}, "/missed"),
    "jitter": ({"jitter_seconds": 3_601}, "/jitter_seconds"),
    "jitter back in time": ({"jitter_seconds": -1}, "/jitter_seconds"),
    "unknown field": ({"crons": "* * * * *"}, "/crons"),
    "no type": ({"template": {"type": "coffee"}}, "/template/type"),
    "no template": ({"template": None}, "/template"),
    "payload": (
        {"template": ORDER | {"payload": {"dataset": "sales_q1", "operation": "x"}}},
        "/template/payload/operation"),
    "key in a template": ({"template": ORDER | {"idempotency_key": "k"}},
                          "/template/idempotency_key"),
    "receiver": ({"template": ORDER | {"webhook_url": "http://127.0.0.1/"}},
                 "/template/webhook_url"),
    "large payload": (
        {"template": {"type": "custom", "payload": {str(n): "x" * 60_000 for n in range(5)}}},
        "/template"),
}  # fmt: skip
WRONG_CHANGES = {
    "nothing": ({}, ""),
    "a version alone": ({"version": 1}, ""),
    "no version": ({"version": 0, "overlap": "allow"}, "/version"),
    "two timetables": ({"cron": "* * * * *", "interval_seconds": 5}, "/cron"),
    "null for a zone": ({"timezone": None}, "/timezone"),
    "when it fires next": ({"next_fire_at": "2030-01-01T00:00:00Z"}, "/next_fire_at"),
    "a pause": ({"paused_at": None}, "/paused_at"),
}


async def test_what_makes_no_sense_is_refused_at_once_with_a_pointer(operator, plain):
    answers = {}
    for what, (fields, _) in WRONG.items():
        body = {name: part for name, part in (PLAN | fields).items() if part is not None}
        answers[what] = await operator.post(SCHEDULES, json=body)

    assert refusals(answers) == {what: (422, pointer) for what, (_, pointer) in WRONG.items()}
    assert await plain.fetchval("SELECT count(*) FROM schedules") == 0


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


async def test_what_is_no_id_is_no_schedule(operator):
    for name in ("normal", "nightly", "x" * 300, "%00", "%2e%2e"):
        answers = [
            await operator.get(f"{SCHEDULES}/{name}"),
            await operator.delete(f"{SCHEDULES}/{name}"),
            await operator.get(f"{SCHEDULES}/{name}/fires"),
        ]
        assert {answer.status_code for answer in answers} <= {404, 405}, name


def refusals(answers):
    return {
        what: (it.status_code, it.json()["errors"][0]["pointer"] if it.is_error else it.json())
        for what, it in answers.items()
    }


async def trail(admin, schedule):
    """What was done to it, oldest first."""
    wanted = {"target": f"schedule:{schedule['id']}"}
    return (await admin.get("/api/v1/audit", params=wanted)).json()["items"][::-1]


async def patched(client, schedule, **fields):
    return await client.patch(f"{SCHEDULES}/{schedule['id']}", json=fields)


async def all_pages(client, path, **wanted):
    items, cursor = [], {}
    while True:
        page = (await client.get(path, params={**wanted, **cursor})).json()
        items += page["items"]
        if page["next_cursor"] is None:
            return items
        cursor = {"cursor": page["next_cursor"]}


def moment(text):
    return datetime.fromisoformat(text)


async def test_a_timetable_is_told_in_words_and_moments(viewer):
    asked = {
        "cron": "30 2 * * *",
        "timezone": "Europe/Berlin",
        "after": "2026-03-28T12:00:00Z",
        "count": 2,
    }

    answer = (await viewer.post(PREVIEW, json=asked)).json()

    assert answer["words"] == "At 02:30 every day"
    assert answer["fires"] == [
        {"at": "2026-03-29T01:00:00Z", "local": "2026-03-29T03:00:00+02:00",
         "clock_change_minutes": 60},
        {"at": "2026-03-30T00:30:00Z", "local": "2026-03-30T02:30:00+02:00",
         "clock_change_minutes": 0},
    ]  # fmt: skip


async def test_a_trial_keeps_to_its_start_and_end(viewer):
    asked = {
        "interval_seconds": 60,
        "after": "2026-03-28T12:00:00Z",
        "starts_at": "2026-03-28T13:00:30Z",
        "ends_at": "2026-03-28T13:02:30Z",
    }

    answer = (await viewer.post(PREVIEW, json=asked)).json()

    moments = [fire["at"] for fire in answer["fires"]]
    assert moments == ["2026-03-28T13:00:30Z", "2026-03-28T13:01:30Z"]


async def test_without_a_moment_it_begins_now(viewer):
    answer = (await viewer.post(PREVIEW, json={"interval_seconds": 1.5})).json()

    assert len(answer["fires"]) == 10


TRIALS = [
    ({"cron": "*/0 * * * *"}, "/cron"),
    ({"cron": "0-9999999999 * * * *"}, "/cron"),
    ({"cron": "*" * 121}, "/cron"),
    ({"cron": "0 0 31 2 *"}, "/cron"),
    ({"cron": "0 0 * * *", "timezone": "Mars/Olympus"}, "/timezone"),
    ({"interval_seconds": 0.5}, "/interval_seconds"),
    ({"interval_seconds": 1e300}, "/interval_seconds"),
    ({}, "/cron"),
    ({"cron": "* * * * *", "interval_seconds": 5}, "/cron"),
    ({"cron": "* * * * *", "count": 51}, "/count"),
    ({"cron": "* * * * *", "after": "9999-12-31T23:59:59Z"}, "/after"),
    ({"cron": "* * * * *", "after": "0001-01-01T00:00:00Z"}, "/after"),
    ({"cron": "* * * * *", "cadence": 1}, "/cadence"),
    ({"cron": "* * * * *", "starts_at": "2026-01-01T00:00:00"}, "/starts_at"),
    ({"cron": "* * * * *", "starts_at": "9999-12-31T23:59:59-23:59"}, "/starts_at"),
    ({"cron": "* * * * *", "ends_at": "0001-01-01T00:00:00+23:59"}, "/ends_at"),
]


async def test_trials_that_make_no_sense_are_refused_with_a_pointer(viewer):
    answers = [await viewer.post(PREVIEW, json=asked) for asked, _ in TRIALS]

    found = [(it.status_code, it.json()["errors"][0]["pointer"]) for it in answers]
    assert found == [(422, pointer) for _, pointer in TRIALS]
