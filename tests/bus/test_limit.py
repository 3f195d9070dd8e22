"""The limiter: exact across processes, sliding, cheap, there without Redis (S-15, T-69)."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator

import msgspec
import pytest
from redis.asyncio import Redis

from taskforge.bus.client import open_client
from taskforge.bus.limit import SLICES, Check, Limiter
from taskforge.config import Settings

FLOOD = """
import asyncio, json, sys
from taskforge.bus.client import open_client
from taskforge.bus.limit import Check, Limiter
from taskforge.config import load

async def main():
    client = open_client(load({"REDIS_URL": sys.argv[1]}))
    limiter = Limiter(client)
    check = Check("flood", "all", 1000, 60)
    await client.ping()
    sys.stdin.readline()
    grants = []
    for _ in range(25):
        grants += await asyncio.gather(*(limiter.take(check) for _ in range(50)))
    print(json.dumps(sum(grant.allowed for grant in grants)))
    await client.aclose()

asyncio.run(main())
"""


@pytest.fixture
async def redis(settings: Settings) -> AsyncIterator[Redis]:
    client = open_client(settings)
    yield client
    await client.aclose()


@pytest.fixture
def limiter(redis: Redis) -> Limiter:
    return Limiter(redis)


async def take(limiter: Limiter, check: Check, n: int) -> int:
    grants = await asyncio.gather(*(limiter.take(check) for _ in range(n)))
    return sum(grant.allowed for grant in grants)


async def until(moment: float) -> None:
    """Wait for a moment of the monotonic clock: here time itself is what is tested."""
    await asyncio.wait_for(asyncio.shield(_at(moment)), 10)


def _at(moment: float) -> asyncio.Future[None]:
    loop = asyncio.get_running_loop()
    reached: asyncio.Future[None] = loop.create_future()
    loop.call_at(loop.time() + max(0.0, moment - time.monotonic()), reached.set_result, None)
    return reached


async def test_of_ten_thousand_requests_from_eight_processes_exactly_the_limit_passes(
    redis_url: str,
):
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", FLOOD, redis_url,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )
        for _ in range(8)
    ]  # fmt: skip

    answers = await asyncio.gather(*(process.communicate(b"go\n") for process in processes))

    assert sum(int(out) for out, _ in answers) == 1_000


async def test_limits_of_different_principals_are_apart(limiter: Limiter):
    assert await take(limiter, Check("default", "ada", 5, 60), 9) == 5
    assert await take(limiter, Check("default", "bob", 5, 60), 9) == 5


async def test_what_remains_is_told(limiter: Limiter):
    check = Check("default", "ada", 3, 60)

    told = [await limiter.take(check) for _ in range(4)]

    assert [(grant.allowed, grant.remaining) for grant in told] == [
        (True, 2), (True, 1), (True, 0), (False, 0),
    ]  # fmt: skip
    assert 50 < told[-1].retry_after <= 60 + 60 / SLICES


async def test_a_cost_counts_as_often_and_is_never_taken_in_part(limiter: Limiter):
    big = Check("default", "ada", 10, 60, cost=4)

    assert await take(limiter, big, 5) == 2
    assert await take(limiter, big._replace(cost=1), 5) == 2


async def test_a_cost_above_the_limit_never_passes(limiter: Limiter):
    grant = await limiter.take(Check("default", "ada", 10, 60, cost=11))

    assert (grant.allowed, grant.remaining) == (False, 10)


async def test_asking_costs_nothing(limiter: Limiter):
    check = Check("guess", "ada", 2, 60)
    ask = check._replace(cost=0)

    assert await take(limiter, ask, 20) == 20
    assert await take(limiter, check, 2) == 2
    assert await take(limiter, ask, 1) == 0


async def test_the_window_slides_and_never_admits_more_than_the_limit_in_any(limiter: Limiter):
    window, limit = 1, 20
    check = Check("default", "ada", limit, window)
    passed: list[tuple[float, float]] = []
    end = time.monotonic() + 2.5 * window

    while time.monotonic() < end:
        asked = time.monotonic()
        grant = await limiter.take(check)
        if grant.allowed:
            passed.append((asked, time.monotonic()))
        else:
            await until(asked + min(grant.retry_after, 0.05))

    apart = [
        later_answered - earlier_asked
        for (earlier_asked, _), (_, later_answered) in zip(passed, passed[limit:], strict=False)
    ]
    assert apart
    assert min(apart) >= window


async def test_the_told_wait_is_enough_and_not_much_too_long(limiter: Limiter):
    check = Check("default", "ada", 2, 1)
    assert await take(limiter, check, 2) == 2
    refused = await limiter.take(check)
    assert not refused.allowed
    assert refused.retry_after <= 1 + 1 / SLICES

    await until(time.monotonic() + refused.retry_after)

    assert (await limiter.take(check)).allowed


async def test_a_flood_is_refused_without_asking_redis(limiter: Limiter, redis: Redis):
    check = Check("default", "ada", 1, 60)
    assert await take(limiter, check, 2) == 1
    before = (await redis.info("stats"))["total_commands_processed"]

    assert await take(limiter, check, 500) == 0

    after = (await redis.info("stats"))["total_commands_processed"]
    assert after - before < 20


async def test_a_key_stays_small_and_goes_away_by_itself(limiter: Limiter, redis: Redis):
    check = Check("default", "ada", 100_000, 1)
    for _ in range(300):
        await limiter.take(check)

    assert await redis.hlen(check.key) <= SLICES + 3  # pyright: ignore[reportGeneralTypeIssues] - its type is both
    assert 0 < await redis.pttl(check.key) <= 1_100


async def test_the_script_survives_a_script_flush(limiter: Limiter, redis: Redis):
    check = Check("default", "ada", 2, 60)
    await limiter.take(check)
    await redis.script_flush()

    assert await take(limiter, check, 5) == 1


async def test_without_redis_strict_limits_hold_in_this_process_and_others_are_open(
    settings: Settings,
):
    away = msgspec.structs.replace(settings, redis_url="redis://127.0.0.1:1/0")
    client = open_client(away)
    limiter = Limiter(client)
    check = Check("address", "192.0.2.1", 3, 60)

    strict = [await limiter.take(check, strict=True) for _ in range(5)]
    loose = [await limiter.take(check) for _ in range(50)]

    assert [grant.allowed for grant in strict] == [True, True, True, False, False]
    assert 50 < strict[-1].retry_after <= 60
    assert all(grant.allowed for grant in loose)
    await limiter.close()
    await client.aclose()
