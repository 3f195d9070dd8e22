"""Waiting for jobs to end: one small query at a time for all who wait in this process."""

import asyncio
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from litestar.datastructures import State
from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncEngine

from taskforge.core.batch import Batcher
from taskforge.db.jobs import ended_among
from taskforge.flows.deps import Deps

MAX_WAIT: Final = 60
"""Seconds that one request may wait."""

_FIRST_PAUSE: Final = 0.02
_LONGEST_PAUSE: Final = 0.5
_LIMIT: Final = 1_000


class Waiting:
    """Waits until jobs have ended.

    Callers look again after pauses that grow from 20 ms to half a second, and looks that fall
    together share a statement, so a thousand waiting clients cost a few small queries a second.

    Args:
        db: where the jobs are.
    """

    def __init__(self, db: AsyncEngine) -> None:
        self._db = db
        self._looks: Batcher[UUID, bool] = Batcher(self._look, limit=_LIMIT)

    async def until_ended(self, job_id: UUID, *, seconds: float) -> None:
        """Return when the job has ended or is gone, or when the time is up.

        Args:
            job_id: the job.
            seconds: most to wait; 0 does not look at all.
        """
        pause = _FIRST_PAUSE
        try:
            async with asyncio.timeout(seconds):
                while not await self._looks.put(job_id):
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, _LONGEST_PAUSE)
        except TimeoutError:
            return

    async def _look(self, ids: Sequence[UUID]) -> Sequence[bool]:
        async with self._db.connect() as connection:
            over = await ended_among(connection, ids)
        return [job_id in over for job_id in ids]


def provide_waiting(state: State, deps: NamedDependency[Deps]) -> Waiting:
    """The process's `Waiting`, for handlers that name a parameter `waiting`."""
    if "waiting" not in state:
        state["waiting"] = Waiting(deps.db)
    return state["waiting"]
