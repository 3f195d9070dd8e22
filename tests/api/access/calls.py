"""One good request for every route of the table, aimed at a thing of somebody's choice."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from litestar.handlers.base import BaseRouteHandler

from taskforge.api.routes.schedules import EXAMPLE
from taskforge.core.ids import new_id
from taskforge.core.people import Principal
from tests.api.access.answers import first_answer, told
from tests.api.access.world import FAILURE, Actor, World
from tests.api.conftest import PASSWORD, http_client

V1 = "/api/v1"
FILE = "out.txt"
ENDED = {f"POST {V1}/jobs/{{job_id}}/retry", f"DELETE {V1}/jobs/{{job_id}}"}
"""Routes for jobs that have ended."""
DRAINED = {f"POST {V1}/workers/{{worker_id}}/resume"}
"""Routes for workers that are drained."""
ENDLESS = {f"GET {V1}/events"}
NEW = "{new}"
"""In a body: a word that was never there before."""

BODIES: dict[str, dict[str, Any]] = {
    f"POST {V1}/auth/register": {
        "json": {"username": f"u{NEW}", "email": f"{NEW}@example.com", "password": PASSWORD}
    },
    f"POST {V1}/auth/login": {"json": {"username": "viewer", "password": PASSWORD}},
    f"PATCH {V1}/auth/me": {"json": {"current_password": PASSWORD, "new_password": PASSWORD}},
    f"PATCH {V1}/users/{{user_id}}": {"json": {"rate_limit": 1_000_000}},
    f"POST {V1}/schedules": {"json": EXAMPLE | {"name": f"s{NEW}"}},
    f"PATCH {V1}/schedules/{{schedule_id}}": {"json": {"name": f"s{NEW}"}},
    f"POST {V1}/uploads": {"params": {"filename": "a.csv"}, "content": b"region,amount\nnorth,1\n"},
}
"""Where the route's own example is not what is wanted."""

Make = Callable[[World, Principal], Awaitable[UUID]]

THINGS: dict[str, Make] = {
    "job_id": lambda world, owner: world.job(owner),
    "operation_id": lambda world, owner: world.operation(owner),
    "upload_id": lambda world, owner: world.upload(owner),
    "delivery_id": lambda world, owner: world.delivery(owner),
    "endpoint_id": lambda world, owner: world.endpoint(owner),
    "worker_id": lambda world, _: world.worker(),
    "mail_id": lambda world, _: world.mail(),
    "key_id": lambda world, owner: world.key(owner),
    "session_id": lambda world, owner: world.session(owner),
    "schedule_id": lambda world, owner: world.schedule(owner),
}
PREPARED: dict[str, Callable[[World, Principal], Awaitable[None]]] = {
    f"DELETE {V1}/webhooks/secret/previous": lambda world, owner: world.rotation(owner),
    f"GET {V1}/failures/{{fingerprint}}": lambda world, _: world.failure(),
    f"PATCH {V1}/failures/{{fingerprint}}": lambda world, _: world.failure(),
}
"""Routes whose thing has no id of its own, and is made before each call."""
WORDS = {
    f"GET {V1}/job-types/{{name}}": "data_processing",
    f"POST {V1}/job-types/{{name}}/check": "data_processing",
    f"GET {V1}/failures/{{fingerprint}}": FAILURE,
    f"PATCH {V1}/failures/{{fingerprint}}": FAILURE,
    f"GET {V1}/queues/{{name}}": "low",
    f"PATCH {V1}/queues/{{name}}": "low",
    f"PATCH {V1}/job-types/{{name}}": "data_processing",
    f"POST {V1}/queues/{{name}}/pause": "low",
    f"POST {V1}/queues/{{name}}/resume": "low",
    "GET /api/docs/assets/{name}": "start.js",
    "GET /api/docs/{path}": "openapi.json",
}
"""Paths that name what is the installation's own."""


class Caller:
    """Makes requests; a thing that a call used up is made anew for the next."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._things: dict[tuple[str, UUID], str] = {}

    async def call(
        self, route: str, handler: BaseRouteHandler, actor: Actor, owner: Principal | None
    ) -> str:
        """What the route answers.

        Args:
            route: method and path.
            handler: its own.
            actor: who asks.
            owner: whose thing is meant; None for one that does not exist.
        """
        method = route.split()[0]
        path = await self.aim(route, owner)
        if method == "WS" or route in ENDLESS:
            kind = "websocket" if method == "WS" else "http"
            return await first_answer(self._world.app, kind, path, actor.headers)
        async with http_client(self._world.app, **actor.headers) as client:
            answer = await client.request(method, path, **body_of(route, handler))
        if answer.is_success and method not in ("GET", "HEAD"):
            self._things.clear()
        return told(answer)

    async def aim(self, route: str, owner: Principal | None) -> str:
        """The path to a thing of this owner, which is made if need be."""
        path = route.split()[1]
        if route in PREPARED and owner is not None:
            await PREPARED[route](self._world, owner)
        if "{" not in path:
            return path
        if owner is None:
            return _fill(path, str(new_id()), "missing.txt")
        if route in WORDS:
            return _fill(path, WORDS[route], WORDS[route])
        if (route, owner.user_id) not in self._things:
            self._things[route, owner.user_id] = str(await self._make(route, owner))
        return _fill(path, self._things[route, owner.user_id], FILE)

    async def _make(self, route: str, owner: Principal) -> UUID:
        if "{user_id}" in route:
            return owner.user_id
        if "/artifacts/" in route:
            return await self._world.artifact(owner, FILE)
        if route in ENDED:
            return await self._world.job(owner, ended=True)
        if route in DRAINED:
            return await self._world.worker(drained=True)
        name = route.partition("{")[2].partition("}")[0]
        return await THINGS[name](self._world, owner)


def _fill(path: str, thing: str, name: str) -> str:
    begin, _, rest = path.partition("{")
    return begin + thing + rest.partition("}")[2].replace("{name}", name)


def body_of(route: str, handler: BaseRouteHandler) -> dict[str, Any]:
    """What a good request of this route has besides its address."""
    given = BODIES.get(route)
    if given is None:
        return {"json": handler.opt["example"]} if "example" in handler.opt else {}
    word = new_id().hex
    fields = given.get("json", {})
    filled = {
        name: value.replace(NEW, word) if isinstance(value, str) else value
        for name, value in fields.items()
    }
    return given | {"json": filled} if fields else given


def is_success(words: str) -> bool:
    """Whether an answer, as `told` says it, did what was asked."""
    return words.startswith(("1", "2"))
