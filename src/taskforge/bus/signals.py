"""Signals: nudges over Redis pub/sub that make things quick. Nothing rests on their arrival."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple
from uuid import UUID

from redis import RedisError
from redis.asyncio import Redis

from taskforge.bus.hint import NAMESPACE
from taskforge.bus.queue import WAKE_CHANNEL

CANCEL_CHANNEL = f"{NAMESPACE}:cancel"
ORDER_CHANNEL = f"{NAMESPACE}:order"
_RECONNECT_SECONDS = 1.0


async def ask_to_stop(redis: Redis, job_ids: list[UUID]) -> None:
    """Tell the workers that somebody wants these running jobs to stop.

    Raises:
        redis.RedisError: the heartbeat's answer carries the same news within a third of a lease.
    """
    client: Any = redis
    await client.publish(CANCEL_CHANNEL, " ".join(job_id.hex for job_id in job_ids))


async def point_at_order(redis: Redis, worker_id: UUID) -> None:
    """Tell a worker unit that there is an order for it; what it says is in PostgreSQL.

    Raises:
        redis.RedisError: the heartbeat finds the order within a third of a lease.
    """
    client: Any = redis
    await client.publish(ORDER_CHANNEL, worker_id.hex)


class Ears(NamedTuple):
    """Who gets what is heard; none may block."""

    woken: Callable[[str], None]
    """Gets the name of a queue that has a new hint; called with "", for all of them, after each
    connect too, for what was missed."""
    stopped: Callable[[list[UUID]], None]
    """Gets the ids of jobs that should stop."""
    ordered: Callable[[list[UUID]], None]
    """Gets the ids of units for which there are orders."""


async def listen(redis: Redis, ears: Ears) -> None:
    """Hear wake-ups, stop requests and orders until cancelled, reconnecting as long as it takes.

    Args:
        redis: a client without a socket timeout on reads.
        ears: told from within, on this loop.
    """
    client: Any = redis  # its pub/sub carries no types
    while True:
        with suppress(RedisError, OSError):
            async with client.pubsub() as pubsub:
                await pubsub.subscribe(WAKE_CHANNEL, CANCEL_CHANNEL, ORDER_CHANNEL)
                ears.woken("")
                async for message in pubsub.listen():
                    _dispatch(message, ears)
        await asyncio.sleep(_RECONNECT_SECONDS)


def _dispatch(message: dict[str, Any], ears: Ears) -> None:
    if message["type"] != "message":
        return
    text, channel = message["data"].decode(errors="replace"), message["channel"].decode()
    if channel == WAKE_CHANNEL:
        ears.woken(text)
        return
    with suppress(ValueError):
        ids = [UUID(hex=word) for word in text.split()]
        (ears.stopped if channel == CANCEL_CHANNEL else ears.ordered)(ids)
