"""Faults on Redis: emptied, restarted, stalled, forged (T-20, T-21, T-23, T-28, T-30)."""

import asyncio
import random
import time

import pytest
from redis.exceptions import ConnectionError as RedisAway

from support.waiting import eventually
from taskforge.bus.hint import encode_hint
from taskforge.core.ids import new_id
from taskforge.core.priority import QUEUES, Priority


async def test_an_emptied_redis_loses_no_job(chaos):
    await chaos.submit(300, payload={"ms": 5})
    await chaos.flush_redis()
    await chaos.start(units=2)
    for _ in range(3):
        await chaos.submit(100, payload={"ms": 5})
        await chaos.flush_redis()

    await chaos.drained(within=20)
    await chaos.check()

    assert (await chaos.tally()) == {"success": 600}
    assert await chaos.runs() == 600


@pytest.mark.chaos
async def test_submits_go_on_while_redis_is_away(chaos):
    await chaos.start(units=2)
    await chaos.submit(100, payload={"ms": 20})
    away = asyncio.create_task(chaos.restart_redis_without_data(away=6))
    slowest = 0.0
    while not away.done():
        began = time.monotonic()
        await chaos.submit_one(payload={"ms": 1})
        slowest = max(slowest, time.monotonic() - began)
        await asyncio.sleep(0.05)
    await away

    chaos.note(f"slowest submit {slowest:.2f} s")
    assert slowest < 1.5
    await chaos.drained(within=30)
    await chaos.check()
    assert await chaos.runs() == len(chaos.accepted)
    assert chaos.arena.supervisor.ends == []
    await chaos.submit_one()
    await chaos.drained(within=10)
    await chaos.check_rest()


@pytest.mark.chaos
async def test_a_stalled_redis_strands_nothing(chaos):
    await chaos.start(units=2, threads=2)
    await chaos.submit(40, payload={"ms": 100})
    stall = asyncio.create_task(chaos.stall_redis(8))
    for _ in range(20):
        await chaos.submit_one(payload={"ms": 10})
        await asyncio.sleep(0.1)
    await stall
    for _ in range(20):
        await chaos.submit_one(payload={"ms": 10})

    await chaos.drained(within=40)
    await chaos.check()
    assert await chaos.runs() == len(chaos.accepted)


async def test_a_submit_that_dies_before_its_hint_is_found(chaos, monkeypatch):
    """The push raises, or never comes: both leave a committed row and nothing in Redis."""
    await chaos.start(units=1)
    deps = chaos.arena.deps

    async def refuse(_due):
        raise RedisAway("cut")

    async def vanish(_due):
        return True

    with monkeypatch.context() as patch:
        patch.setattr(deps.queue, "push", refuse)
        await chaos.submit(20)
    with monkeypatch.context() as patch:
        patch.setattr(deps.hinter, "hint", vanish)
        await chaos.submit(20)
        single = [await chaos.submit_one() for _ in range(3)]

    began = time.monotonic()
    await chaos.drained(within=15)
    chaos.note(f"{len(single)} singles and 40 in bulk ran {time.monotonic() - began:.1f} s later")
    await chaos.check()


def forgeries(strangers):
    """What somebody with access to Redis might put into a queue."""
    seed = random.Random(7)
    good = encode_hint(Priority.NORMAL, strangers, "x")
    yield from (b"", b"{}", b"[]", b"null", b"\x00" * 64, seed.randbytes(200), b"x" * 1_000_000)
    yield good.replace(b"run_default", b"run_anything")
    yield good.replace(b'"queue_name":"default"', b'"queue_name":"high"')
    yield good.replace(b'"kwargs":{}', b'"kwargs":{"pipe_target":{}}')
    yield good.replace(b'"options":{', b'"options":{"on_failure":"run_low","eta":1,')
    yield good.replace(b'"args":[[', b'"args":[[[[[[[[')
    yield b'{"args":' * 50_000
    yield (
        b"\x80\x04\x95\x1d\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94."
    )
    yield good


async def test_forged_messages_harm_nobody(chaos):
    await chaos.start(units=1, threads=4)
    later = await chaos.submit_one(delay_seconds=3_600)
    unit = chaos.arena.supervisor.of("worker")[0]
    redis = chaos.arena.deps.redis
    for queue in QUEUES:
        for n, body in enumerate(forgeries([later, new_id()])):
            await redis.hset(f"taskforge:{queue}.msgs", f"forged-{n}", body)
            await redis.rpush(f"taskforge:{queue}", f"forged-{n}", f"bare-{n}")
        await redis.publish("taskforge:wake", queue)
    await redis.publish("taskforge:wake", b"\xff\x00 no queue")
    await redis.publish("taskforge:cancel", b"\xff not ids " * 1_000)
    await chaos.submit(100, priority=Priority.CRITICAL)
    await chaos.submit(100)

    async def consumed():
        return not sum([await redis.llen(f"taskforge:{queue}") for queue in QUEUES])

    await eventually(consumed, within=20)
    assert (await chaos.arena.row(later))["attempt"] == 0
    assert unit.code is None
    await chaos.arena.db.execute("UPDATE jobs SET run_at = now() WHERE id = $1", later)
    await chaos.drained(within=20)
    await chaos.check()
    assert await chaos.runs() == 201
