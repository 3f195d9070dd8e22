"""API keys that are narrowed, sessions that are ended (S-02, S-09)."""

from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from taskforge.flows import tickets
from tests.api.conftest import http_client

KEYS = "/api/v1/auth/api-keys"
SESSIONS = "/api/v1/auth/sessions"
ORDER = {"type": "data_processing", "payload": {"dataset": "sales_q1", "operation": "profile"}}


@asynccontextmanager
async def keyed(app, owner, **order):
    """A client with a fresh key."""
    made = await owner.post(KEYS, json={"name": "robot", **order})
    assert made.status_code == 201, made.text
    async with http_client(app, **{"X-API-Key": made.json()["key"]}) as client:
        yield client


async def test_a_key_may_what_its_account_may(app, operator):
    async with keyed(app, operator) as robot:
        assert (await robot.post("/api/v1/jobs", json=ORDER)).status_code == 201
        assert (await robot.get("/api/v1/jobs")).status_code == 200


@pytest.mark.parametrize(
    ("scope", "may_read", "may_submit"),
    [
        ({"permissions": ["read"]}, 200, 403),
        ({"permissions": ["submit"]}, 403, 201),
        ({"permissions": []}, 403, 403),
        ({"types": ["data_processing"]}, 200, 201),
        ({"types": ["custom"]}, 200, 403),
        ({"priorities": ["low"]}, 200, 403),
        ({"priorities": ["normal", "low"]}, 200, 201),
    ],
)
async def test_a_narrowed_key_may_no_more_than_that(app, operator, scope, may_read, may_submit):
    async with keyed(app, operator, scope=scope) as robot:
        read, submitted = (
            await robot.get("/api/v1/jobs"),
            await robot.post("/api/v1/jobs", json=ORDER),
        )

    assert (read.status_code, submitted.status_code) == (may_read, may_submit)


@pytest.mark.parametrize(
    ("scope", "queue", "job_type"),
    [
        ({}, 200, 200),
        ({"types": ["custom"]}, 403, 200),
        ({"types": ["email"]}, 403, 403),
        ({"priorities": ["low"]}, 200, 403),
        ({"priorities": ["high"]}, 403, 403),
        ({"types": ["custom"], "priorities": ["low"]}, 403, 403),
    ],
)
async def test_a_narrowed_key_limits_only_what_is_wholly_its_own(
    app, admin, scope, queue, job_type
):
    body = {"concurrency_limit": 3}
    async with keyed(app, admin, scope=scope) as robot:
        answers = [
            await robot.patch("/api/v1/queues/low", json=body),
            await robot.patch("/api/v1/job-types/custom", json=body),
        ]

    assert [answer.status_code for answer in answers] == [queue, job_type]


async def test_a_narrowed_key_acts_on_its_own_kind_alone(app, operator):
    job = (await operator.post("/api/v1/jobs", json={**ORDER, "delay_seconds": 60})).json()
    path = f"/api/v1/jobs/{job['id']}"

    async with keyed(app, operator, scope={"types": ["custom"]}) as robot:
        refused = [
            await robot.post(f"{path}/cancel"),
            await robot.post(f"{path}/retry"),
            await robot.patch(path, json={"priority": "low"}),
            await robot.delete(path),
        ]
    async with keyed(app, operator, scope={"types": ["data_processing"]}) as robot:
        cancelled = await robot.post(f"{path}/cancel")

    assert [answer.status_code for answer in refused] == [403] * 4
    assert {answer.json()["code"] for answer in refused} == {"key_too_narrow"}
    assert cancelled.status_code == 200


async def test_in_a_bulk_call_each_item_is_judged_by_itself(app, operator):
    jobs = [ORDER, {**ORDER, "type": "custom"}]

    async with keyed(app, operator, scope={"types": ["custom"]}) as robot:
        answer = (await robot.post("/api/v1/jobs/bulk", json={"jobs": jobs})).json()

    assert [item["status"] for item in answer["items"]] == [403, 201]


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", KEYS), ("POST", KEYS), ("GET", SESSIONS), ("POST", "/api/v1/auth/api-key"),
     ("POST", "/api/v1/webhooks/secret"), ("PATCH", "/api/v1/auth/me")],
)  # fmt: skip
async def test_a_key_cannot_make_itself_at_home(app, operator, method, path):
    async with keyed(app, operator) as robot:
        answer = await robot.request(method, path, json={"name": "more"})

    assert answer.status_code == 403
    assert answer.json()["code"] == "session_needed"


async def test_an_admins_key_does_not_manage_accounts(app, admin):
    async with keyed(app, admin) as robot:
        assert (await robot.get("/api/v1/users")).status_code == 403
        assert (await robot.get("/api/v1/audit")).status_code == 200


async def test_keys_are_listed_with_their_use_and_revoked(app, operator):
    async with keyed(app, operator, scope={"types": ["custom"]}) as robot:
        await robot.get("/api/v1/jobs")
        [key] = (await operator.get(KEYS)).json()["items"]
        gone = await operator.delete(f"{KEYS}/{key['id']}")
        after = await robot.get("/api/v1/jobs")

    assert key["name"] == "robot"
    assert key["scope"] == {"types": ["custom"], "permissions": None, "priorities": None,
                            "rate_limit": None, "networks": None}  # fmt: skip
    assert key["last_used_at"] is not None
    assert "key" not in key
    assert gone.status_code == 204
    assert after.status_code == 401
    assert (await operator.get(KEYS)).json()["items"] == []


async def test_a_key_with_a_limit_of_its_own_is_counted_by_itself(app, operator):
    async with keyed(app, operator, scope={"rate_limit": 2}) as robot:
        statuses = [(await robot.get("/api/v1/job-types")).status_code for _ in range(3)]

    assert statuses == [200, 200, 429]
    assert (await operator.get("/api/v1/job-types")).status_code == 200


