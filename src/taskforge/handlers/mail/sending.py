"""Sending a job's messages over a few connections, each outcome stored before the next message."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime
from time import monotonic
from typing import Any, NamedTuple

from taskforge.core.failures import TargetError
from taskforge.handlers.base import Context
from taskforge.handlers.mail.address import Mailbox
from taskforge.handlers.mail.connection import (
    Connection,
    Envelope,
    Lost,
    Reply,
    Unreachable,
    connect,
)
from taskforge.handlers.mail.ledger import Delivery, Status, enhanced_code, key_of
from taskforge.handlers.mail.server import Server
from taskforge.handlers.mail.suppression import NO_SUCH_MAILBOX, suppress

MAX_CONNECTIONS = {"smtp": 4, "sink": 8}
"""By transport. The sink has one writer for all of them, whose batches grow with their number."""
MESSAGES_EACH = 25
"""One more connection for so many messages, up to the most."""
CONNECTION_LIMIT = 100
"""Messages after which a connection is opened anew: many servers have such a limit."""
STOP_SECONDS = 0.6
"""How long a cancelled job waits for answers under way, so that few messages are sent twice."""
FAILURE_SECONDS = 30.0
"""The same when one connection has failed and the job ends for that."""


class Task(NamedTuple):
    """One message to send."""

    mailbox: Mailbox
    message_id: str
    attempts: int
    """Of this job to write to this recipient, this one included."""
    compose: Callable[[], Envelope]


class Sending:
    """The messages of one attempt.

    Args:
        ctx: of the attempt.
        server: where they go.
        tasks: what is to be sent.
        per_minute: most messages in a minute; None for no limit.
        record: told each outcome, once it is stored.
    """

    def __init__(
        self,
        ctx: Context,
        server: Server,
        tasks: Sequence[Task],
        *,
        per_minute: int | None,
        record: Callable[[str, Delivery], Coroutine[Any, Any, None]],
    ) -> None:
        self.connections = 0
        """How many were opened."""
        self._ctx = ctx
        self._server = server
        self._tasks = deque(tasks)
        self._record = record
        self._interval = 60 / per_minute if per_minute else 0.0
        self._next_at = 0.0
        self._stop = asyncio.Event()
        self._unreachable: Unreachable | None = None

    async def run(self) -> None:
        """Send all of them.

        Raises:
            TargetError: the server went away; what has an outcome has a record.
            NotConfigured: the server cannot be used as it is set.
            asyncio.CancelledError: with the answers that came within 0.6 seconds recorded.
        """
        self._tls = await asyncio.to_thread(self._server.tls)
        wanted = 1 if self._interval else -(-len(self._tasks) // MESSAGES_EACH)
        most = MAX_CONNECTIONS[self._server.transport]
        lanes = [asyncio.create_task(self._lane()) for _ in range(min(wanted, most))]
        patience = STOP_SECONDS
        try:
            done, _ = await asyncio.wait(lanes, return_when=asyncio.FIRST_EXCEPTION)
            patience = FAILURE_SECONDS
            failed = next((lane for lane in done if lane.exception()), None)
        finally:
            self._stop.set()
            await self._end(lanes, patience)
        if failed is not None:
            failed.result()
        if self._tasks and self._unreachable:
            raise self._unreachable

    async def _end(self, lanes: Sequence[asyncio.Task[None]], patience: float) -> None:
        """Let messages under way get their answer and their record, and then end the lanes."""
        try:
            await asyncio.wait(lanes, timeout=patience)
        finally:
            for lane in lanes:
                lane.cancel()
            await asyncio.gather(*lanes, return_exceptions=True)

    async def _lane(self) -> None:
        """Send over one connection until nothing is left.

        Servers limit how many connections one client may have: a lane that gets none leaves the
        messages to the others.
        """
        connection: Connection | None = None
        try:
            while self._tasks and not self._stop.is_set():
                if connection is None or connection.carried >= CONNECTION_LIMIT:
                    connection = await self._open(instead_of=connection)
                if not (await self._turn() and self._tasks):
                    break
                task = self._tasks.popleft()
                connection, reply = await self._send(connection, task)
                await self._store(task, reply)
            if connection and not self._stop.is_set():
                await connection.leave()
        except Unreachable as error:
            self._unreachable = error
        finally:
            if connection:
                connection.cut()

    async def _turn(self) -> bool:
        """Wait until the pace allows another message; False when the job is to stop instead."""
        wait, self._next_at = (
            self._next_at - monotonic(),
            max(self._next_at, monotonic()) + self._interval,
        )
        if wait > 0:
            try:
                await asyncio.wait_for(self._stop.wait(), wait)
            except TimeoutError:
                return True
        return not self._stop.is_set()

    async def _open(self, *, instead_of: Connection | None) -> Connection:
        if instead_of:
            await instead_of.leave()
        opened = await connect(self._server, self._tls)
        self.connections += 1
        return opened

    async def _send(self, connection: Connection, task: Task) -> tuple[Connection, Reply]:
        """Send a message, through a new connection if this one turns out to be closed.

        Only when nothing of the message was handed over: otherwise the server may have it.
        """
        envelope = task.compose()
        try:
            return connection, await connection.send(envelope)
        except Lost as lost:
            connection.cut()
            if not (lost.early and connection.carried):
                raise _gone(lost) from lost
        try:
            fresh = await self._open(instead_of=None)
        except Unreachable as error:  # with a message in hand it is more than one lane's trouble
            raise TargetError(str(error)) from error
        try:
            return fresh, await fresh.send(envelope)
        except Lost as lost:
            fresh.cut()
            raise _gone(lost) from lost

    async def _store(self, task: Task, reply: Reply) -> None:
        now = datetime.now(UTC)
        delivery = delivery_of(task, reply, now)
        key = key_of(task.mailbox)
        # Before anything else is sent: whoever takes over must not send this one again.
        await self._ctx.checkpoint(delivery, key=key)
        if delivery.status is not Status.ACCEPTED:
            self._ctx.log(
                "warning", f"{delivery.status} by the mail server",
                recipient=delivery.recipient, code=delivery.code, answer=delivery.message,
            )  # fmt: skip
        if delivery.enhanced_code == NO_SUCH_MAILBOX:
            await suppress(self._ctx, task.mailbox, now)
        await self._record(key, delivery)


def delivery_of(task: Task, reply: Reply, now: datetime) -> Delivery:
    """The record of a server's answer: 4xx is deferred, 5xx rejected."""
    status = Status.ACCEPTED
    if reply.code >= 400:
        status = Status.DEFERRED if reply.code < 500 else Status.REJECTED
    return Delivery(
        recipient=task.mailbox.email,
        status=status,
        code=reply.code,
        enhanced_code=enhanced_code(reply.text),
        message=reply.text,
        message_id=task.message_id,
        attempts=task.attempts,
        at=now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        refused_copies=reply.refused_copies,
    )


def _gone(lost: Lost) -> TargetError:
    return TargetError(
        f"The connection to the mail server was lost: {lost}. Recipients without an outcome are"
        " tried again."
    )
