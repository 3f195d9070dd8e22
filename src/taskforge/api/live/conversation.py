"""One live connection from its opening to its end, whatever it is carried by.

Sending and listening are tasks of their own; the conversation itself keeps the time: heartbeats,
silence, and whether the client may still be here (R-76, R-77).
"""

import asyncio
import time
from contextlib import aclosing
from typing import Any, Protocol

from litestar.exceptions import WebSocketDisconnect
from msgspec import UNSET
from redis.exceptions import RedisError

from taskforge.api.live import inbound
from taskforge.api.live.door import Admission
from taskforge.api.live.frames import Outgoing, notice
from taskforge.api.live.hub import Hub
from taskforge.api.live.inbound import Message, Pace, Subscribe
from taskforge.api.live.subscriber import (
    AWAY,
    FORBIDDEN,
    INTERNAL,
    SIGN_IN,
    SLOW,
    Closing,
    Subscriber,
)
from taskforge.bus.cursor import Cursor
from taskforge.core.errors import Denied, TaskForgeError, Unauthenticated
from taskforge.log import get_logger
from taskforge.metrics.sockets import CLOSED, CONNECTIONS, FRAMES, Transport

SEND_SECONDS = 10.0
"""A send that takes longer is to a client that does not read (R-75)."""
CLOSE_SECONDS = 2.0
SILENCE_SECONDS = 60.0
"""A client that used to speak and does not even answer pings is gone. One that never spoke is left
to TCP keep-alive: a plain listener need not know our pings."""
RENEW_SECONDS = 5.0
"""So often we look whether the client may still be here (S-02); all connections of a process at the
same moments, so that they share one statement."""
RENEW_PATIENCE = 5.0

GONE = Closing(1006, "the client has gone")
_log = get_logger(__name__)


class Line(Protocol):
    """What carries a conversation."""

    transport: Transport
    """What it is counted as."""
    heartbeat: float
    """Seconds between signs of life."""

    async def send(self, message: Outgoing) -> None:
        """Send a message; waits for a client that reads slowly."""
        ...

    def beat(self) -> Outgoing:
        """A sign of life, to be sent."""
        ...

    async def receive(self) -> str | bytes | None:
        """What the client says next; None when it has gone."""
        ...

    async def close(self, closing: Closing) -> None:
        """Say goodbye, in whatever form the line has for it."""
        ...


