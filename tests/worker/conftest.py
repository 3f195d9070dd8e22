from contextlib import AsyncExitStack

import pytest

from support.arena import open_arena
from support.places import arena_number


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
