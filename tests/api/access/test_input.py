"""What the server owns is not the client's to write: a body that names it is refused (S-12)."""

import copy
from typing import Any

from taskforge.api.auth import handlers_of
from taskforge.api.openapi.document import describe
from taskforge.handlers.registry import load
from tests.api.access.answers import told
from tests.api.access.calls import V1, Caller, body_of
from tests.api.access.world import World
from tests.api.conftest import http_client

OWNED = {
    "id", "user_id", "username", "role", "active", "status", "attempt", "failures", "version",
    "worker_id", "created_by", "created_at", "queued_at", "finished_at", "result", "fence", "cycle",
    "password_hash", "digest", "prefix", "is_default", "revoked_at", "rate_limit",
}  # fmt: skip
"""Names of columns and answers, wherever they occur."""


MAY = {f"PATCH {V1}/users/{{user_id}}": {"role", "active", "rate_limit"},
       f"POST {V1}/auth/register": {"username"}, f"POST {V1}/auth/login": {"username"},
       f"POST {V1}/webhooks/redeliver": {"status"},
       f"PATCH {V1}/schedules/{{schedule_id}}": {"version"}}  # fmt: skip
"""What is the client's to say, also where our good body does not."""


def bodies(world: World) -> dict[str, Any]:
    """A good body of each route that takes JSON."""
    paths = describe(world.app, load().descriptions)["paths"]
    found: dict[str, Any] = {}
    for route, handler in handlers_of(world.app):
        method, path = route.split()
        operation = paths.get(path, {}).get(method.lower(), {})
        if "application/json" in operation.get("requestBody", {}).get("content", {}):
            found[route] = body_of(route, handler)["json"]
    return found


def places(body: dict[str, Any]) -> list[tuple[list[Any], set[str]]]:
    """Where in a body an object of a fixed shape stands, and what it may have there."""
    found: list[tuple[list[Any], set[str]]] = [([], set(body))]
    if "jobs" in body:
        found.append((["jobs", 0], set(body["jobs"][0])))
    if "template" in body:
        found.append((["template"], set(body["template"])))
    if "scope" in body:
        found.append((["scope"], set(body["scope"]) | {"rate_limit"}))
    return found


async def test_no_body_writes_what_the_server_owns(town):
    caller, admin = Caller(town), town.actors["admin"]
    accepted: list[str] = []
    known = bodies(town)
    assert len(known) >= 10

    async with http_client(town.app, **admin.headers) as client:
        for route, body in known.items():
            method, path = route.split()[0], await caller.aim(route, admin.account)
            for place, own in places(body):
                for name in sorted(OWNED - own - MAY.get(route, set())):
                    wrong = with_field(body, place, name)
                    answer = await client.request(method, path, json=wrong)
                    if f"unknown field `{name}`" not in answer.text:
                        accepted.append(f"{route} {[*place, name]}: {told(answer)}")

    assert accepted == []


def with_field(body: Any, place: list[Any], name: str) -> Any:
    """A copy of the body with one field more at a place."""
    wrong = copy.deepcopy(body)
    target = wrong
    for step in place:
        target = target[step]
    target[name] = "0198a000-0000-7000-8000-000000000000"
    return wrong
