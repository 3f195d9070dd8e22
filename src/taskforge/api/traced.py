"""Spans of requests, around everything else that an exchange gets; there only while tracing is on.

Of a socket or a handshake the span is over with the answer: a conversation of hours is no request.
"""

from typing import Any

from taskforge.api.envelope import App, Receive, Scope, Send
from taskforge.tracing.http import served, serving

_ANSWERS = {"websocket.accept": 101, "websocket.close": 403}


class Traced:
    """An ASGI application around another one."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one exchange."""
        if scope["type"] == "http":
            await self._request(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._handshake(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        method, status = scope["method"], 500

        async def noted(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with serving(method, scope["path"], scope["headers"]) as span:
            try:
                await self._app(scope, receive, noted)
            finally:
                served(span, method, scope.get("path_template"), status)

    async def _handshake(self, scope: Scope, receive: Receive, send: Send) -> None:
        span, over = serving("GET", scope["path"], scope["headers"]), False

        async def noted(message: Any) -> None:
            if not over:
                answer(_ANSWERS.get(message["type"]) or message.get("status", 500))
            await send(message)

        def answer(status: int) -> None:
            nonlocal over
            over = True
            served(span, "GET", scope.get("path_template"), status)
            span.end()

        try:
            await self._app(scope, receive, noted)
        finally:
            if not over:  # something broke first, and a span that never ends is never told
                answer(500)
