"""Hints that this unit cannot use, because a type is at its limit here, go on to other units.

Another unit may have room, and only a hint tells it. But where all units are full, hints that are
passed on at once would go round without end. So they wait a moment, few are kept, and of each
priority one goes on, if its job still waits by then: one is enough, for a unit that is hinted takes
all that it has room for. What is not passed on is found by filling, or by the scheduler (R-21).
"""

import asyncio
from collections.abc import Callable, Iterable
from uuid import UUID

from taskforge.db.engine import is_away
from taskforge.db.hints import still_queued
from taskforge.flows.deps import Deps
from taskforge.log import get_logger

PAUSE_SECONDS = 1.0
KEPT = 64
"""Jobs; the rest of a flood is left to filling."""

log = get_logger(__name__)


class Relay:
    """Keeps unused hints for a moment, then passes some on.

    Args:
        deps: the unit's.
        full: tells which types are at their limit here.
    """

    def __init__(self, deps: Deps, full: Callable[[], list[str]]) -> None:
        self._deps = deps
        self._full = full
        self._kept: dict[UUID, None] = {}
        self._later: asyncio.Task[None] | None = None

    def keep(self, ids: Iterable[UUID]) -> None:
        """Pass on what these hints name, a moment from now."""
        for job_id in ids:
            if len(self._kept) < KEPT:
                self._kept[job_id] = None
        if self._kept and self._later is None:
            self._later = asyncio.create_task(self._relay())

    def close(self) -> None:
        """Forget what is kept."""
        if self._later:
            self._later.cancel()

    async def _relay(self) -> None:
        try:
            await asyncio.sleep(PAUSE_SECONDS)
            ids, self._kept = list(self._kept), {}
            async with self._deps.db.connect() as connection:
                first = dict(reversed(await still_queued(connection, ids, self._full())))
            await self._deps.hinter.hint(list(first.items()))
        except Exception as error:
            log.warning("relay.failed", error=repr(error), exc_info=not is_away(error))
        finally:
            self._later = None
