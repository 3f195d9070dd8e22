"""A schedule to make, what makes none, and what tests ask of them."""

from datetime import datetime
from typing import Any

from api.orders import ORDER

SCHEDULES = "/api/v1/schedules"
PLAN: dict[str, Any] = {
    "name": "nightly", "cron": "30 2 * * *", "timezone": "Europe/Berlin", "template": ORDER,
}  # fmt: skip
REASON = {"reason": "the provider is down"}
WRONG: dict[str, tuple[dict[str, Any], str]] = {
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
"""By what is wrong: fields of a plan, None for one that is missing, and the pointer."""


async def made(client, **fields):
    answer = await client.post(SCHEDULES, json=PLAN | fields)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def fired(plain, schedule_id, *, job_id=None, skipped=None, held=False, ago=0):
    """A moment that lies `ago` seconds back."""
    await plain.execute(
        "INSERT INTO schedule_fires (schedule_id, fire_at, job_id, skipped, held, open)"
        " VALUES ($1, now() - make_interval(secs => $2), $3, $4, $5, $5)",
        schedule_id, ago, job_id, skipped, held,
    )  # fmt: skip


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


def refusals(answers):
    return {
        what: (it.status_code, it.json()["errors"][0]["pointer"] if it.is_error else it.json())
        for what, it in answers.items()
    }
