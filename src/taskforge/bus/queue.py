"""Hints: Dramatiq messages that name job ids and nothing else, written by the async client.

The keyspace of a queue Q, as Dramatiq 2.2.1 lays it out (tests/bus/test_queue.py holds us to it):

    taskforge:Q            list    message ids waiting
    taskforge:Q.msgs       hash    message id → message; waiting and fetched
    taskforge:Q.XQ         zset    message ids of dead letters, by time in ms
    taskforge:Q.XQ.msgs    hash    message id → message
    taskforge:epoch        string  names this life of the Redis data (R-22)
    taskforge:wake         channel queue names, published with every push

A lost, repeated or forged hint costs at most a delay: what runs is decided by the claim.
"""

import time
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from redis.asyncio import Redis

from taskforge.bus.hint import NAMESPACE, encode_hint
from taskforge.core.ids import new_id, new_token
from taskforge.core.priority import Priority

GROUP = 32
"""Most job ids that one hint names (DESIGN §2.1)."""
EPOCH_KEY = f"{NAMESPACE}:epoch"
WAKE_CHANNEL = f"{NAMESPACE}:wake"
DEAD_LETTER_DAYS = 7


class HintQueue:
    """Writes hints and dead letters."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def push(self, due: Iterable[tuple[Priority, UUID]]) -> None:
        """Hint that these jobs are due, in one round trip, and wake idle workers.

        Raises:
            redis.RedisError: the caller counts it; the scheduler hints again (R-21).
        """
        by_queue: dict[Priority, list[UUID]] = {}
        for priority, job_id in due:
            by_queue.setdefault(priority, []).append(job_id)
        pipeline: Any = self._redis.pipeline(transaction=True)
        for priority, ids in by_queue.items():
            messages = _messages(priority, ids)
            key = f"{NAMESPACE}:{priority.queue}"
            pipeline.hset(f"{key}.msgs", mapping=messages)
            pipeline.rpush(key, *messages)
            pipeline.publish(WAKE_CHANNEL, priority.queue)
        await pipeline.execute()

    async def bury(self, dead: Iterable[tuple[Priority, UUID]]) -> None:
        """Put jobs that were dead-lettered into Dramatiq's dead-letter sets."""
        now_ms = int(time.time() * 1000)
        pipeline: Any = self._redis.pipeline(transaction=True)
        for priority, job_id in dead:
            key = f"{NAMESPACE}:{priority.queue}.XQ"
            for message_id, message in _messages(priority, [job_id]).items():
                pipeline.zadd(key, {message_id: now_ms})
                pipeline.hset(f"{key}.msgs", message_id, message)
        await pipeline.execute()

    async def epoch(self) -> str:
        """The name of this life of the Redis data; a new one after it was lost (R-22)."""
        pipeline: Any = self._redis.pipeline(transaction=True)
        pipeline.set(EPOCH_KEY, new_token(8), nx=True)
        pipeline.get(EPOCH_KEY)
        pipeline.info("server")
        _, stored, server = await pipeline.execute()
        return f"{stored.decode()}:{server['run_id']}"


def _messages(priority: Priority, ids: Sequence[UUID]) -> dict[str, bytes]:
    groups = [ids[start : start + GROUP] for start in range(0, len(ids), GROUP)]
    return {
        (message_id := str(new_id())): encode_hint(priority, group, message_id) for group in groups
    }
