"""The crew: which jobs this unit runs, and when it claims more (DESIGN §3, "Slots bound").

One claim statement is in flight at a time. It names what the waiting hints name and fills the
remaining slots with the best due jobs; what frees meanwhile is claimed by the next one. As long as
a claim fills every slot there may be more, so each freed slot is refilled without a hint; once a
claim comes back short, the gate opens and the unit waits for hints again. A type that runs only so
many of its jobs at once is left out of claims while it is full, and claimed again when one ends.
A job that ends within a fleet-wide limit leaves a place: its unit looks at once who is next.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from contextvars import Context
from typing import NamedTuple
from uuid import UUID

from taskforge.core.job import JobRow
from taskforge.core.priority import Priority
from taskforge.core.shares import Shares
from taskforge.db.claims import Claimed
from taskforge.db.engine import is_away
from taskforge.flows.attempt import (
    Ended,
    Hold,
    Interruption,
    run,
    take,
    take_strays,
    take_suspect,
)
from taskforge.flows.unit import Unit
from taskforge.log import get_logger
from taskforge.metrics.attempts import CLAIM_SECONDS, CLAIMS_FAILED
from taskforge.tracing.jobs import processed, processing
from taskforge.worker.gate import Gate
from taskforge.worker.holds import Holds
from taskforge.worker.relay import Relay
from taskforge.worker.rooms import Rooms

ASKED_IDS = 512
"""Most ids that one claim names; the rest is found by filling."""
RETRY_SECONDS = 1.0
HASTEN_SECONDS = 0.1
UNWIND_SECONDS = 10.0
"""How long interrupted attempts may take to hand their jobs back."""

log = get_logger(__name__)


class _Ask(NamedTuple):
    priority: Priority
    ids: Sequence[UUID]
    answer: "asyncio.Future[dict[UUID, asyncio.Task[None]]]"


class Crew:
    """Runs attempts in `slots` slots; lives on the loop thread.

    Args:
        unit: identity and writes.
        slots: most handlers that work at once.
        gate: opened when hints are wanted.
        carry: gets every ended attempt; decides what happens in the queue.
    """

    def __init__(
        self,
        unit: Unit,
        slots: int,
        gate: Gate,
        carry: Callable[[Ended], Awaitable[None]],
    ) -> None:
        self.unit = unit
        self._slots = slots
        self._gate = gate
        self._carry = carry
        self._rooms = Rooms(unit.deps.registry.concurrency)
        self._shares = Shares(unit.deps.settings.priority_share_percent, unit.claimer.ranks)
        self._relay = Relay(unit.deps, self._rooms)
        self._asks: list[_Ask] = []
        self._claiming: asyncio.Task[None] | None = None
        self._working = 0
        self._backlog = True  # before the first claim nobody knows
        self._suspects = False
        self._vacant = False  # a place in a fleet-wide limit came free that no claim has seen
        self._unsure = False
        """Whether a claim may have taken jobs that we do not know of."""
        self._isolated = False
        self._closed = False
        """Whether nothing is to be claimed: it rests, or leaves for good."""
        self._leaving = False
        self._idle = asyncio.Event()
        self._idle.set()
        self.started = 0
        """Attempts, since the beginning."""
        self.holds = Holds(unit.claimer)

    def start(self) -> None:
        """Claim what is waiting already."""
        self._kick()

    async def serve(self, priority: Priority, ids: Sequence[UUID]) -> None:
        """Answer a hint: claim what it names, and return when those jobs have ended.

        What we have no room for stays queued, and is hinted again: another unit may be idle.
        """
        answer: asyncio.Future[dict[UUID, asyncio.Task[None]]] = (
            asyncio.get_running_loop().create_future()
        )
        self._asks.append(_Ask(priority, ids, answer))
        self._kick()
        tasks = await answer
        if missing := set(ids) - tasks.keys():
            at_once = self._backlog or self._closed  # by then our own gate is closed
            await self._relay.pass_on(priority, missing, at_once=at_once)
        if tasks:
            await asyncio.wait(tasks.values())

    def look_for_suspects(self) -> None:
        """A job that crashed twice is waiting: take it as soon as nothing else runs (R-30)."""
        self._suspects = True
        self._kick()

    def rest(self) -> None:
        """Claim no more until `resume`; what runs goes on, and hints go on to other units."""
        self._closed = True
        self._admit()

    def resume(self) -> None:
        """Claim again, what waits already first; a crew that leaves does not come back."""
        self._closed = self._leaving
        self._backlog = True
        self._kick()

    async def drain(self, seconds: float, *, hasten: Callable[[], bool]) -> None:
        """Claim no more, let jobs end for `seconds`, then hand back what still runs (R-90).

        `hasten` is asked ten times a second whether to cut the grace short.
        """
        self._closed = self._leaving = True
        self._relay.close()
        self._admit()
        self._kick()
        deadline = time.monotonic() + seconds
        if self._claiming:
            # What a claim under way still brings is ours to finish or to hand back.
            await asyncio.wait({self._claiming}, timeout=max(seconds, 1.0))
        while self.holds and time.monotonic() < deadline and not hasten():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._idle.wait(), HASTEN_SECONDS)
        if self.holds:
            log.info("crew.interrupted", jobs=len(self.holds))
        for hold in list(self.holds.values()):
            hold.interrupt(Interruption.DRAINED)
        try:
            async with asyncio.timeout(UNWIND_SECONDS):
                await self._idle.wait()
                await self.unit.drain()
        except TimeoutError:
            log.error("crew.stuck", jobs=len(self.holds))

    @property
    def _free(self) -> int:
        """Slots to fill. Outcomes being recorded count once there are more than slots."""
        recording = len(self.holds) - self._working
        return self._slots - self._working - max(recording - self._slots, 0)

    def _kick(self) -> None:
        if self._claiming is None:
            rounds = self._claim_rounds()
            # Not in the context of the attempt that has just freed a slot.
            self._claiming = asyncio.get_running_loop().create_task(rounds, context=Context())

    async def _claim_rounds(self) -> None:
        try:
            while self._wants_claim():
                asks, self._asks = self._asks, []
                if self._closed or self._isolated or self._free <= 0:
                    # Whatever these hints name is left to filling, here or elsewhere.
                    self._backlog = self._backlog or not self._closed
                    self._start([], asks)
                    return
                await self._claim(asks)
        finally:
            self._claiming = None
            self._admit()

    def _wants_claim(self) -> bool:
        if self._asks:
            return True
        ready = not self._closed and not self._isolated and self._free > 0
        more = self._backlog or self._vacant or self._rooms.wanted
        return ready and (more or (self._suspects and not self.holds))

    async def _claim(self, asks: list[_Ask]) -> None:
        free, asked_at = self._free, time.monotonic()
        try:
            if first := await self._first():
                self._backlog = True
                self._start(first, asks, asked_at)
                return
            ids = [job_id for ask in asks for job_id in ask.ids][:ASKED_IDS]
            rooms, owed = self._rooms.left(), self._shares.owed(free)
            self._vacant = False
            with CLAIM_SECONDS.time():
                claimed = await take(self.unit, ids, free=free, rooms=rooms, owed=owed)
        except Exception as error:
            CLAIMS_FAILED.inc()
            log.warning("claim.failed", error=error, exc_info=not is_away(error))
            self._unsure = self._vacant = True
            self._asks = asks + self._asks
            await asyncio.sleep(RETRY_SECONDS)
            return
        self._backlog = len(claimed) >= free or any(job.more for job in claimed)
        self._shares.started([job.row.priority for job in claimed], owed)
        self._rooms.taken(rooms, [job.row.type for job in claimed])
        self._start(claimed, asks, asked_at)

    async def _first(self) -> list[Claimed]:
        """What comes before a claim: jobs of a lost answer; a suspect, while nothing else runs."""
        if self._unsure:
            strays = await take_strays(self.unit, list(self.holds))
            self._unsure = False
            if strays:
                return strays
        if not self._suspects or self.holds:
            return []
        self._suspects = False
        suspect = await take_suspect(self.unit)
        self._isolated = suspect is not None
        return [suspect] if suspect else []

    def _start(self, claimed: list[Claimed], asks: list[_Ask], asked_at: float = 0.0) -> None:
        tasks: dict[UUID, asyncio.Task[None]] = {}
        for job in claimed:
            hold = Hold(job, lease_until=self.unit.claimer.sure_until(asked_at), freed=self._freed)
            self.holds[job.row.id, job.row.attempt] = hold
            self._working += 1
            self._rooms.enter(job.row.type)
            tasks[job.row.id] = asyncio.create_task(self._run(hold))
        self.started += len(claimed)
        if claimed:
            self._idle.clear()
        for ask in asks:
            if not ask.answer.done():
                ask.answer.set_result({id_: tasks[id_] for id_ in ask.ids if id_ in tasks})

    async def _run(self, hold: Hold) -> None:
        row = hold.claimed.row
        try:
            with processing(row, hold.claimed.traceparent) as span:
                ended = await run(self.unit, hold)
                processed(span, ended.row, ours=ended.settled is not None)
            if ended.settled and ended.settled.limited:
                await self._vacated(row)
            await self._carry(ended)
        except Exception:
            log.exception("attempt.broke", job_id=str(row.id))
        finally:
            if hold.working:
                hold.free()
            del self.holds[row.id, row.attempt]
            self._after_one()

    async def _vacated(self, row: JobRow) -> None:
        """What waits for the place of this job is ours to start, or else another unit's."""
        if self._closed or self._isolated:
            await self.unit.deps.hinter.hint([(row.priority, row.id)])
            return
        self._vacant = True
        self._kick()

    def _freed(self, hold: Hold) -> None:
        self._working -= 1
        self._rooms.leave(hold.claimed.row.type)
        if self._backlog or self._rooms.wanted:
            self._kick()

    def _after_one(self) -> None:
        if not self.holds:
            self._isolated = False
            self._idle.set()
        if self._backlog or self._suspects or self._vacant:
            self._kick()
        self._admit()

    def _admit(self) -> None:
        closed = self._closed or self._isolated or self._backlog
        self._gate.admit(0 if closed else max(self._free, 0))
