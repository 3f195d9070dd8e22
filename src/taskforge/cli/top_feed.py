"""Where `taskforge top` has it from: the pulse of the live socket, and the REST API beside it.

The pulse tells counts and queues, at most once a second and only of changes, so that watching costs
the installation the same however much happens. Who runs what and what fails is asked for when the
pulse has told of a change. Where there is no socket everything is asked for.
"""

import threading
import time
from typing import Any
from uuid import UUID

import msgspec
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection

from taskforge.cli.client import Api
from taskforge.cli.client_live import PONG, open_socket
from taskforge.cli.top_view import Figures, View
from taskforge.core.errors import Limited, Unavailable
from taskforge.core.failure_group import FailureGroup
from taskforge.core.fleet import QueueView, WorkerView

LOOK_SECONDS, POLL_SECONDS = 2.0, 4.0
"""Between two looks by REST, of two requests each, and of four where there is no socket: half of
what an account may ask for."""
QUIET_SECONDS = 12.0
"""Without a change; heartbeats grow old all the same."""
TURN_SECONDS = 0.5
AWAY_SECONDS = 1.0
"""Between two tries while the API is away, unless it asks for more patience."""
FAILURES = 20
NOBODY = UUID(int=0)
"""Watching this job alone keeps the frames of all others away."""


class _Queues(msgspec.Struct, frozen=True):
    items: list[QueueView]


class _Workers(msgspec.Struct, frozen=True):
    items: list[WorkerView]


class _Failures(msgspec.Struct, frozen=True):
    items: list[FailureGroup]


class _Pulse(msgspec.Struct, frozen=True):
    event: str
    summary: Figures | None = None
    queues: list[QueueView] = []


_pulses = msgspec.json.Decoder(_Pulse)


def look(api: Api) -> tuple[View, dict[str, msgspec.Raw]]:
    """How things stand, and the answers that say so.

    Raises:
        TaskForgeError: the API refuses, or is away.
    """
    summary, queues = api.get("/jobs/metrics/summary"), api.get("/queues")
    workers, failures = api.get("/workers"), api.get("/failures", {"limit": FAILURES})
    view = View(
        summary.read(Figures),
        queues.read(_Queues).items,
        workers.read(_Workers).items,
        failures.read(_Failures).items,
    )
    answers = {"summary": summary, "queues": queues, "workers": workers, "failures": failures}
    return view, {name: msgspec.Raw(answer.content) for name, answer in answers.items()}


class Feed(threading.Thread):
    """Keeps a view up to date until it is stopped.

    Args:
        api: where it is.
        view: how things stood at first.
    """

    def __init__(self, api: Api, view: View) -> None:
        super().__init__(name="feed", daemon=True)
        self._api = api
        self._view = view
        self._stopping = threading.Event()
        self._looked_at = time.monotonic()
        self._stale = True
        self.broken: Exception | None = None
        """Why it has ended by itself: the API knows us no more, or a fault of ours."""

    @property
    def view(self) -> View:
        """How things stand; the same object as long as nothing is new."""
        return self._view

    def stop(self) -> None:
        """End soon."""
        self._stopping.set()

    def run(self) -> None:
        """Follow, through every absence of the API."""
        try:
            while not self._stopping.is_set():
                self._follow_or_look()
        except Exception as error:  # noqa: BLE001 - whoever looks is told, and nothing freezes
            self.broken = error

    def _follow_or_look(self) -> None:
        began = time.monotonic()
        try:
            self._follow()
        except (OSError, WebSocketException, Unavailable, Limited):
            # What broke after a while is most likely back; what broke at once is not there.
            brief = time.monotonic() - began < POLL_SECONDS
            self._without_socket(pause=POLL_SECONDS if brief else 0.0)

    def _follow(self) -> None:
        """The pulses of one connection, until it breaks."""
        with open_socket(self._api, {"topics": "summary"}) as socket:
            wish = {"event": "subscribe", "jobs": [str(NOBODY)], "topics": ["summary"]}
            socket.send(msgspec.json.encode(wish).decode())
            self._show(live=True, away=None)
            while not self._stopping.is_set():
                self._hear(socket)
                waited = time.monotonic() - self._looked_at
                if waited > (LOOK_SECONDS if self._stale else QUIET_SECONDS):
                    self._look_around()

    def _hear(self, socket: ClientConnection) -> None:
        try:
            frame = _read(socket.recv(timeout=TURN_SECONDS))
        except TimeoutError:
            return
        if frame is not None and frame.event == "ping":
            socket.send(PONG)
        elif frame is not None and frame.summary is not None:
            self._stale = True
            self._show(figures=frame.summary, queues=frame.queues)

    def _look_around(self) -> None:
        self._stale, self._looked_at = False, time.monotonic()
        self._show(
            workers=self._api.get("/workers").read(_Workers).items,
            failures=self._api.get("/failures", {"limit": FAILURES}).read(_Failures).items,
        )

    def _without_socket(self, *, pause: float) -> None:
        """Look by REST where the socket has broken; when that fails, too, the API is away."""
        try:
            view, _ = look(self._api)
        except (Unavailable, Limited) as error:
            self._show(live=False, away=error.detail)
            pause = max(error.retry_after, AWAY_SECONDS)
        else:
            self._view = view
        self._stopping.wait(pause)

    def _show(self, **new: Any) -> None:
        self._view = self._view._replace(**new)


def _read(text: str | bytes) -> _Pulse | None:
    """A pulse or a word of the connection; None when it is nothing that we know."""
    try:
        return _pulses.decode(text)
    except (msgspec.MsgspecError, ValueError):
        return None
