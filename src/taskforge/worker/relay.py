"""Hints that this unit cannot use go on to other units.

Another unit may have room, and only a hint tells it. While this one asks for no hints, because it
has a backlog or takes no jobs, they are passed on at once. When a type is at its limit here, other
hints still come, and where all units are full, they would go round without end. So they wait a
moment, few are kept, and of each priority one goes on, if its job still waits by then: one is
enough, for a unit that is hinted takes all that it has room for. What is not passed on is found by
filling, or by the scheduler (R-21).
"""

import asyncio
from collections.abc import Iterable
from contextvars import Context
from uuid import UUID

from taskforge.core.priority import Priority
from taskforge.db.engine import is_away
from taskforge.db.hints import still_queued
from taskforge.flows.deps import Deps
from taskforge.log import get_logger
from taskforge.worker.rooms import Rooms

PAUSE_SECONDS = 1.0
KEPT = 64
"""Jobs; the rest of a flood is left to filling."""

log = get_logger(__name__)


class Relay:
    """Passes hints on, at once or after a moment.

    Args:
        deps: the unit's own.
        rooms: tell which types are full here.
    """

    def __init__(self, deps: Deps, rooms: Rooms) -> None:
        self._deps = deps
        self._rooms = rooms
        self._kept: dict[UUID, None] = {}
        self._later: asyncio.Task[None] | None = None

    async def pass_on(self, priority: Priority, ids: Iterable[UUID], *, at_once: bool) -> None:
        """Hint again what was hinted here, if another unit may take it and we cannot."""
        if at_once:
            await self._deps.hinter.hint([(priority, job_id) for job_id in ids])
        elif self._rooms.full():
            self._keep(ids)

    def close(self) -> None:
        """Forget what is kept."""
        if self._later:
            self._later.cancel()

    def _keep(self, ids: Iterable[UUID]) -> None:
        for job_id in ids:
            if len(self._kept) < KEPT:
                self._kept[job_id] = None
        if self._kept and self._later is None:
            self._later = asyncio.create_task(self._relay(), context=Context())

    async def _relay(self) -> None:
        try:
            await asyncio.sleep(PAUSE_SECONDS)
            ids, self._kept = list(self._kept), {}
            async with self._deps.db.connect() as connection:
                waiting = await still_queued(connection, ids, self._rooms.full())
            await self._deps.hinter.hint(list(dict(reversed(waiting)).items()))
        except Exception as error:
            log.warning("relay.failed", error=error, exc_info=not is_away(error))
        finally:
            self._later = None
