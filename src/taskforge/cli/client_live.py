"""Following one job: the live events, with `GET /jobs/{id}` as the truth behind them.

Events are hints (DESIGN §2.9): a frame may get lost, so whenever nothing comes for a while the job
is asked for again; and where there is no socket at all, `?wait=` does the waiting.
"""

import time
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from taskforge.cli.client import Api
from taskforge.cli.client_http import ANSWER_SECONDS, is_local
from taskforge.core.errors import Limited, NotFound, TaskForgeError, Unavailable
from taskforge.core.events import Event, LogLine
from taskforge.core.history import JobDetail
from taskforge.core.job import JobRow
from taskforge.core.states import is_final

QUIET_SECONDS = 10.0
"""After so long without a frame of ours the job itself is looked at."""
WAIT_SECONDS = 5
"""What one request waits for the end where there is no socket."""
PATIENCE_SECONDS = 60.0
"""How long the API may be away before we give up on it."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 5.0
MAX_FRAME = 1 << 20
PONG = '{"event":"pong"}'


class StillGoing(TaskForgeError):
    """The job has not ended in the time that the user gave it."""

    code = "still_going"


class Seen(NamedTuple):
    """One thing that is new about the job."""

    job: JobRow
    log: LogLine | None = None
    """None: the job itself has changed."""


class _Frame(msgspec.Struct, frozen=True):
    event: str
    id: str | None = None
    job_id: UUID | None = None
    job: JobRow | None = None
    log: LogLine | None = None


_frames = msgspec.json.Decoder(_Frame)


class Follower:
    """Follows one job to its end.

    Args:
        api: where it is.
        job_id: which.
        seconds: how long at most; None: as long as it takes.
    """

    def __init__(self, api: Api, job_id: UUID, *, seconds: float | None = None) -> None:
        self._api = api
        self._id = job_id
        self._deadline = None if seconds is None else time.monotonic() + seconds
        self._cursor: str | None = None
        self._version = 0
        self._line = 0
        self._ended = False
        self._heard_at = time.monotonic()
        self._failures = 0
        """Of the socket, in a row."""

    def follow(self) -> Iterator[Seen]:
        """What happens, until the job has ended; its last state comes last.

        Raises:
            StillGoing: it has not ended in time.
            NotFound: there is no such job, or it was deleted meanwhile.
            Unavailable: the API stays away.
        """
        yield from self._look()
        while not self._ended:
            try:
                yield from self._listen()
            except (OSError, WebSocketException, Unavailable, Limited):
                yield from self._without_socket()

    def _look(self, wait: int = 0) -> Iterator[Seen]:
        """The job as it stands: all that is new since the last time."""
        answer = self._api.get(f"/jobs/{self._id}", {"wait": wait} if wait else None)
        job = answer.read(JobDetail)
        self._heard_at = time.monotonic()
        for line in job.logs:
            yield from self._log(job, line)
        yield from self._state(job)

    def _without_socket(self) -> Iterator[Seen]:
        """The job as it stands, at once and later when it ends; or a pause while the API is away.

        A socket that only broke is back after the first look; where there is none, requests wait.
        """
        wait = 0 if not self._failures else max(1, int(self._left(WAIT_SECONDS)))
        self._failures += 1
        try:
            yield from self._look(wait)
        except (Unavailable, Limited) as error:
            if time.monotonic() - self._heard_at > PATIENCE_SECONDS:
                raise
            pause = min(FIRST_PAUSE * 2**self._failures, LONGEST_PAUSE)
            time.sleep(self._left(max(pause, error.retry_after)))

    def _listen(self) -> Iterator[Seen]:
        """Frames of one connection, until it breaks or the job ends."""
        with open_socket(self._api, {"since": self._cursor} if self._cursor else {}) as socket:
            wish = {"event": "subscribe", "jobs": [str(self._id)], "batch": 0}
            socket.send(msgspec.json.encode(wish).decode())
            resumed = self._cursor is not None
            while not self._ended:
                try:
                    text = socket.recv(timeout=self._left(QUIET_SECONDS))
                except TimeoutError:
                    self._left(0)
                    yield from self._look()
                    continue
                frame = _read(text)
                if frame is None:
                    continue
                if frame.event == "ping":
                    socket.send(PONG)  # who has spoken once must go on giving signs of life
                elif frame.event == "resync" or (frame.event == "subscribed" and not resumed):
                    yield from self._look()  # from here on frames tell everything
                else:
                    yield from self._heed(frame)

    def _heed(self, frame: _Frame) -> Iterator[Seen]:
        self._cursor = frame.id or self._cursor
        if frame.job_id != self._id:
            return
        self._heard_at = time.monotonic()
        self._failures = 0
        if frame.event == Event.JOB_DELETED:
            raise NotFound(f"Job {self._id} was deleted.")
        if frame.job is not None and frame.log is not None:
            yield from self._log(frame.job, frame.log)
        elif frame.job is not None:
            yield from self._state(frame.job)

    def _log(self, job: JobRow, line: LogLine) -> Iterator[Seen]:
        if line.seq > self._line:
            self._line = line.seq
            yield Seen(job, line)

    def _state(self, job: JobRow) -> Iterator[Seen]:
        """A frame may be late: an older version says nothing any more (invariant 7)."""
        if job.version >= self._version:
            self._version = job.version
            self._ended = is_final(job.status)
            yield Seen(job)

    def _left(self, most: float) -> float:
        """Seconds to wait for the next thing, at most `most`.

        Raises:
            StillGoing: there are none left.
        """
        if self._deadline is None:
            return most
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise StillGoing(f"Job {self._id} has not ended yet; it goes on.")
        return min(most, left)


def open_socket(api: Api, query: Mapping[str, str]) -> ClientConnection:
    """A socket with the live events.

    Raises:
        OSError: the server is away.
        WebSocketException: it has no socket for us.
    """
    url = api.http.url
    asked = f"?{urlencode(query)}" if query else ""
    return connect(
        f"ws{url.removeprefix('http')}/api/v1/ws{asked}",
        additional_headers=api.badge.headers(),
        open_timeout=ANSWER_SECONDS,
        close_timeout=1,
        proxy=None if is_local(url) else True,
        max_size=MAX_FRAME,
    )


def _read(text: str | bytes) -> _Frame | None:
    """A frame; None when it is nothing that we know."""
    try:
        return _frames.decode(text)
    except (msgspec.MsgspecError, ValueError):
        return None
