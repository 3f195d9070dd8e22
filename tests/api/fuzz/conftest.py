"""A service with accounts of every role, for all tests of a module: they cannot hurt it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from typing import NamedTuple
from uuid import UUID

import pytest

from support.explorer import SPARED
from support.people import open_session
from support.places import arena_number
from taskforge.config import load
from taskforge.core.people import Role
from taskforge.db import people
from taskforge.flows.deps import Deps, open_deps
from taskforge.flows.keys import make_default_key_of
from taskforge.handlers.registry import load as load_handlers
from tests.api.live.conftest import api_process
from tests.conftest import environment, logical


class Service(NamedTuple):
    """What is asked, and who may ask."""

    url: str
    deps: Deps
    people: dict[str, UUID]
    loop: asyncio.AbstractEventLoop

    def credential(self, who: str) -> Callable[[], Mapping[str, str]] | None:
        """Makes headers with a fresh session, or key, of this account; from any thread."""
        if who == "anonymous":
            return None

        def fresh() -> Mapping[str, str]:
            return asyncio.run_coroutine_threadsafe(self.headers(who), self.loop).result(30)

        return fresh

    async def headers(self, who: str) -> Mapping[str, str]:
        """A fresh credential."""
        if who == "key":
            made = await make_default_key_of(self.deps, NAMES[who])
            return {"X-API-Key": made.key}
        token = await open_session(self.deps.db, self.deps.settings, self.people[who])
        return {"Authorization": f"Bearer {token}"}


ROLES = {
    "viewer": Role.VIEWER, "operator": Role.OPERATOR, "admin": Role.ADMIN, "key": Role.OPERATOR,
    "victim": Role.VIEWER,
}  # fmt: skip
NAMES = {name: f"{name}-of-ours" for name in ROLES}


@pytest.fixture(scope="package")
async def service(make_database, site, worker_number, tmp_path_factory) -> AsyncIterator[Service]:
    redis_url = logical(site.redis_url, arena_number(worker_number, own=True))
    environ = environment(await make_database(), redis_url, tmp_path_factory.mktemp("fuzz"))
    async with open_deps(load(environ), load_handlers([])) as deps, api_process(environ) as api:
        made = {}
        async with deps.db.connect() as connection:
            for name, role in ROLES.items():
                person = await people.insert_user(
                    connection, username=NAMES[name], email=f"{name}@example.com",
                    password_hash="-", role=role,
                )  # fmt: skip
                assert person is not None
                made[name] = person.id
        victim = made.pop("victim")
        for name, user_id in made.items():
            SPARED[str(user_id)] = str(victim)
            SPARED[NAMES[name]] = "nobody"
        yield Service(api.url, deps, made, asyncio.get_running_loop())
        await deps.redis.flushdb()
