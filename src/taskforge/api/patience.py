"""How long a request's body may take: a client that drips bytes holds a connection (S-18)."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from taskforge.core.errors import Malformed

GRACE_SECONDS = 30.0
LEAST_RATE = 4_096
"""Bytes per second that a body must bring on the whole, beyond the grace."""

Receive = Callable[[], Awaitable[Any]]


def in_time(receive: Receive) -> Receive:
    """`receive` for a request with a body: only the time that we wait counts, not what we do.

    It raises Malformed when the body comes too slowly, or ends before all of it is here.
    """
    waited, received, complete = 0.0, 0, False

    async def receive_in_time() -> Any:
        nonlocal waited, received, complete
        if complete:
            return await receive()
        started = time.monotonic()
        try:
            async with asyncio.timeout(GRACE_SECONDS + received / LEAST_RATE - waited):
                message = await receive()
        except TimeoutError:
            raise Malformed("The body comes too slowly.", code="too_slow") from None
        if message["type"] == "http.disconnect":
            raise Malformed("The body was cut off.", code="cut_off")
        waited += time.monotonic() - started
        received += len(message.get("body", b""))
        complete = not message.get("more_body", False)
        return message

    return receive_in_time
