"""Growing delays: for all processes alike, by Redis's time, there without Redis (S-08)."""

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest
from redis.asyncio import Redis

from taskforge.bus.client import open_client
from taskforge.bus.delays import Delays, Ladder
from taskforge.config import Settings

STEEP = Ladder("steep", free=3, cap=60, memory=100, cleared=True)
SHARED = Ladder("shared", free=5, cap=2, memory=100)
BOTH = [STEEP, SHARED]


@pytest.fixture
def delays(redis: Redis) -> Delays:
    return Delays(redis)


@pytest.fixture
async def alone(settings: Settings) -> AsyncIterator[Delays]:
    """Without Redis."""
    client = open_client(msgspec.structs.replace(settings, redis_url="redis://127.0.0.1:1/0"))
    yield Delays(client)
    await client.aclose()


def pause(seconds: float) -> asyncio.Future[None]:
    """Time itself is what is tested here."""
    loop = asyncio.get_running_loop()
    reached: asyncio.Future[None] = loop.create_future()
    loop.call_later(seconds, reached.set_result, None)
    return reached


async def let_time_pass(redis: Redis) -> None:
    """Every delay that runs is over."""
    for key in await redis.keys("tf:wrong:*"):
        await redis.hdel(key, "at")


async def climb(delays: Delays, ladders: list[Ladder], tries: int) -> None:
    for _ in range(tries):
        await delays.wrong(ladders)


async def test_delays_double_up_to_the_cap_and_tell_the_true_wait(delays: Delays, redis: Redis):
    waits: list[int] = []
    for _ in range(10):
        assert await delays.ask([STEEP]) == 0
        await delays.wrong([STEEP])
        waits.append(round(await delays.ask([STEEP])))
        await let_time_pass(redis)

    assert waits == [0, 0, 1, 2, 4, 8, 16, 32, 60, 60]


async def test_a_delay_ends_by_itself(delays: Delays):
    await climb(delays, [STEEP], 3)
    wait = await delays.ask([STEEP])
    assert 0.5 < wait <= 1

    await asyncio.wait_for(pause(wait), 5)

    assert await delays.ask([STEEP]) == 0


async def test_other_processes_see_the_same_ladder(delays: Delays, settings: Settings):
    await climb(delays, [STEEP], 4)

    other = open_client(settings)
    wait = await Delays(other).ask([STEEP])
    await other.aclose()

    assert wait > 1


async def test_of_rivals_on_a_ladder_with_delays_one_passes(delays: Delays, redis: Redis):
    await climb(delays, [STEEP], 5)
    await let_time_pass(redis)

    waits = await asyncio.gather(*(delays.ask(BOTH) for _ in range(20)))

    assert min(waits) == 0
    assert min(sorted(waits)[1:]) > 7


async def test_rivals_before_the_first_delay_all_pass(delays: Delays):
    assert await asyncio.gather(*(delays.ask(BOTH) for _ in range(50))) == [0] * 50


async def test_the_longest_wait_of_all_ladders_counts(delays: Delays):
    await climb(delays, BOTH, 9)

    assert 2 < await delays.ask(BOTH) <= 60
    assert 1 < await delays.ask([SHARED]) <= 2


async def test_a_right_try_clears_its_own_ladder_and_gives_the_turn_on_others_back(
    delays: Delays, redis: Redis
):
    await climb(delays, BOTH, 9)
    await let_time_pass(redis)
    assert await delays.ask(BOTH) == 0

    await delays.right(BOTH)

    assert await delays.ask(BOTH) == 0
    assert await delays.wrong(BOTH) == [1, 10]


async def test_a_turn_that_was_not_used_is_given_back(delays: Delays, redis: Redis):
    await climb(delays, [STEEP], 9)
    await let_time_pass(redis)
    assert await delays.ask([STEEP]) == 0

    await delays.release([STEEP])

    assert await delays.ask([STEEP]) == 0
    assert await delays.wrong([STEEP]) == [10]


async def test_a_ladder_is_forgotten_some_time_after_the_last_wrong_try(
    delays: Delays, redis: Redis
):
    await delays.wrong([STEEP])
    first = await redis.pttl("tf:wrong:steep")
    await delays.ask([STEEP])

    assert 90_000 < first <= 100_000
    assert await redis.pttl("tf:wrong:steep") <= first


async def test_no_ladder_is_no_delay(delays: Delays):
    assert await delays.ask([]) == 0


async def test_without_redis_a_process_counts_by_itself(alone: Delays):
    waits: list[float] = []
    for _ in range(3):
        waits.append(await alone.ask(BOTH))
        await alone.wrong(BOTH)

    assert waits == [0, 0, 0]
    assert 0.5 < await alone.ask(BOTH) <= 1
    await alone.right(BOTH)
    assert await alone.ask(BOTH) == 0


async def test_without_redis_one_of_rivals_passes_too(alone: Delays):
    await climb(alone, [STEEP], 5)
    await alone.release([STEEP])

    waits = [await alone.ask([STEEP]) for _ in range(5)]

    assert waits[0] == 0
    assert min(waits[1:]) > 6
