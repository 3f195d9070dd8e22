"""Every call that changes something leaves its rows in the audit trail, and a refused one none.

The routes come from the table: a new one has to be entered here, with what it leaves.
"""

from typing import Any

from litestar.handlers.base import BaseRouteHandler

from taskforge.api.auth import handlers_of
from tests.api.access.calls import V1, Caller, body_of, is_success
from tests.api.access.world import World
from tests.api.conftest import PASSWORD, http_client

TRAIL: dict[str, list[tuple[str, str]]] = {
    f"POST {V1}/auth/register": [("user.created", "user")],
    f"PATCH {V1}/auth/me": [("password.changed", "user")],
    f"POST {V1}/auth/api-key": [("api_key.created", "api_key")],
    f"DELETE {V1}/auth/api-key": [("api_key.revoked", "api_key")],
    f"POST {V1}/auth/api-keys": [("api_key.created", "api_key")],
    f"DELETE {V1}/auth/api-keys/{{key_id}}": [("api_key.revoked", "api_key")],
    f"DELETE {V1}/auth/sessions/{{session_id}}": [("session.ended", "session")],
    f"PATCH {V1}/users/{{user_id}}": [("user.updated", "user")],
    f"POST {V1}/jobs": [("job.submitted", "job")],
    f"POST {V1}/jobs/bulk": [("job.submitted", "job")],
    f"POST {V1}/jobs/{{job_id}}/cancel": [("job.cancelled", "job")],
    f"POST {V1}/jobs/{{job_id}}/retry": [("job.retried", "job")],
    f"PATCH {V1}/jobs/{{job_id}}": [("job.reprioritised", "job")],
    f"DELETE {V1}/jobs/{{job_id}}": [("job.deleted", "job")],
    f"POST {V1}/operations": [("operation.created", "operation")],
    f"POST {V1}/operations/{{operation_id}}/stop": [("operation.stopped", "operation")],
    f"PATCH {V1}/failures/{{fingerprint}}": [("failure.updated", "failure")],
    f"POST {V1}/uploads": [("upload.created", "upload")],
    f"DELETE {V1}/uploads/{{upload_id}}": [("upload.deleted", "upload")],
    f"PATCH {V1}/queues/{{name}}": [("queue.limited", "queue")],
    f"PATCH {V1}/job-types/{{name}}": [("job_type.limited", "job_type")],
    f"POST {V1}/queues/{{name}}/pause": [("queue.paused", "queue")],
    f"POST {V1}/queues/{{name}}/resume": [("queue.resumed", "queue")],
    f"POST {V1}/schedules": [("schedule.created", "schedule")],
    f"PATCH {V1}/schedules/{{schedule_id}}": [("schedule.updated", "schedule")],
    f"POST {V1}/schedules/{{schedule_id}}/pause": [("schedule.paused", "schedule")],
    f"POST {V1}/schedules/{{schedule_id}}/resume": [("schedule.resumed", "schedule")],
    f"POST {V1}/schedules/{{schedule_id}}/run-now": [("schedule.run_now", "schedule")],
    f"DELETE {V1}/schedules/{{schedule_id}}": [("schedule.deleted", "schedule")],
    f"POST {V1}/workers/{{worker_id}}/drain": [("worker.drained", "worker")],
    f"POST {V1}/workers/{{worker_id}}/resume": [("worker.resumed", "worker")],
    f"POST {V1}/workers/{{worker_id}}/stop": [("worker.stopped", "worker")],
    f"DELETE {V1}/mailbox": [("mailbox.emptied", "")],
    f"POST {V1}/webhooks/secret": [("webhook_secret.made", "user")],
    f"DELETE {V1}/webhooks/secret/previous": [("webhook_secret.ended", "user")],
    f"POST {V1}/webhooks/endpoints/{{endpoint_id}}/enable": [
        ("webhook_endpoint.enabled", "webhook_endpoint")
    ],
    f"POST {V1}/webhooks/deliveries/{{delivery_id}}/redeliver": [
        ("delivery.redelivered", "delivery")
    ],
    f"POST {V1}/webhooks/redeliver": [("deliveries.redelivered", "")],
}
"""Action and kind of target of each row that a good call leaves."""
SILENT = {
    f"POST {V1}/auth/refresh": "goes on with a session",
    f"POST {V1}/ws-ticket": "a ticket of 30 s for a connection that changes nothing",
    f"POST {V1}/job-types/{{name}}/check": "changes nothing",
    f"POST {V1}/schedules/preview": "changes nothing",
}
APART = [f"POST {V1}/auth/login", f"POST {V1}/auth/logout"]
"""They begin and end the session that asks; a test of their own follows them."""
OPEN = {f"POST {V1}/auth/register"}
"""Needs no account, so what refuses it is its body."""


