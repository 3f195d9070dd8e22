"""How long a request's body may take: a client that drips bytes holds a connection (S-18)."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, cast

from taskforge.core.errors import Malformed

GRACE_SECONDS = 30.0
LEAST_RATE = 4_096
"""Bytes per second that a body must bring on the whole, beyond the grace."""
TICK_SECONDS = 0.5
"""How late a wait may end."""

Receive = Callable[[], Awaitable[Any]]
T = TypeVar("T")


class _Wait:
    def __init__(self, task: asyncio.Task[Any], until: float) -> None:
        self.task = task
        self.until = until
        self.over = False


class Patience:
    """Ends waits that last too long, all with one timer: one for each costs more than a request."""

    def __init__(self) -> None:
        self._waits: set[_Wait] = set()
        self._ticking = False

    def in_time(self, receive: Receive) -> Receive:
        """`receive` for a request with a body; the time that we wait counts, not what we do.

        It raises Malformed when the body comes too slowly, or ends before all of it is here.
        """
        waited, received, complete = 0.0, 0, False

        async def receive_in_time() -> Any:
            nonlocal waited, received, complete
            if complete:
                return await receive()
            started = time.monotonic()
            left = GRACE_SECONDS + received / LEAST_RATE - waited
            try:
                message = await self._within(left, receive())
            except TimeoutError:
                raise Malformed("The body comes too slowly.", code="too_slow") from None
            if message["type"] == "http.disconnect":
                raise Malformed("The body was cut off.", code="cut_off")
            waited += time.monotonic() - started
            received += len(message.get("body", b""))
            complete = not message.get("more_body", False)
            return message

        return receive_in_time

    async def _within(self, seconds: float, work: Awaitable[T]) -> T:
        task = cast("asyncio.Task[Any]", asyncio.current_task())  # a coroutine runs in one
        loop = asyncio.get_running_loop()
        wait = _Wait(task, loop.time() + seconds)
        self._waits.add(wait)
        if not self._ticking:
            self._ticking = True
            loop.call_later(TICK_SECONDS, self._tick, loop)
        try:
            return await work
        except asyncio.CancelledError:
            if wait.over and task.uncancel() == 0:  # it was us, and nobody else
                raise TimeoutError from None
            raise
        finally:
            self._waits.discard(wait)

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for wait in self._waits:
            if now >= wait.until and not wait.over:
                wait.over = True
                wait.task.cancel()
        self._ticking = bool(self._waits)
        if self._ticking:
            loop.call_later(TICK_SECONDS, self._tick, loop)
