"""Dramatiq's Redis broker, with our consumer and our middleware.

Differences to the stock broker, through its public `consume`: an idle consumer wakes on a
push (stock: sleeps up to 1 s), a busy one waits for a slot (stock: spins every 5 to 10 ms), a
message that is not one of our hints is retired before it can do harm (S-53), and no delay queues
exist, for retries live in PostgreSQL. Stock Retries, TimeLimit, Results, Callbacks, Pipelines and
AgeLimit are not loaded (R-D3).
"""

from typing import Any

import redis
from dramatiq import Consumer, Middleware
from dramatiq.brokers.redis import RedisBroker

from taskforge.bus.hint import NAMESPACE
from taskforge.worker.consumer import Commands, GatedConsumer
from taskforge.worker.gate import Gate

HEARTBEAT_MS = 20_000
MAINTENANCE_CHANCE = 100_000
"""In a million commands: the hints of a dead unit come back soon (R-D10). Doubles do no harm."""


class Broker(RedisBroker):
    """The broker of one worker unit.

    Args:
        client: a blocking client that never repeats a command by itself (R-D1).
        gate: tells when to fetch.
        middleware: the only one there is.
    """

    def __init__(self, client: redis.Redis, gate: Gate, middleware: Middleware) -> None:
        super().__init__(  # pyright: ignore[reportUnknownMemberType] - Dramatiq types it half
            client=client,
            middleware=[middleware],
            namespace=NAMESPACE,
            maintenance_chance=MAINTENANCE_CHANCE,
            heartbeat_timeout=HEARTBEAT_MS,
        )
        self._redis: redis.Redis = client
        self._gate = gate

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 5_000) -> Consumer:
        """A consumer that waits at the gate; `timeout` is the gate's business."""
        script: Any = self  # Dramatiq makes its commands up in __getattr__
        commands = Commands(
            script.do_fetch, script.do_ack, script.do_nack, script.do_requeue, self._handed
        )
        return GatedConsumer(commands, self._gate, queue_name, prefetch)

    def _handed(self, queue: str) -> set[bytes]:
        members: Any = self._redis.smembers(f"{NAMESPACE}:__acks__.{self.broker_id}.{queue}")
        return members

    def declare_queue(self, queue_name: str) -> None:
        """Declare a queue, and no delay queue beside it."""
        if queue_name not in self.queues:
            self.emit_before("declare_queue", queue_name)
            self.queues.add(queue_name)
            self.emit_after("declare_queue", queue_name)