class Conversation:
    """A client, its line, and the hub.

    Args:
        hub: where the events come from.
        line: how they are sent.
        subscriber: what the client wants.
        admission: who it is.
    """

    def __init__(self, hub: Hub, line: Line, subscriber: Subscriber, admission: Admission) -> None:
        self._hub = hub
        self._line = line
        self._subscriber = subscriber
        self._admission = admission
        self._pace = Pace()
        self._heard_at: float | None = None
        now = time.monotonic()
        self._beat_at = now + line.heartbeat
        self._renew_at = _next_look(now)

    async def run(self, since: Cursor | None) -> None:
        """Talk until one side ends it."""
        with CONNECTIONS.labels(self._line.transport).track_inprogress():
            await self._talk(since)
        await self._say_goodbye(self._subscriber.closing)

    async def _talk(self, since: Cursor | None) -> None:
        client = self._subscriber
        tasks: set[asyncio.Task[Any]] = {
            asyncio.create_task(self._send_all(since)),
            asyncio.create_task(self._listen()),
            asyncio.create_task(client.closed.wait()),  # interrupts a send that is stuck
        }
        try:
            while client.closing is None:
                done, _ = await asyncio.wait(
                    tasks, timeout=self._seconds_to_next(), return_when=asyncio.FIRST_COMPLETED
                )
                self._examine(done)
                await self._tend()
        finally:
            for task in tasks:
                task.cancel()
            # Wait: Granian sends no close frame while a receive is pending on the socket.
            await asyncio.gather(*tasks, return_exceptions=True)

    def _examine(self, done: set[asyncio.Task[Any]]) -> None:
        """End the connection when one of its tasks has failed in a way that nobody foresaw."""
        for task in done:
            if (error := task.exception()) is not None:
                _log.error("connection.failed", exc_info=error)
                self._subscriber.close(Closing(INTERNAL, "something went wrong on our side"))

    async def _send_all(self, since: Cursor | None) -> None:
        client = self._subscriber
        try:
            async with aclosing(self._hub.follow(client, since)) as messages:
                async for message in messages:
                    async with asyncio.timeout(SEND_SECONDS):
                        await self._line.send(message)
                    FRAMES.inc(len(message.frames))
        except TimeoutError:
            client.close(SLOW)
        except RedisError:
            client.close(AWAY)
        except (WebSocketDisconnect, OSError):
            client.close(GONE)

    async def _listen(self) -> None:
        client = self._subscriber
        try:
            while client.closing is None:
                said = await self._line.receive()
                if said is None:
                    client.close(GONE)
                    return
                self._heard_at = time.monotonic()
                self._hear(said)
        except (WebSocketDisconnect, RuntimeError, OSError):  # RuntimeError: Granian's own word
            client.close(GONE)

    def _hear(self, said: str | bytes) -> None:
        client = self._subscriber
        message = self._understood(said)
        if isinstance(message, inbound.Ping):
            client.offer(notice("pong"))
        elif isinstance(message, Subscribe):
            kept = client.interval if message.batch is UNSET else message.batch / 1000
            self._hub.change(client, message.wanted(), kept)
            if message.topics is not UNSET:
                client.topics = frozenset(message.topics)
            client.offer(notice("subscribed"))

    def _understood(self, said: str | bytes) -> Message | None:
        """The message, or None after closing the connection for it."""
        message = None
        if isinstance(said, bytes):
            closing = Closing(1003, "text frames only")
        elif len(said) > inbound.MAX_BYTES or len(said.encode()) > inbound.MAX_BYTES:
            closing = Closing(1009, f"messages may have {inbound.MAX_BYTES} bytes")
        elif not self._pace.allows():
            closing = Closing(1008, "too many messages")
        else:
            message = inbound.read(said)
            closing = Closing(4400, "not a message that is known here")
        if message is None:
            self._subscriber.close(closing)
        return message

    def _seconds_to_next(self) -> float:
        expires_at = self._admission.expires_at
        waits = [self._beat_at - time.monotonic(), self._renew_at - time.monotonic()]
        if expires_at is not None:
            waits.append(expires_at - time.time())
        return max(min(waits), 0.0)

    async def _tend(self) -> None:
        now = time.monotonic()
        expires_at = self._admission.expires_at
        if expires_at is not None and time.time() >= expires_at:
            self._subscriber.close(Closing(SIGN_IN, "the access token has expired"))
        elif self._heard_at is not None and now - self._heard_at > SILENCE_SECONDS:
            self._subscriber.close(Closing(1001, "no sign of life"))
        elif now >= self._renew_at:
            self._renew_at = _next_look(now)
            await self._renew()
        elif now >= self._beat_at:
            self._beat_at = now + self._line.heartbeat
            self._subscriber.offer(self._line.beat())

    async def _renew(self) -> None:
        try:
            async with asyncio.timeout(RENEW_PATIENCE):
                await self._admission.renew()
        except (Unauthenticated, Denied) as error:
            code = SIGN_IN if isinstance(error, Unauthenticated) else FORBIDDEN
            self._subscriber.close(Closing(code, error.detail[:100]))
        except (TaskForgeError, OSError, TimeoutError) as error:
            # The database may be away for a moment; the next look decides.
            _log.warning("connection.not_renewed", error=error)

    async def _say_goodbye(self, closing: Closing | None) -> None:
        if closing is None:
            return
        CLOSED.labels(str(closing.code)).inc()
        if closing is GONE:
            return
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._line.close(closing)
        except (TimeoutError, OSError, RuntimeError, WebSocketDisconnect) as error:
            _log.debug("connection.closed_roughly", error=error)


def _next_look(now: float) -> float:
    return (now // RENEW_SECONDS + 1) * RENEW_SECONDS
