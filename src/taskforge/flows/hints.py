"""Pushing hints after a commit: best effort, never in the way (R-20, R-24)."""

import asyncio
import time
from collections.abc import Sequence
from uuid import UUID

from redis import RedisError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from taskforge.bus.queue import HintQueue
from taskforge.core.priority import Priority
from taskforge.db.hints import forget_hints
from taskforge.log import get_logger
from taskforge.metrics.hints import LOST, PUSHED

PUSH_SECONDS = 1.0
"""The longest that a push may hold up its caller."""
SILENCE_SECONDS = 5.0
"""After a failed push none is tried for so long."""

log = get_logger(__name__)


class Hinter:
    """Pushes hints; when Redis does not take them, marks the jobs for the scheduler instead."""

    def __init__(self, db: AsyncEngine, queue: HintQueue) -> None:
        self._db = db
        self._queue = queue
        self._silent_until = 0.0

    async def hint(self, due: Sequence[tuple[Priority, UUID]]) -> bool:
        """Hint that jobs are due; never raises. Whether Redis took the hints.

        Call it after the commit: a worker may be faster than we are, and would find no row.
        """
        if not due:
            return True
        if time.monotonic() >= self._silent_until:
            try:
                await asyncio.wait_for(self._queue.push(due), PUSH_SECONDS)
            except (RedisError, OSError, TimeoutError) as error:
                self._silent_until = time.monotonic() + SILENCE_SECONDS
                log.warning("hint.lost", jobs=len(due), error=error)
            else:
                PUSHED.inc(len(due))
                return True
        LOST.inc(len(due))
        await self._mark([job_id for _, job_id in due])
        return False

    async def bury(self, dead: Sequence[tuple[Priority, UUID]]) -> None:
        """Put dead-lettered jobs into Dramatiq's dead-letter sets; never raises.

        The sets are for tools that look at Redis. The truth about a dead letter is its row.
        """
        if not dead:
            return
        try:
            await asyncio.wait_for(self._queue.bury(dead), PUSH_SECONDS)
        except (RedisError, OSError, TimeoutError) as error:
            log.warning("dead_letter.unlisted", jobs=len(dead), error=error)

    async def _mark(self, ids: list[UUID]) -> None:
        try:
            async with self._db.connect() as connection:
                await forget_hints(connection, ids)
        except (SQLAlchemyError, OSError) as error:
            # The scheduler finds these too, only later: their queue runs dry, or they are
            # overtaken (R-21d, e).
            log.warning("hint.unmarked", jobs=len(ids), error=error)