def changing(world: World) -> dict[str, BaseRouteHandler]:
    """The routes that may change something."""
    routes = handlers_of(world.app)
    return {it: handler for it, handler in routes if it.split()[0] in ("POST", "PATCH", "DELETE")}


async def test_every_deed_leaves_exactly_its_rows_and_a_refused_one_none(town):
    caller, routes = Caller(town), changing(town)
    assert sorted(routes) == sorted({*TRAIL, *SILENT, *APART})
    found: dict[str, list[tuple[str, str]]] = {}
    after_refusal: dict[str, list[Any]] = {}
    await town.mail()

    for route in TRAIL:
        admin = town.actors["admin"]
        await caller.aim(route, admin.account)
        await trail(town)
        await _refused(town, caller, route, routes[route])
        after_refusal[route] = await trail(town)
        assert is_success(await caller.call(route, routes[route], admin, admin.account)), route
        rows = await trail(town)
        found[route] = [(row["action"], (row["target"] or "").partition(":")[0]) for row in rows]
        if route not in OPEN:
            assert {row["actor"] for row in rows} == {"admin"}, route
            assert all(row["ip"] for row in rows), route

    assert found == TRAIL
    assert {route for route, rows in after_refusal.items() if rows} == set()


async def test_signing_in_and_out_leave_rows_and_a_wrong_password_none(town):
    await trail(town)
    async with http_client(town.app) as client:
        wrong = {"username": "viewer", "password": "not this one"}
        assert (await client.post(f"{V1}/auth/login", json=wrong)).status_code == 401
        pair = await client.post(f"{V1}/auth/login", json=wrong | {"password": PASSWORD})
        client.headers["Authorization"] = f"Bearer {pair.json()['access_token']}"
        assert (await client.post(f"{V1}/auth/logout")).status_code == 204

    rows = await trail(town)

    assert [(row["action"], row["actor"]) for row in rows] == [
        ("session.opened", "viewer"), ("session.ended", "viewer"),
    ]  # fmt: skip
    assert len({row["target"] for row in rows}) == 1
    assert all(row["ip"] for row in rows)


async def _refused(world: World, caller: Caller, route: str, handler: BaseRouteHandler) -> None:
    if route in OPEN:
        method, path = route.split()
        async with http_client(world.app) as client:
            answer = await client.request(method, path, json={})
        assert answer.status_code in (400, 422)
        return
    nobody, admin = world.actors["anonymous"], world.actors["admin"]
    assert not is_success(await caller.call(route, handler, nobody, admin.account)), route
    if "{" in route:
        assert not is_success(await caller.call(route, handler, admin, None)), route


async def trail(world: World) -> list[Any]:
    """The rows since it was last asked, oldest first; they are taken away."""
    async with http_client(world.app, **world.actors["admin"].headers) as admin:
        rows = (await admin.get(f"{V1}/audit")).json()["items"]
    await world.run("DELETE FROM audit")
    return rows[::-1]


async def test_a_bulk_call_is_one_deed_that_counts_its_jobs(town):
    async with http_client(town.app, **town.actors["admin"].headers) as admin:
        order = body_of(f"POST {V1}/jobs", changing(town)[f"POST {V1}/jobs"])["json"]
        await trail(town)
        keyed = [order | {"idempotency_key": f"k{n}"} for n in range(2)]
        for orders, atomic in (([order] * 12, False), (keyed, True), (keyed, True)):
            done = await admin.post(f"{V1}/jobs/bulk", json={"jobs": orders, "atomic": atomic})
            assert done.status_code == 200, done.text
        ids = [item["job"]["id"] for item in done.json()["items"]]

    plain, atomically = await trail(town)  # the third call only repeats the second

    assert plain["target"] is None
    assert (plain["after"]["count"], len(plain["after"]["first"])) == (12, 10)
    assert atomically["after"] == {"count": 2, "first": ids}


async def test_a_jobs_own_events_name_the_key_but_not_the_address(town):
    async with http_client(town.app, **town.actors["admin"].headers) as admin:
        made = (await admin.post(f"{V1}/auth/api-keys", json={"name": "robot"})).json()
    order = body_of(f"POST {V1}/jobs", changing(town)[f"POST {V1}/jobs"])["json"]
    async with http_client(town.app, **{"X-API-Key": made["key"]}) as robot:
        job = (await robot.post(f"{V1}/jobs", json=order)).json()
        for deed in ("cancel", "retry"):
            assert (await robot.post(f"{V1}/jobs/{job['id']}/{deed}")).status_code == 200
        events = (await robot.get(f"{V1}/jobs/{job['id']}")).json()["events"]

    assert [event["actor"] for event in events] == ["user:admin"] * 3
    assert [event["data"] for event in events] == [{"api_key_id": made["id"]}] * 3
