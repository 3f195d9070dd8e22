"""Waiting for jobs to end: one small query at a time for all who wait in this process."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from contextvars import Context
from typing import Final
from uuid import UUID

from litestar.datastructures import State
from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncEngine

from taskforge.db.jobs import ended_among
from taskforge.flows.deps import Deps

MAX_WAIT: Final = 60
"""Seconds that one request may wait."""

TICK_SECONDS: Final = 0.1
"""Between two looks at all jobs that somebody waits for."""


class Waiting:
    """Waits until jobs have ended.

    A single task looks, while anybody waits, so a thousand waiting clients cost no more queries
    than one does, and none of them holds a connection.

    Args:
        db: where the jobs are.
    """

    def __init__(self, db: AsyncEngine) -> None:
        self._db = db
        self._waiting: defaultdict[UUID, set[asyncio.Future[None]]] = defaultdict(set)
        self._watch: asyncio.Task[None] | None = None

    async def until_ended(self, job_id: UUID, *, seconds: float) -> None:
        """Return when the job has ended or is gone, or when the time is up.

        Raises what the look at the database raised.

        Args:
            job_id: the job.
            seconds: most to wait, above 0.
        """
        loop = asyncio.get_running_loop()
        end: asyncio.Future[None] = loop.create_future()
        self._waiting[job_id].add(end)
        if self._watch is None or self._watch.done():
            self._watch = loop.create_task(self._look(), context=Context())
        try:
            async with asyncio.timeout(seconds):
                await end
        except TimeoutError:
            return
        finally:
            self._leave(job_id, end)

    def _leave(self, job_id: UUID, end: asyncio.Future[None]) -> None:
        self._waiting[job_id].discard(end)
        if not self._waiting[job_id]:
            del self._waiting[job_id]

    async def _look(self) -> None:
        while self._waiting:
            asked = list(self._waiting)
            try:
                async with self._db.connect() as connection:
                    over = await ended_among(connection, asked)
            except Exception as error:  # noqa: BLE001 - it belongs to those who wait, whatever it is
                for end in self._ends(asked):
                    end.set_exception(error)
            else:
                for end in self._ends(over):
                    end.set_result(None)
            await asyncio.sleep(TICK_SECONDS)

    def _ends(self, ids: Iterable[UUID]) -> list[asyncio.Future[None]]:
        return [end for id_ in ids for end in self._waiting.get(id_, ()) if not end.done()]


def provide_waiting(state: State, deps: NamedDependency[Deps]) -> Waiting:
    """The process's `Waiting`, for handlers that name a parameter `waiting`."""
    if "waiting" not in state:
        state["waiting"] = Waiting(deps.db)
    return state["waiting"]
