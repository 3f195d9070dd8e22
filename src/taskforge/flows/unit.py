"""What the attempts of one worker unit share: who it is, and the batchers of its writes."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.batch import Batcher
from taskforge.core.failures import ErrorClass, ErrorRecord
from taskforge.core.fingerprint import marked
from taskforge.core.job import JobRow
from taskforge.core.states import Move
from taskforge.db.claims import Claimer, save_progress
from taskforge.db.engine import is_away
from taskforge.db.keepsakes import Checkpoint, save_checkpoints
from taskforge.db.logs import Line, insert_lines
from taskforge.db.moves import Ending, Settled, settle
from taskforge.flows.deps import Deps
from taskforge.log import get_logger
from taskforge.metrics import attempts
from taskforge.outside.child.spare import Spares

ResultT = TypeVar("ResultT")

OUTCOME_BATCH = 256
OUTCOME_FLIGHTS = 2
LINE_BATCH = 500
PROGRESS_BATCH = 500
CHECKPOINT_BATCH = 200
PATIENCE = 10
"""Leases for which an outcome is held while the database is away; the fence keeps it safe."""

log = get_logger(__name__)


class Unit:
    """One worker process, as the database knows it.

    Args:
        deps: opened on the loop that runs the jobs.
        claimer: identity, queues and types of this process.
    """

    def __init__(self, deps: Deps, claimer: Claimer) -> None:
        self.deps = deps
        self.claimer = claimer
        self.outcomes: Batcher[tuple[JobRow, Ending], Settled | None] = Batcher(
            self._record, limit=OUTCOME_BATCH, flights=OUTCOME_FLIGHTS
        )
        self.lines: Batcher[Line, None] = Batcher(self._log, limit=LINE_BATCH)
        self.progress: Batcher[tuple[UUID, int, str], None] = Batcher(
            self._progress, limit=PROGRESS_BATCH
        )
        self.checkpoints: Batcher[Checkpoint, bool] = Batcher(
            self._checkpoints, limit=CHECKPOINT_BATCH
        )
        self.spares = Spares()

    async def drain(self) -> None:
        """Wait until everything that was handed in is written or given up; keep no spare child."""
        batchers = (self.outcomes, self.lines, self.progress, self.checkpoints)
        await asyncio.gather(*(batcher.drain() for batcher in batchers), self.spares.aclose())

    async def insisting(
        self, action: Callable[[AsyncConnection], Awaitable[ResultT]], *, seconds: float
    ) -> ResultT:
        """Run a statement, again and again while the database is away (R-12, R-16).

        Every statement given here is guarded, so a repetition after a lost reply does nothing.

        Raises:
            Exception: what the statement raised once `seconds` have passed, or at once when the
                fault lies with the statement.
        """
        deadline = time.monotonic() + seconds
        pause = 0.2
        while True:
            try:
                async with self.deps.db.connect() as connection:
                    return await action(connection)
            except Exception as error:
                if not is_away(error) or time.monotonic() + pause > deadline:
                    raise
                log.warning("database.missed", error=error, retry_seconds=pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, 5.0)

    async def _record(self, outcomes: Sequence[tuple[JobRow, Ending]]) -> list[Settled | None]:
        """Write and count how attempts ended, each with its job as it was claimed."""
        done = await self._settle([ending for _, ending in outcomes])
        rows = [row for row, _ in outcomes]
        attempts.ended(
            attempts.Ended(row, settled.status, settled.duration_seconds or 0.0)
            for row, settled in zip(rows, done, strict=True)
            if settled
        )
        for row, settled in zip(rows, done, strict=True):
            if settled is None:
                attempts.lost(row)
        return done

    async def _settle(self, endings: Sequence[Ending]) -> list[Settled | None]:
        try:
            done = await self._insist_on(endings)
        except Exception as error:
            if is_away(error):  # the leases run out, and the rescue takes the jobs from there
                log.exception("outcome.lost", jobs=len(endings))
                return [None] * len(endings)
            # One outcome that PostgreSQL refuses must not take its neighbours along.
            log.exception("outcome.refused", jobs=len(endings))
            if len(endings) == 1:
                return [await self._bury(endings[0])]
            return [(await self._settle([ending]))[0] for ending in endings]
        return [_of(ending, done) for ending in endings]

    async def _insist_on(self, endings: Sequence[Ending]) -> dict[UUID, Settled]:
        return await self.insisting(
            lambda connection: settle(connection, endings),
            seconds=self.deps.settings.lease_seconds * PATIENCE,
        )

    async def _bury(self, ending: Ending) -> Settled | None:
        error = ErrorRecord(
            class_=ErrorClass.INTERNAL,
            kind="outcome_refused",
            message="The outcome of this job could not be stored; the worker's log says why.",
        )
        plain = Ending(
            id=ending.id,
            attempt=ending.attempt,
            worker_id=ending.worker_id,
            move=Move.FAIL,
            failed=True,
            error=marked(ending.type, error),
        )
        try:
            return _of(plain, await self._insist_on([plain]))
        except Exception:
            log.exception("outcome.lost", job_id=str(ending.id))
            return None

    async def _log(self, lines: Sequence[Line]) -> list[None]:
        try:
            async with self.deps.db.connect() as connection:
                await insert_lines(connection, lines)
        except Exception:
            log.exception("lines.lost", lines=len(lines))
        return [None] * len(lines)

    async def _checkpoints(self, items: Sequence[Checkpoint]) -> list[bool | BaseException]:
        try:
            saved = await self.insisting(
                lambda connection: save_checkpoints(connection, self.claimer.worker_id, items),
                seconds=self.deps.settings.lease_seconds,
            )
        except Exception as error:
            if is_away(error) or len(items) == 1:
                raise
            # A value that PostgreSQL refuses is the fault of its own job alone.
            return [(await self._checkpoints_of(item)) for item in items]
        return [*saved]

    async def _checkpoints_of(self, item: Checkpoint) -> bool | BaseException:
        try:
            return (await self._checkpoints([item]))[0]
        except Exception as error:  # noqa: BLE001 - it reaches the one who gave the value
            return error

    async def _progress(self, latest: Sequence[tuple[UUID, int, str]]) -> list[None]:
        try:
            async with self.deps.db.connect() as connection:
                await save_progress(connection, self.claimer.worker_id, latest)
        except Exception:
            log.exception("progress.lost", jobs=len(latest))
        return [None] * len(latest)


def _of(ending: Ending, done: dict[UUID, Settled]) -> Settled | None:
    """What became of this ending; a late one may share its batch with its successor's."""
    settled = done.get(ending.id)
    return settled if settled and settled.attempt == ending.attempt else None
