"""The consumer of one queue: fetches when there is room, waits otherwise, and trusts nothing."""

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import redis
from dramatiq import Message
from dramatiq.broker import Consumer, MessageProxy
from dramatiq.errors import ConnectionClosed

from taskforge.bus.hint import Hint, read_hint
from taskforge.core.priority import BY_QUEUE
from taskforge.log import get_logger
from taskforge.worker.gate import Gate

POLL_SECONDS = 1.0
"""The longest wait between two fetches, should a wake-up be lost."""

log = get_logger(__name__)


class Commands(NamedTuple):
    """Dramatiq's own script, by command."""

    fetch: Callable[[str, int], list[bytes | None]]
    ack: Callable[[str, str], Any]
    nack: Callable[[str, str], Any]
    requeue: Callable[..., Any]
    handed: Callable[[str], set[bytes]]
    """Ids that this process was handed of a queue and has not given back."""


class GatedConsumer(Consumer):
    """Takes one queue's hints while the gate has room for them.

    Args:
        commands: how to speak to Redis.
        gate: tells when to fetch.
        queue: the queue's name.
        prefetch: most hints that this unit may hold of this queue, running ones included.
    """

    def __init__(self, commands: Commands, gate: Gate, queue: str, prefetch: int) -> None:
        self._commands = commands
        self._gate = gate
        self._queue = queue
        self._priority = BY_QUEUE[queue]
        self._prefetch = prefetch
        self._fetched: deque[Hint] = deque()
        self._held: set[str] = set()
        self._full = False
        """Whether fetching waits for acknowledgements."""

    def ack(self, message: Any) -> None:
        """Forget a hint: its jobs have ended, or were not ours to run."""
        self._finish(self._commands.ack, message)

    def nack(self, message: Any) -> None:
        """Move a hint to the dead letters."""
        self._finish(self._commands.nack, message)

    def requeue(self, messages: Iterable[Any]) -> None:
        """Put hints back that nobody has begun with."""
        ids = [message.options["redis_message_id"] for message in messages]
        if ids:
            self._asking(self._commands.requeue, self._queue, *ids)

    def __next__(self) -> MessageProxy | None:
        """The next hint; None after a wait, so that the thread can look whether to stop."""
        self._gate.come_by(self._queue)
        if not self._fetched:
            seen = self._gate.ticks(self._queue)
            self._full = True  # before the look: an acknowledgement after it wakes us
            room = min(self._gate.room, self._prefetch - len(self._held))
            self._full = room <= 0
            if room <= 0 or not self._fetch(room):
                self._gate.wait(self._queue, seen, POLL_SECONDS)
                return None
        hint = self._fetched.popleft()
        return MessageProxy(
            Message(
                queue_name=hint.queue_name,
                actor_name=hint.actor_name,
                args=hint.args,
                kwargs={},
                options={"redis_message_id": hint.options.redis_message_id},
                message_id=hint.message_id,
                message_timestamp=hint.message_timestamp,
            )
        )

    def close(self) -> None:
        """Put back what was fetched and not handed out."""
        ids = [hint.options.redis_message_id for hint in self._fetched]
        self._fetched.clear()
        if ids:
            self._asking(self._commands.requeue, self._queue, *ids)

    def _fetch(self, room: int) -> bool:
        alien = False
        for data in self._asking(self._commands.fetch, self._queue, room):
            # None: the message was acknowledged elsewhere after a maintenance run gave it back.
            hint = read_hint(data, self._priority) if data else None
            if hint:
                self._held.add(hint.options.redis_message_id)
                self._fetched.append(hint)
            alien = alien or hint is None
        if alien:
            self._retire_aliens()
        return bool(self._fetched)

    def _retire_aliens(self) -> None:
        """Move what is not a hint to the dead letters.

        A fetch answers with bodies alone, and what is no hint need not tell its true id: so look
        for it among the ids that Redis has handed to this process.
        """
        handed: set[bytes] = self._asking(self._commands.handed, self._queue)
        aliens = {name.decode(errors="replace") for name in handed} - self._held
        for message_id in aliens:
            self._asking(self._commands.nack, self._queue, message_id)
        log.warning("message.rejected", queue=self._queue, messages=len(aliens))

    def _finish(self, command: Callable[[str, str], Any], message: Any) -> None:
        message_id = message.options["redis_message_id"]
        try:
            self._asking(command, self._queue, message_id)
        finally:
            self._held.discard(message_id)
            # At half, so that a run of stale hints is fetched by the handful and not one by one.
            if self._full and len(self._held) <= self._prefetch // 2:
                self._full = False
                self._gate.wake(self._queue)

    def _asking(self, command: Callable[..., Any], *args: Any) -> Any:
        """Run a command; Dramatiq waits out what it knows as a closed connection, nothing else."""
        try:
            return command(*args)
        except (redis.ConnectionError, redis.TimeoutError, OSError) as error:
            self._gate.come_by(self._queue)  # it is Redis that is away, and we who ask again
            raise ConnectionClosed(error) from None
