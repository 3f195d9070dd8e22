"""Signals: nudges over Redis pub/sub that make things quick. Nothing rests on their arrival."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from uuid import UUID

from redis import RedisError
from redis.asyncio import Redis

from taskforge.bus.hint import NAMESPACE
from taskforge.bus.queue import WAKE_CHANNEL

CANCEL_CHANNEL = f"{NAMESPACE}:cancel"
_RECONNECT_SECONDS = 1.0


async def ask_to_stop(redis: Redis, job_ids: list[UUID]) -> None:
    """Tell the workers that somebody wants these running jobs to stop.

    Raises:
        redis.RedisError: the heartbeat's answer carries the same news within a third of a lease.
    """
    client: Any = redis
    await client.publish(CANCEL_CHANNEL, " ".join(job_id.hex for job_id in job_ids))


async def listen(
    redis: Redis, *, woken: Callable[[str], None], stopped: Callable[[list[UUID]], None]
) -> None:
    """Hear wake-ups and stop requests until cancelled, reconnecting as long as it takes.

    Args:
        redis: a client without a socket timeout on reads.
        woken: gets the name of a queue that has a new hint; called once per queue after a
            reconnect too, for what was missed. Must not block.
        stopped: gets the ids of jobs that should stop. Must not block.
    """
    client: Any = redis  # its pub/sub carries no types
    while True:
        with suppress(RedisError, OSError):
            async with client.pubsub() as pubsub:
                await pubsub.subscribe(WAKE_CHANNEL, CANCEL_CHANNEL)
                woken("")
                async for message in pubsub.listen():
                    _dispatch(message, woken, stopped)
        await asyncio.sleep(_RECONNECT_SECONDS)


def _dispatch(
    message: dict[str, Any],
    woken: Callable[[str], None],
    stopped: Callable[[list[UUID]], None],
) -> None:
    if message["type"] != "message":
        return
    text = message["data"].decode(errors="replace")
    if message["channel"].decode() == WAKE_CHANNEL:
        woken(text)
        return
    with suppress(ValueError):
        stopped([UUID(hex=word) for word in text.split()])
