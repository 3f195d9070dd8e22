"""What we share with Dramatiq: its keys, its messages, and what our side makes of a stranger's."""

import json

import dramatiq
import pytest
from dramatiq.brokers.redis import RedisBroker

from taskforge.bus.client import open_client, open_sync_client
from taskforge.bus.hint import MAX_BYTES, MAX_IDS, NAMESPACE, encode_hint, read_hint
from taskforge.bus.queue import GROUP, HintQueue
from taskforge.core.ids import new_id
from taskforge.core.priority import Priority
from taskforge.worker.broker import Broker
from taskforge.worker.gate import Gate
from taskforge.worker.middleware import Verdicts


@pytest.fixture
async def redis(settings):
    client = open_client(settings)
    yield client
    await client.aclose()


@pytest.fixture
def queue(redis):
    return HintQueue(redis)


@pytest.fixture
def sync_redis(settings):
    client = open_sync_client(settings)
    yield client
    client.close()


@pytest.fixture
def stock(sync_redis):
    """Dramatiq's own broker, untouched."""
    return RedisBroker(client=sync_redis, middleware=[], namespace=NAMESPACE)


@pytest.fixture
def consumer(sync_redis):
    """Our consumer of the default queue, with room for eight."""
    gate = Gate(["default"])
    gate.admit(8)
    middleware = Verdicts.__new__(Verdicts)  # carries nothing here
    return Broker(sync_redis, gate, middleware).consume("default", prefetch=16)


async def test_a_stock_consumer_takes_our_message(queue, stock):
    ids = [new_id(), new_id()]
    await queue.push([(Priority.NORMAL, job_id) for job_id in ids])

    message = next(stock.consume("default", timeout=100))

    assert message
    assert (message.queue_name, message.actor_name) == ("default", "run_default")
    assert message.args[0] == [str(job_id) for job_id in ids]
    assert message.kwargs == {}


async def test_a_stock_consumer_acknowledges_our_message_without_a_rest(queue, stock, redis):
    await queue.push([(Priority.HIGH, new_id())])
    consumer = stock.consume("high", timeout=100)

    consumer.ack(next(consumer))

    left = {key async for key in redis.scan_iter(f"{NAMESPACE}:high*")}
    assert left == set()


async def test_our_consumer_takes_what_a_stock_broker_enqueues(stock, consumer):
    stock.declare_queue("default")
    job_id = new_id()
    stock.enqueue(
        dramatiq.Message(
            queue_name="default",
            actor_name="run_default",
            args=([str(job_id)],),
            kwargs={},
            options={},
        )
    )

    message = next(consumer)

    assert message
    assert message.args[0] == [job_id]
    consumer.ack(message)
    assert next(consumer) is None


async def test_keys_are_where_dramatiq_looks_for_them(queue, redis):
    await queue.push([(Priority.CRITICAL, new_id())])
    await queue.bury([(Priority.LOW, new_id())])

    kinds = {key: await redis.type(key) async for key in redis.scan_iter(f"{NAMESPACE}:*")}

    assert kinds == {
        b"taskforge:critical": b"list",
        b"taskforge:critical.msgs": b"hash",
        b"taskforge:low.XQ": b"zset",
        b"taskforge:low.XQ.msgs": b"hash",
    }


async def test_many_jobs_travel_in_groups(queue, redis):
    ids = [new_id() for _ in range(GROUP * 2 + 1)]
    await queue.push([(Priority.NORMAL, job_id) for job_id in ids])

    order = await redis.lrange("taskforge:default", 0, -1)
    bodies = [json.loads(await redis.hget("taskforge:default.msgs", it)) for it in order]
    assert [len(body["args"][0]) for body in bodies] == [GROUP, GROUP, 1]
    named = [job_id for body in bodies for job_id in body["args"][0]]
    assert named == [str(job_id) for job_id in ids]


async def test_the_epoch_lasts_as_long_as_the_data(queue, redis):
    first = await queue.epoch()
    assert await queue.epoch() == first

    await redis.flushdb()

    assert await queue.epoch() != first


def good(**changes):
    body = json.loads(encode_hint(Priority.NORMAL, [new_id()], "m-1"))
    return json.dumps({**body, **changes}).encode()


def test_a_hint_is_read_as_it_was_written():
    ids = [new_id() for _ in range(MAX_IDS)]

    hint = read_hint(encode_hint(Priority.LOW, ids, "m-1"), Priority.LOW)

    assert hint
    assert hint.args[0] == ids


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\x00", b"null", b"[]", b"{}", b"\xff\xfe", b"[" * 100_000, b"x" * (MAX_BYTES + 1),
        good(queue_name="high"), good(actor_name="run_high"), good(args=[]), good(args=[[], []]),
        good(args=[["no id"]]), good(args=[[str(new_id())] * (MAX_IDS + 1)]), good(args=[[1]]),
        good(kwargs={"a": 1}), good(options={}), good(options={"redis_message_id": ""}),
        good(options={"redis_message_id": "x", "on_success": "run_high"}),
        good(options={"redis_message_id": "x", "pipe_target": {}}), good(message_id=5),
        good(message_id="x" * 201), good(message_timestamp="soon"),
    ],
)  # fmt: skip
async def test_what_is_no_hint_is_retired_and_never_handed_out(data, consumer, redis):
    assert read_hint(data, Priority.NORMAL) is None
    await redis.hset("taskforge:default.msgs", "alien", data)
    await redis.rpush("taskforge:default", "alien")

    assert next(consumer) is None

    assert await redis.hlen("taskforge:default.msgs") == 0
    assert await redis.zrange("taskforge:default.XQ", 0, -1) == [b"alien"]
    assert [key async for key in redis.scan_iter("taskforge:__acks__*")] == []


async def test_a_stranger_among_hints_does_not_hold_them_up(queue, consumer, redis):
    first, last = new_id(), new_id()
    await queue.push([(Priority.NORMAL, first)])
    await redis.rpush("taskforge:default", "bare")  # an id without a message
    await redis.hset("taskforge:default.msgs", "alien", b"{}")
    await redis.rpush("taskforge:default", "alien")
    await queue.push([(Priority.NORMAL, last)])

    messages = [message for message in (next(consumer) for _ in range(3)) if message]

    assert [message.args[0] for message in messages] == [[first], [last]]
    for message in messages:
        consumer.ack(message)
    assert [key async for key in redis.scan_iter("taskforge:__acks__*")] == []
