"""The limiter: exact across processes, sliding, cheap, there without Redis (S-15, T-69)."""

import asyncio
import json
import sys
import time
from bisect import bisect_left, bisect_right

import msgspec
import pytest
from redis.asyncio import Redis

from taskforge.bus.client import open_client
from taskforge.bus.limit import SLICES, Check, Limiter
from taskforge.config import Settings

LIMIT, WINDOW = 200, 1
EDGES = (-0.02, -0.005, 0.0, 0.005, 0.011, 0.03, 0.5)
BURSTS = [edge + n * WINDOW for n in range(4) for edge in EDGES][2:-1]
"""Seconds from the start: most just before and after a window's edge."""
FLOOD = f"""
import asyncio, json, sys, time
from taskforge.bus.client import open_client
from taskforge.bus.limit import Check, Limiter
from taskforge.config import load

async def main():
    client = open_client(load({{"REDIS_URL": sys.argv[1]}}))
    limiter = Limiter(client)
    check = Check("flood", "all", {LIMIT}, {WINDOW})

    async def ask():
        asked = time.monotonic()
        grant = await limiter.take(check)
        return grant.allowed, asked, time.monotonic()

    await limiter.take(check._replace(who="warm-up"))
    print("ready", flush=True)
    start = float(sys.stdin.readline())
    answers = []
    for burst in {BURSTS}:
        await asyncio.sleep(start + burst - time.monotonic())
        if sys.argv[2] == "forgetful":  # as one that has just started
            limiter = Limiter(client)
        answers += await asyncio.gather(*(ask() for _ in range(50)))
    print(json.dumps(answers))
    await client.aclose()

asyncio.run(main())
"""


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


async def test_of_ten_thousand_requests_from_eight_processes_just_the_limit_passes_any_window(
    redis_url: str,
):
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", FLOOD, redis_url, kind,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=1 << 24,
        )
        for kind in ["forgetful", "mindful"] * 4
    ]  # fmt: skip
    for process in processes:
        assert process.stdout
        assert await process.stdout.readline() == b"ready\n"

    start = f"{time.monotonic() + 0.2}\n".encode()
    told = await asyncio.gather(*(process.communicate(start) for process in processes))

    answers = [tuple(answer) for out, _ in told for answer in json.loads(out)]
    assert len(answers) == 8 * 50 * len(BURSTS) >= 10_000
    passed = [(asked, answered) for allowed, asked, answered in answers if allowed]
    refused = [(asked, answered) for allowed, asked, answered in answers if not allowed]
    assert len(passed) >= 3 * LIMIT
    assert never_more(passed)
    assert never_less(passed, refused)


def never_more(passed: list[tuple[float, float]]) -> bool:
    """Whether no window, wherever it begins, can have had more than the limit."""
    asked, answered = (sorted(moments) for moments in zip(*passed, strict=True))
    apart = zip(asked, answered[LIMIT:], strict=False)
    return all(later - earlier >= WINDOW for earlier, later in apart)


def never_less(passed: list[tuple[float, float]], refused: list[tuple[float, float]]) -> bool:
    """Whether each refusal found the limit used up, within the window and its oldest slice."""
    asked, answered = (sorted(moments) for moments in zip(*passed, strict=True))
    width = WINDOW + WINDOW / SLICES + 0.002  # Redis counts in whole milliseconds
    return all(
        bisect_right(asked, until) - bisect_left(answered, since - width) >= LIMIT
        for since, until in refused
    )


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


async def test_the_window_slides_and_never_admits_more_than_the_limit_in_any(redis: Redis):
    window, limit = 1, 20
    check = Check("default", "ada", limit, window)
    passed: list[tuple[float, float]] = []
    end = time.monotonic() + 2.5 * window

    while time.monotonic() < end:
        asked = time.monotonic()
        grant = await Limiter(redis).take(check)  # it remembers no refusal: it asks
        if grant.allowed:
            passed.append((asked, time.monotonic()))

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


async def test_a_clock_that_is_set_back_locks_nobody_out(redis: Redis):
    check = Check("default", "ada", 2, 60)
    assert await take(Limiter(redis), check, 3) == 2
    await redis.execute_command("HINCRBY", check.key, "t", 2 * SLICES)

    assert await take(Limiter(redis), check, 3) == 2


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
