"""The pulse: how the installation stands, told to those who follow the topic `summary`."""

import asyncio
import time
from datetime import datetime
from typing import Any, Final, Literal

import msgspec

from taskforge.api.figures import Figures
from taskforge.api.live.frames import Outgoing
from taskforge.api.live.hub import Hub
from taskforge.api.live.subscriber import PULSE_SECONDS
from taskforge.api.schemas import Summary
from taskforge.bus.cursor import BEGINNING, EntryId
from taskforge.core.fleet import FleetCounts, QueueView
from taskforge.db.fleet import count_fleet, list_queues
from taskforge.flows.deps import Deps
from taskforge.log import get_logger

TICK_SECONDS: Final = 0.1
"""Between two looks at whether anything has happened; none of them asks a server."""
QUIET_SECONDS: Final = 10.0
"""What no event tells of shows this late: rates that fall, workers that are late, limits."""

_log = get_logger(__name__)


class PulseFrame(msgspec.Struct, frozen=True, kw_only=True):
    """How the installation stands; for those who subscribed to the topic `summary`."""

    event: Literal["pulse"] = "pulse"
    at: datetime
    summary: Summary
    queues: list[QueueView]
    workers: FleetCounts


class Pulse:
    """Reads how things stand while somebody follows, once for all of them, and tells of changes.

    The event stream says when something has happened, so that a quiet installation costs a look
    every ten seconds, and one whose dashboard nobody has open costs nothing.

    Args:
        hub: who follows.
        figures: of this process.
        deps: where queues and workers are.
    """

    def __init__(self, hub: Hub, figures: Figures, deps: Deps) -> None:
        self._hub = hub
        self._figures = figures
        self._deps = deps
        self._position: EntryId = BEGINNING
        self._read_at = float("-inf")
        self._told: Any = None
        self._message: Outgoing | None = None

    async def beat(self) -> None:
        """Tell those who follow, until cancelled."""
        while True:
            followers = self._hub.followers("summary")
            if followers:
                await self._look()
                now = time.monotonic()
                if self._message is not None:
                    for follower in followers:
                        follower.show(self._message, now)
            else:
                self._forget()
            await asyncio.sleep(TICK_SECONDS if followers else PULSE_SECONDS / 2)

    async def read(self) -> PulseFrame:
        """How things stand now."""
        summary = await self._figures.summary()
        lease = self._deps.settings.lease_seconds
        async with self._deps.db.connect() as connection:
            queues = await list_queues(connection)
            workers = await count_fleet(connection, lease_seconds=lease)
        return PulseFrame(at=summary.at, summary=summary, queues=queues, workers=workers)

    async def _look(self) -> None:
        now = time.monotonic()
        position = self._hub.position
        age = now - self._read_at
        if age < (PULSE_SECONDS if position != self._position else QUIET_SECONDS):
            return
        # Before the read: what happens meanwhile is a reason for the next one.
        self._read_at, self._position = now, position
        try:
            frame = await self.read()
        except Exception as error:  # noqa: BLE001 - the next look is the remedy, whatever it was
            _log.warning("pulse.unreadable", error=error)
            return
        if (told := _what_changes(frame)) != self._told:
            self._told = told
            self._message = Outgoing(msgspec.json.encode(frame).decode())

    def _forget(self) -> None:
        """What was told to those who have gone is too old for the next one who comes."""
        self._read_at, self._told, self._message = float("-inf"), None, None


def _what_changes(frame: PulseFrame) -> Any:
    """A pulse without what clients can tell by their own clock."""
    figures = msgspec.structs.asdict(frame.summary)
    del figures["at"]
    queues = [msgspec.structs.replace(it, oldest_age_seconds=None) for it in frame.queues]
    return figures, queues, frame.workers
