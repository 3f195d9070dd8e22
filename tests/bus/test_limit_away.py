"""The limiter without its Redis: killed, stalled, back again (S-15)."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
import structlog
from prometheus_client import REGISTRY
from redis.asyncio import Redis

from support.waiting import eventually
from taskforge.bus import limit
from taskforge.bus.client import open_client
from taskforge.bus.limit import Check, Limiter
from taskforge.config import Settings
from taskforge.local.servers import Servers
from taskforge.local.valkey import Valkey

CHECK = Check("address", "192.0.2.1", 3, 60)
PATIENCE, ASK_AGAIN, BACK_SECONDS = 0.5, 0.1, 10


@pytest.fixture(autouse=True)
def _haste(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limit, "PATIENCE", PATIENCE)
    monkeypatch.setattr(limit, "ASK_AGAIN", ASK_AGAIN)


@pytest.fixture(scope="module")
async def valkey(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Valkey]:
    """A Valkey of this module's own, to be broken; each test leaves it serving."""
    place = tmp_path_factory.mktemp("limits") / "data"
    servers = Servers(place, postgres=False, throwaway=True)
    await servers.start()
    assert servers.valkey
    yield servers.valkey
    await servers.stop()


@pytest.fixture
async def redis(valkey: Valkey) -> AsyncIterator[Redis]:
    client = open_client(Settings(redis_url=valkey.url(0)))
    await client.flushall()
    yield client
    await client.aclose()


@pytest.fixture
async def limiter(redis: Redis) -> AsyncIterator[Limiter]:
    limiter = Limiter(redis)
    yield limiter
    await limiter.close()


async def take(limiter: Limiter, check: Check, n: int, *, strict: bool = False) -> int:
    grants = await asyncio.gather(*(limiter.take(check, strict=strict) for _ in range(n)))
    return sum(grant.allowed for grant in grants)


async def back(limiter: Limiter) -> None:
    async def look() -> bool:
        return not limiter.away

    await eventually(look, within=BACK_SECONDS)


def alarm() -> float | None:
    return REGISTRY.get_sample_value("taskforge_limiter_away")


async def test_a_killed_redis_opens_limits_with_an_alarm_and_its_return_closes_them(
    limiter: Limiter, valkey: Valkey
):
    with structlog.testing.capture_logs() as logs:
        assert await take(limiter, CHECK, 5) == 3
        valkey.residents()[0].kill()
        other = CHECK._replace(who="192.0.2.2")

        assert await take(limiter, other, 50) == 50
        assert await take(limiter, other, 50, strict=True) == 3
        assert await take(limiter, CHECK, 5) == 0  # was full, and stays so
        assert alarm() == 1
        await valkey.start()
        await back(limiter)

        assert alarm() == 0
        assert await take(limiter, other, 50) == 3
    events = [line["event"] for line in logs if line["event"].startswith("limiter.")]
    assert events == ["limiter.redis_lost", "limiter.redis_returned"]


async def test_a_stalled_redis_costs_each_request_the_patience_once_at_most(
    limiter: Limiter, redis: Redis, valkey: Valkey
):
    await redis.ping()
    server = valkey.residents()[0]
    server.suspend()
    try:
        began = time.monotonic()
        first = [asyncio.create_task(limiter.take(CHECK)) for _ in range(1_200)]  # three batches
        await asyncio.wait(first)
        waited = time.monotonic() - began
        async with asyncio.timeout(PATIENCE / 2):
            for _ in range(100):
                assert (await limiter.take(CHECK)).allowed
    finally:
        server.resume()

    assert all(task.result().allowed for task in first)
    assert PATIENCE <= waited < 2.5 * PATIENCE
    await back(limiter)


async def test_a_check_whose_answer_was_lost_is_not_asked_again(
    limiter: Limiter, redis: Redis, valkey: Valkey
):
    await limiter.take(CHECK._replace(cost=0))  # the script is loaded, the connection open
    server = valkey.residents()[0]
    server.suspend()
    try:
        assert (await limiter.take(CHECK)).allowed
    finally:
        server.resume()
    await back(limiter)

    assert (await limiter.take(CHECK)).remaining >= CHECK.limit - 2


async def test_a_redis_that_answers_but_cannot_count_is_away(limiter: Limiter, redis: Redis):
    await redis.config_set("maxmemory", "1")
    try:
        assert await take(limiter, CHECK, 5) == 5
        assert limiter.away
    finally:
        await redis.config_set("maxmemory", "0")
    await back(limiter)

    assert await take(limiter, CHECK, 5) == 3


async def test_closing_ends_the_watch():
    client = open_client(Settings(redis_url="redis://127.0.0.1:1/0"))
    limiter = Limiter(client)
    assert (await limiter.take(CHECK)).allowed
    watch = next(task for task in asyncio.all_tasks() if "_await_return" in repr(task))

    await limiter.close()

    assert watch.cancelled()
    await client.aclose()
