"""What is left of a body that nobody read: taken in before a refusal goes out.

A client that is still sending when the connection closes sees a reset, and never the answer
(RFC 9112, 9.6). So an answer of 400 and above waits for the rest, within bounds.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from taskforge.api.clients import header

MAX_BYTES = 4_194_304
MAX_SECONDS = 3.0

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
App = Callable[[Any, Receive, Send], Awaitable[None]]


class Leftover:
    """An ASGI application around another one.

    Requests without a body pass untouched, and so do those that announce more than is taken in.
    """

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Serve one exchange."""
        if scope["type"] != "http" or not _may_linger(scope):
            await self._app(scope, receive, send)
            return
        ended = False

        async def take() -> Any:
            nonlocal ended
            message = await receive()
            ended = not message.get("more_body", False)
            return message

        async def finish(message: Any) -> None:
            if message["type"] == "http.response.start" and message["status"] >= 400:
                left = MAX_BYTES
                with suppress(TimeoutError):
                    async with asyncio.timeout(MAX_SECONDS):
                        while not ended and left > 0:
                            left -= len((await take()).get("body", b""))
            await send(message)

        await self._app(scope, take, finish)


def _may_linger(scope: Any) -> bool:
    length = header(scope, b"content-length")
    if length is None:
        return header(scope, b"transfer-encoding") is not None
    return length.isdecimal() and 0 < int(length[:12]) <= MAX_BYTES
