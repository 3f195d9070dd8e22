"""What carries live events: WebSocket messages, or server-sent events over plain HTTP."""

from typing import Any

import msgspec
from litestar.connection import WebSocket
from litestar.types import Receive, Send

from taskforge.api.live.frames import Outgoing, notice
from taskforge.api.live.subscriber import Closing
from taskforge.metrics.sockets import Transport

SOCKET_HEARTBEAT = 25.0
SSE_HEARTBEAT = 15.0
SSE_RETRY_MS = 2_000
"""What browsers wait before they reconnect."""


class SocketLine:
    """An accepted WebSocket."""

    transport: Transport = "websocket"
    heartbeat = SOCKET_HEARTBEAT

    def __init__(self, socket: WebSocket[Any, Any, Any]) -> None:
        self._socket = socket

    async def send(self, message: Outgoing) -> None:
        """Send one text frame."""
        await self._socket.send({"type": "websocket.send", "bytes": None, "text": message.text})

    def beat(self) -> Outgoing:
        """A ping of our own: no server here sends those of the protocol (R-76)."""
        return notice("ping")

    async def receive(self) -> str | bytes | None:
        """The next text or binary frame."""
        message: Any = await self._socket.receive()
        if message["type"] != "websocket.receive":
            return None
        text: str | None = message.get("text")
        return text if text is not None else message["bytes"]

    async def close(self, closing: Closing) -> None:
        """Send a close frame."""
        await self._socket.send(
            {"type": "websocket.close", "code": closing.code, "reason": closing.reason}
        )


class EventSourceLine:
    """An HTTP response of the type `text/event-stream` (HTML Living Standard, section 9.2)."""

    transport: Transport = "sse"
    heartbeat = SSE_HEARTBEAT

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send

    async def open(self) -> None:
        """Tell the browser how long to wait before it reconnects."""
        await self._write(f"retry: {SSE_RETRY_MS}\n\n")

    async def send(self, message: Outgoing) -> None:
        """Send one event; JSON has no line breaks."""
        name = "" if message.cursor is None else f"id: {message.cursor}\n"
        await self._write(f"{name}data: {message.text}\n\n" if message.text else ": ping\n\n")

    def beat(self) -> Outgoing:
        """A comment, which clients pass over."""
        return Outgoing("")

    async def receive(self) -> str | bytes | None:
        """Nothing ever comes but the end."""
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                return None

    async def close(self, closing: Closing) -> None:
        """Say why and end the response."""
        facts = {"event": "closing", "code": closing.code, "reason": closing.reason}
        retry = "" if closing.retry_ms is None else f"retry: {closing.retry_ms}\n"
        await self._write(f"{retry}data: {msgspec.json.encode(facts).decode()}\n\n", more=False)

    async def _write(self, text: str, *, more: bool = True) -> None:
        await self._send({"type": "http.response.body", "body": text.encode(), "more_body": more})
