"""Rate limits over HTTP, by two processes whose Redis is killed under them (T-69)."""

import asyncio
from contextlib import ExitStack

import httpx
import pytest

from support.waiting import eventually
from taskforge.core.people import Role
from taskforge.flows.accounts import create_user
from taskforge.flows.deps import open_deps
from taskforge.handlers.registry import load
from taskforge.local.servers import Servers
from tests.journeys.conftest import TASKFORGE, free_port, ready, start

LIMIT = 20
NAMES, PASSWORD = ("ada", "bob"), "a long enough password"
ME, LOGIN = "/api/v1/auth/me", "/api/v1/auth/login"


@pytest.fixture
async def valkey(tmp_path_factory):
    servers = Servers(tmp_path_factory.mktemp("limits") / "data", postgres=False, throwaway=True)
    await servers.start()
    yield servers.valkey
    await servers.stop()


@pytest.fixture
async def apis(process_environment, settings, valkey, tmp_path, interpreter):
    """Clients of two API processes; there are two accounts."""
    environment = process_environment | {
        "REDIS_URL": valkey.url(0),
        "RATE_LIMIT_REQUESTS": str(LIMIT),
    }
    async with open_deps(settings, load([])) as deps:
        for name in NAMES:
            await create_user(
                deps, username=name, email=f"{name}@example.com", password=PASSWORD,
                role=Role.VIEWER,
            )  # fmt: skip
    with ExitStack() as exits:
        output = exits.enter_context((tmp_path / "output").open("w"))
        urls = [f"http://127.0.0.1:{free_port()}" for _ in range(2)]
        for url in urls:
            line = (interpreter, *TASKFORGE, "api", "--port", url.rpartition(":")[2])
            start(exits, line, environment, output)
        async with (
            httpx.AsyncClient(base_url=urls[0], trust_env=False, timeout=30) as one,
            httpx.AsyncClient(base_url=urls[1], trust_env=False, timeout=30) as two,
        ):
            for client in (one, two):
                await ready(client, str(client.base_url).rstrip("/"))
            yield one, two


async def statuses(apis, times, path=ME, **options):
    """How many answers of each process had which status; they are asked at the same time."""
    answers = await asyncio.gather(
        *(api.get(path, **options) for _ in range(times) for api in apis)
    )
    return [[answer.status_code for answer in answers[n::2]] for n in range(2)]


async def alarms(apis):
    pages = [(await api.get("/metrics")).text for api in apis]
    return [page.split("\ntaskforge_limiter_away ")[1][0] for page in pages]


async def alarmed(apis):
    return await alarms(apis) == ["1", "1"]


async def signed_in(api, name):
    answer = await api.post(LOGIN, json={"username": name, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


async def test_limits_hold_over_processes_and_sign_in_stays_limited_without_redis(apis, valkey):
    ada, bob = [await signed_in(apis[0], name) for name in NAMES]
    spoofed = {"X-Forwarded-For": "203.0.113.9", "Authorization": "Bearer nonsense"}

    both = await statuses(apis, 30, headers=ada)
    assert (both[0] + both[1]).count(200) == LIMIT
    assert await alarms(apis) == ["0", "0"]

    valkey.residents()[0].kill()
    assert await statuses(apis, 30, headers=bob) == [[200] * 30] * 2
    await eventually(lambda: alarmed(apis))
    await signed_in(apis[1], "ada")
    guesses = await statuses(apis, 30, headers=spoofed)
    assert [one.count(401) for one in guesses] == [LIMIT, LIMIT - 1]

    await valkey.start()
    await eventually(lambda: calm(apis))
    again = await statuses(apis, 30, headers=bob)
    assert (again[0] + again[1]).count(200) == LIMIT


async def calm(apis):
    return await alarms(apis) == ["0", "0"]
