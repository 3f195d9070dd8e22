"""Live events over WebSocket and as server-sent events (SPEC §4)."""

from typing import Any, NamedTuple

import msgspec
from litestar import Request, get, websocket
from litestar.connection import WebSocket
from litestar.response.base import ASGIResponse
from litestar.types import ASGIApp, Receive, Scope, Send

from taskforge.api.conversation import Conversation
from taskforge.api.door import Admission, Connection, Doorkeeper, Seats, check_origin
from taskforge.api.frames import Wanted
from taskforge.api.hub import Hub
from taskforge.api.inbound import Interval
from taskforge.api.lines import EventSourceLine, SocketLine
from taskforge.api.subscriber import Subscriber
from taskforge.bus.cursor import BEGINNING, Cursor
from taskforge.core.errors import (
    Denied,
    Invalid,
    Limited,
    TaskForgeError,
    Unauthenticated,
    Unavailable,
)

LIVE_STATE = "live"
"""Where the application keeps its `LiveRoom`."""
OPT: dict[str, Any] = {"open": True, "unlimited": True}
"""Admission is looked after here: browsers cannot send headers to these addresses."""
UNKNOWN = Cursor("", BEGINNING)
"""What cannot be read as a cursor is one of no stream, and gets a resync."""
STATUSES = {Unauthenticated: 401, Denied: 403, Invalid: 422, Limited: 429, Unavailable: 503}


class LiveRoom(NamedTuple):
    """What the routes work with."""

    hub: Hub
    doorkeeper: Doorkeeper
    seats: Seats
    origins: frozenset[str]


class _Query(NamedTuple):
    since: Cursor | None
    interval: float


@websocket("/ws", opt=OPT)
async def live_socket(socket: WebSocket[Any, Any, Any]) -> None:
    """Events as JSON text frames."""
    room: LiveRoom = socket.app.state[LIVE_STATE]
    try:
        query = _read_query(socket, socket.query_params.get("since"))
        check_origin(socket, room.origins)
        admission = await room.doorkeeper.admit(socket)
        with room.seats.taken(admission):
            await socket.accept()
            client = Subscriber(Wanted(), query.interval)
            line = SocketLine(socket)
            await Conversation(room.hub, line, client, admission).run(query.since)
    except TaskForgeError as error:
        await _refuse(socket, error)


@get("/events", opt=OPT, operation_id="followEvents", summary="Live events (SSE)")
async def live_events(request: Request[Any, Any, Any]) -> ASGIApp:
    """Live events as server-sent events.

    The frames of the socket. `Last-Event-ID` or `?since=` resumes, `?batch=250` coalesces,
    `?ticket=` stands in for the Authorization header that browsers cannot send here.
    """
    room: LiveRoom = request.app.state[LIVE_STATE]
    since = request.headers.get("last-event-id") or request.query_params.get("since")
    query = _read_query(request, since)
    check_origin(request, room.origins)
    return EventSource(room, await room.doorkeeper.admit(request), query)


class EventSource(ASGIResponse):
    """A response that lasts as long as the client listens."""

    _should_set_content_length = False

    def __init__(self, room: LiveRoom, admission: Admission, query: _Query) -> None:
        super().__init__(
            headers={"cache-control": "no-store", "x-accel-buffering": "no"},
            media_type="text/event-stream",
        )
        self._room = room
        self._admission = admission
        self._query = query

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve it."""
        with self._room.seats.taken(self._admission):
            await super().__call__(scope, receive, send)

    async def send_body(self, send: Send, receive: Receive) -> None:
        """Send events until one side ends it."""
        line = EventSourceLine(receive, send)
        await line.open()
        client = Subscriber(Wanted(), self._query.interval)
        await Conversation(self._room.hub, line, client, self._admission).run(self._query.since)


def _read_query(connection: Connection, since: str | None) -> _Query:
    cursor = None if since is None else Cursor.parse(since) or UNKNOWN
    try:
        given = connection.query_params.get("batch", "0")
        interval = msgspec.convert(given, Interval, strict=False)
    except msgspec.ValidationError as error:
        raise Invalid(f"batch: {error}", code="invalid_parameter") from None
    return _Query(cursor, interval / 1000)


async def _refuse(socket: WebSocket[Any, Any, Any], error: TaskForgeError) -> None:
    """Answer the handshake with a plain HTTP response; nothing has been accepted."""
    status = next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)
    body = msgspec.json.encode(
        {"type": "about:blank", "status": status, "code": error.code, "detail": error.detail}
    )
    headers = [(b"content-type", b"application/problem+json")]
    if isinstance(error, Limited | Unavailable):
        headers.append((b"retry-after", str(max(1, round(error.retry_after))).encode()))
    await socket.receive()
    await socket.send(
        {"type": "websocket.http.response.start", "status": status, "headers": headers}
    )
    await socket.send({"type": "websocket.http.response.body", "body": body, "more_body": False})