@pytest.mark.parametrize(
    ("networks", "status"),
    [
        (["127.0.0.0/8"], 200),
        (["192.0.2.1", "127.0.0.1"], 200),
        (["::1", "192.0.2.0/24"], 403),
    ],
)
async def test_a_key_is_used_from_its_own_networks_alone(app, operator, networks, status):
    async with keyed(app, operator, scope={"networks": networks}) as robot:
        answers = [await robot.get("/api/v1/jobs"), await robot.post("/api/v1/ws-ticket")]
        if status != 200:
            answers.append(await robot.get("/api/v1/events"))

    assert {it.status_code for it in answers} <= {status, 201}
    if status == 403:
        assert {it.json()["code"] for it in answers} == {"key_not_from_here"}


async def test_a_ticket_of_a_key_is_used_from_its_own_networks_alone(app, deps, operator):
    async with keyed(app, operator, scope={"networks": ["127.0.0.1"]}) as robot:
        made = (await robot.post("/api/v1/ws-ticket")).json()

    principal = await tickets.take_ticket(deps, made["ticket"])

    assert principal._replace(ip="127.0.0.1").is_at_home()
    assert not principal._replace(ip="127.0.0.2").is_at_home()


async def test_networks_are_kept_in_one_form(operator):
    networks = ["2001:DB8:0::/32", "192.0.2.7", "192.0.2.7/32", "0.0.0.0/0"]
    await operator.post(KEYS, json={"name": "robot", "scope": {"networks": networks}})

    [key] = (await operator.get(KEYS)).json()["items"]

    assert key["scope"]["networks"] == ["0.0.0.0/0", "192.0.2.7/32", "2001:db8::/32"]


@pytest.mark.parametrize(
    "networks",
    [[], ["192.0.2.1/24"], ["192.0.2.0/33"], ["example.com"], ["::ffff:192.0.2.1"], ["fe80::1%1"],
     ["0177.0.0.1"], [""], [1], ["192.0.2.0/24"] * 21, "192.0.2.0/24"],
    ids=str,
)  # fmt: skip
async def test_what_is_no_network_is_refused(operator, networks):
    answer = await operator.post(KEYS, json={"name": "x", "scope": {"networks": networks}})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].startswith("/scope")


async def test_a_further_key_lives_90_days_unless_one_says_otherwise(operator):
    made = [
        (await operator.post(KEYS, json={"name": "x", **order})).json()["expires_at"]
        for order in ({}, {"expires_at": None}, {"expires_at": "2090-01-01T00:00:00Z"})
    ]

    by_default = datetime.fromisoformat(made[0]) - datetime.now(UTC)
    assert timedelta(days=89, hours=23) < by_default < timedelta(days=90, minutes=1)
    assert made[1:] == [None, "2090-01-01T00:00:00Z"]
    listed = (await operator.get(KEYS)).json()["items"]
    assert [key["expires_at"] for key in reversed(listed)] == made


async def test_the_default_key_does_not_expire(operator):
    await operator.post("/api/v1/auth/api-key")

    [key] = (await operator.get(KEYS)).json()["items"]
    assert key["expires_at"] is None


async def test_a_key_that_has_expired_lets_nobody_in(app, deps, operator):
    async with keyed(app, operator) as robot:
        async with deps.db.connect() as connection:
            await connection.exec_driver_sql("UPDATE api_keys SET expires_at = now()")
        answer = await robot.get("/api/v1/jobs")

    assert (answer.status_code, answer.json()["code"]) == (401, "api_key_invalid")


async def test_an_account_has_at_most_twenty_keys(operator):
    statuses = [
        (await operator.post(KEYS, json={"name": f"key {n}"})).status_code for n in range(21)
    ]

    assert statuses == [201] * 20 + [409]


@pytest.mark.parametrize(
    "order",
    [
        {},
        {"name": ""},
        {"name": "a\nb"},
        {"name": "x" * 65},
        {"name": "x", "scope": {"types": ["no_such_type"]}},
        {"name": "x", "scope": {"permissions": ["everything"]}},
        {"name": "x", "scope": {"surprise": 1}},
        {"name": "x", "expires_at": "2020-01-01T00:00:00Z"},
        {"name": "x", "expires_at": "2090-01-01T00:00:00"},
        {"name": "x", "user_id": "00000000-0000-0000-0000-000000000000"},
    ],
)
async def test_a_senseless_key_is_refused(operator, order):
    answer = await operator.post(KEYS, json=order)

    assert answer.status_code in (400, 422), answer.text
    assert answer.headers["content-type"] == "application/problem+json"


async def test_nobody_revokes_another_accounts_key(operator, viewer):
    made = (await operator.post(KEYS, json={"name": "mine"})).json()

    assert (await viewer.delete(f"{KEYS}/{made['id']}")).status_code == 404
    assert len((await operator.get(KEYS)).json()["items"]) == 1


async def test_a_session_is_listed_and_ended(app, operator, client):
    [session] = (await operator.get(SESSIONS)).json()["items"]

    gone = await operator.delete(f"{SESSIONS}/{session['id']}")

    assert session["current"] is True
    assert session["ip"] == "192.0.2.1"
    assert gone.status_code == 204
    assert (await operator.get(SESSIONS)).status_code == 401


async def test_nobody_ends_another_accounts_session(operator, viewer):
    [session] = (await operator.get(SESSIONS)).json()["items"]

    assert (await viewer.delete(f"{SESSIONS}/{session['id']}")).status_code == 404
    assert (await operator.get(SESSIONS)).status_code == 200
