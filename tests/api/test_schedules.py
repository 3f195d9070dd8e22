"""Schedules are made, looked at and listed."""

import asyncio
from datetime import UTC, datetime, timedelta

from api.orders import ORDER, code
from api.schedules import (
    PLAN,
    REASON,
    SCHEDULES,
    WRONG,
    all_pages,
    fired,
    made,
    moment,
    patched,
    refusals,
)
from taskforge.core.ids import new_id


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
    assert shown["last_fires"] == listed["last_fires"] == pages
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


async def test_what_makes_no_sense_is_refused_at_once_with_a_pointer(operator, plain):
    answers = {}
    for what, (fields, _) in WRONG.items():
        body = {name: part for name, part in (PLAN | fields).items() if part is not None}
        answers[what] = await operator.post(SCHEDULES, json=body)

    assert refusals(answers) == {what: (422, pointer) for what, (_, pointer) in WRONG.items()}
    assert await plain.fetchval("SELECT count(*) FROM schedules") == 0


async def test_what_is_no_id_is_no_schedule(operator):
    for name in ("normal", "nightly", "x" * 300, "%00", "%2e%2e"):
        answers = [
            await operator.get(f"{SCHEDULES}/{name}"),
            await operator.delete(f"{SCHEDULES}/{name}"),
            await operator.get(f"{SCHEDULES}/{name}/fires"),
        ]
        assert {answer.status_code for answer in answers} <= {404, 405}, name
