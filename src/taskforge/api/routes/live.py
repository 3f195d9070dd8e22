"""Live events over WebSocket and as server-sent events (SPEC §4)."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import ExitStack, asynccontextmanager
from typing import Annotated, Any, NamedTuple, cast

import msgspec
from litestar import Request, Router, get, websocket
from litestar.connection import WebSocket
from litestar.datastructures import State
from litestar.handlers.base import BaseRouteHandler
from litestar.params import QueryParameter
from litestar.response.base import ASGIResponse
from litestar.types import ASGIApp, Receive, Scope, Send

from taskforge.api.auth import Needs, asks
from taskforge.api.errors import MEDIA_TYPE, to_response
from taskforge.api.figures import Figures
from taskforge.api.live.conversation import Conversation
from taskforge.api.live.door import Admission, Connection, Doorkeeper, Seats, check_origin
from taskforge.api.live.frames import Wanted
from taskforge.api.live.hub import Hub
from taskforge.api.live.inbound import Interval, Topics
from taskforge.api.live.keyring import Keyring
from taskforge.api.live.lines import EventSourceLine, SocketLine
from taskforge.api.live.lookout import Lookout
from taskforge.api.live.pulse import Pulse
from taskforge.api.live.subscriber import Subscriber, Topic
from taskforge.bus.cursor import BEGINNING, Cursor
from taskforge.bus.follow import StreamReader
from taskforge.core.errors import Invalid
from taskforge.core.people import Permission
from taskforge.flows.deps import Deps

LIVE_STATE = "live"
"""Where the application keeps its `LiveRoom`."""
UNKNOWN = Cursor("", BEGINNING)
"""What cannot be read as a cursor is one of no stream, and gets a resync."""


class LiveRoom(NamedTuple):
    """What the routes work with."""

    hub: Hub
    doorkeeper: Doorkeeper
    seats: Seats
    origins: frozenset[str]


@asynccontextmanager
async def open_room(deps: Deps, figures: Figures) -> AsyncGenerator[LiveRoom]:
    """The room of a process, from the start of its application to the end."""
    settings = deps.settings
    hub = Hub(StreamReader(deps.redis))
    seats = Seats(
        per_user=settings.live_connections_per_user,
        per_place=settings.live_connections_per_address,
    )
    tasks = [
        asyncio.create_task(Pulse(hub, figures, deps).beat()),
        asyncio.create_task(Lookout(hub, deps.db).keep()),
    ]
    try:
        yield LiveRoom(hub, Keyring(deps), seats, frozenset(settings.origins()))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await hub.close(patience=0)


class _Query(NamedTuple):
    since: Cursor | None
    interval: float
    topics: frozenset[Topic]


class Follower(Needs):
    """A guard like the usual one, which takes tickets as well: browsers send no headers here."""

    async def __call__(self, connection: Connection, handler: BaseRouteHandler) -> None:
        """Put the admission into `scope["state"]`, or refuse as `Needs` does."""
        room: LiveRoom = connection.app.state[LIVE_STATE]
        check_origin(connection, room.origins)
        state: dict[str, Any] = connection.scope["state"]
        state["admission"] = await room.doorkeeper.admit(connection)


@websocket("/ws", opt=asks(Permission.READ))
async def live_socket(socket: WebSocket[Any, Any, Any]) -> None:
    """Events as JSON text frames."""
    room: LiveRoom = socket.app.state[LIVE_STATE]
    with ExitStack() as stay:
        try:
            query = _read_query(socket)
            check_origin(socket, room.origins)
            admission = await room.doorkeeper.admit(socket)
            stay.enter_context(room.seats.taken(admission))
        except Exception as error:  # noqa: BLE001 - whatever it is, the handshake gets an answer
            await _refuse(socket, error)
            return
        client = Subscriber(Wanted(), query.interval, query.topics)
        stay.enter_context(room.hub.guest(client))
        await socket.accept()
        await Conversation(room.hub, SocketLine(socket), client, admission).run(query.since)


@get("/events", operation_id="followEvents", summary="Follow the live events",
     guards=[Follower(Permission.READ)], media_type="text/event-stream",
     response_description="Events, for as long as the client listens.",
     opt={"takes": ["Last-Event-ID"], "problems": [422],
          "security": [{"bearer": []}, {"apiKey": []}, {"ticket": []}]})  # fmt: skip
async def live_events(
    request: Request[Any, Any, State],
    since: Annotated[
        str | None, QueryParameter(description="`id` of the last frame seen, to go on from there.")
    ] = None,
    batch: Annotated[
        Interval, QueryParameter(description="Milliseconds between two frames, at least.")
    ] = 0,
    topics: Annotated[
        Topics | None, QueryParameter(description="What is to come besides events.")
    ] = None,
    ticket: Annotated[  # the guard takes it; here it is, so that the query may have it
        str | None, QueryParameter(include_in_schema=False)
    ] = None,
) -> ASGIApp:
    """The frames of the socket as server-sent events.

    Of jobs: `job_queued`, `job_scheduled`, `job_running`, `job_progress`, `job_retrying`,
    `job_success`, `job_failed`, `job_cancelled`, `job_deleted`. For jobs that the socket's
    `subscribe` names in `jobs` or `logs` also `job_log`, a line of the log, and `job_stream`, text
    while it is being made: `stream: {attempt, offset, text}`, where `offset` counts the characters
    before it. Of others: `worker_online`, `worker_offline`, `queue_paused`, `queue_resumed`. With
    the topic `summary` also `pulse`, how the installation stands: at most once a second, and when
    something has changed.

    `Last-Event-ID` or `?since=` resumes, `?batch=250` coalesces, and `?ticket=` stands in for the
    Authorization header, which browsers cannot send here.
    """
    cursor = _read_cursor(request.headers.get("last-event-id") or since)
    query = _Query(cursor, batch / 1000, frozenset(topics or ()))
    return EventSource(request.app.state[LIVE_STATE], request.scope["state"]["admission"], query)


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
        client = Subscriber(Wanted(), self._query.interval, self._query.topics)
        with self._room.hub.guest(client):
            await line.open()
            conversation = Conversation(self._room.hub, line, client, self._admission)
            await conversation.run(self._query.since)


def _read_cursor(since: str | None) -> Cursor | None:
    return None if since is None else Cursor.parse(since) or UNKNOWN


def _read_query(socket: WebSocket[Any, Any, Any]) -> _Query:
    cursor = _read_cursor(socket.query_params.get("since"))
    interval = _read("batch", socket.query_params.get("batch", "0"), Interval)
    topics = _read("topics", socket.query_params.getall("topics", []), Topics)
    return _Query(cursor, interval / 1000, frozenset(topics))


def _read(name: str, given: Any, kind: Any) -> Any:
    try:
        return msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as error:
        raise Invalid(f"{name}: {error}", code="invalid_parameter") from None


async def _refuse(socket: WebSocket[Any, Any, Any], error: Exception) -> None:
    """Answer the handshake with a problem document; nothing has been accepted."""
    answer = to_response(cast("Request[Any, Any, Any]", socket), error)
    headers = [(b"content-type", MEDIA_TYPE.encode())]
    headers += [(name.lower().encode(), value.encode()) for name, value in answer.headers.items()]
    await socket.receive()
    await socket.send(
        {
            "type": "websocket.http.response.start",
            "status": answer.status_code or 500,
            "headers": headers,
        }
    )
    await socket.send(
        {"type": "websocket.http.response.body", "body": answer.content, "more_body": False}
    )


router = Router("/", route_handlers=[live_socket, live_events], tags=["live"])
