"""One actor per queue, with one body: answer the hint."""

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

import dramatiq

from taskforge.core.priority import Priority


def declare_actors(
    broker: dramatiq.Broker, serve: Callable[[Priority, Sequence[UUID]], Awaitable[None]]
) -> None:
    """Declare the actors of all queues.

    Args:
        broker: the unit's own.
        serve: answers a hint; returns when the jobs it claimed have ended, and only then is the
            hint acknowledged.
    """
    for priority in Priority:
        declare = dramatiq.actor(
            broker=broker,
            actor_name=priority.actor,
            queue_name=priority.queue,
            priority=priority.rank,
        )
        declare(_answer(priority, serve))


def _answer(
    priority: Priority, serve: Callable[[Priority, Sequence[UUID]], Awaitable[None]]
) -> Callable[[Sequence[UUID]], Awaitable[None]]:
    async def answer(ids: Sequence[UUID]) -> None:
        await serve(priority, ids)

    return answer
