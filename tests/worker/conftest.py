from contextlib import AsyncExitStack

import pytest

from support.arena import open_arena
from support.make import claimer
from support.places import arena_number
from taskforge.core.priority import QUEUES
from taskforge.flows.deps import open_deps
from taskforge.flows.unit import Unit
from taskforge.handlers.registry import load
from taskforge.worker.crew import Crew
from taskforge.worker.gate import Gate


def logical(url, number):
    address, _, _ = url.partition("?")
    return f"{address}?db={number}"


@pytest.fixture(scope="session")
async def shared(site, worker_number, make_database, tmp_path_factory):
    """An arena with one running unit of 8 slots, for tests that look at their own jobs alone."""
    async with open_arena(
        await make_database(),
        logical(site.redis_url, arena_number(worker_number, own=False)),
        tmp_path_factory.mktemp("arena"),
    ) as arena:
        await arena.start("worker", "--threads", "8")
        yield arena


@pytest.fixture
async def make_arena(site, worker_number, make_database, tmp_path):
    """Opens an arena of the test's own; give settings as in the environment."""
    async with AsyncExitStack() as stack:

        async def make(**chosen: str):
            url = logical(site.redis_url, arena_number(worker_number, own=True))
            return await stack.enter_async_context(
                open_arena(await make_database(), url, tmp_path, **chosen)
            )

        yield make


@pytest.fixture
async def arena(make_arena):
    return await make_arena()


@pytest.fixture
async def deps(settings):
    async with open_deps(settings, load(["jobs.plain", "jobs.rough"])) as it:
        yield it


@pytest.fixture
async def make_crew(deps):
    """Makes crews that run in the test's own loop."""
    crews = []

    def make(slots=4):
        async def carry(_ended):
            pass

        unit = Unit(deps, claimer(types=sorted(deps.registry.types)))
        crews.append(Crew(unit, slots, Gate(QUEUES), carry))
        return crews[-1]

    yield make
    for crew in crews:
        await crew.drain(0, hasten=lambda: True)
