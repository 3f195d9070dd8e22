"""The heart: a thread of its own that shows that the unit is alive, and hears what it should do.

It has its own small loop and its own database connection, so that neither a job that blocks the
job loop nor an exhausted pool can starve it (R-13). It renews leases only while the job loop
answers (R-D7): a process that is wedged must not look alive. Each beat brings what the unit is
ordered to do; a signal that there is an order makes it beat at once.
"""

import asyncio
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple
from uuid import UUID

import psutil
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from taskforge.bus.client import open_client
from taskforge.bus.signals import Ears, listen
from taskforge.config import Settings
from taskforge.core.fleet import Wanted, WorkerFacts, WorkerStatus
from taskforge.db.claims import any_suspects, renew, still_mine
from taskforge.db.engine import open_engine
from taskforge.db.roster import Member, beat
from taskforge.log import get_logger
from taskforge.metrics.attempts import LOOP_LAG_SECONDS
from taskforge.worker.crew import Crew
from taskforge.worker.gate import Gate
from taskforge.worker.lag import Lag

BEATS_PER_LEASE = 3
BREATH_SECONDS = 0.1
"""Between two beats, however many signals come."""
WEDGED_EXIT = 70
"""EX_SOFTWARE: the supervisor starts a fresh unit."""

_STATUS = {
    Wanted.RUN: WorkerStatus.ONLINE,
    Wanted.DRAIN: WorkerStatus.DRAINING,
    Wanted.STOP: WorkerStatus.STOPPING,
}

log = get_logger(__name__)


class Body(NamedTuple):
    """What the heart needs of the rest of the process."""

    is_sound: Callable[[], bool]
    """Whether Dramatiq's threads are all alive."""
    stop: Callable[[], None]
    """Begins the unit's end; from any thread."""
    announce: Callable[[WorkerStatus], None]
    """Tells everybody of a new status; on the job loop."""


class Heart(threading.Thread):
    """Beats for one unit until `still` is called.

    Args:
        settings: addresses and the lease.
        member: how the roster shows this unit.
        crew: lives on `loop`; touched from here only through `call_soon_threadsafe`.
        gate: woken by announced pushes.
        loop: where the jobs run.
        body: the rest of the process.
    """

    def __init__(
        self,
        settings: Settings,
        member: Member,
        crew: Crew,
        gate: Gate,
        loop: asyncio.AbstractEventLoop,
        body: Body,
    ) -> None:
        super().__init__(name="heart", daemon=True)
        self._settings = settings
        self._member = member
        self._claimer = crew.unit.claimer
        self._crew = crew
        self._gate = gate
        self._loop = loop
        self._body = body
        self._lag = Lag(loop)
        self._beat_seconds = settings.lease_seconds / BEATS_PER_LEASE
        self._wedged_after = max(settings.lease_seconds / 6, 1.0)
        self._dead_after = max(settings.lease_seconds * 2 / 3, 5.0)
        self._answered_at = time.monotonic()
        self._process = psutil.Process()
        self._process.cpu_percent()  # what the first beat tells is counted from here
        self._own_loop: asyncio.AbstractEventLoop | None = None
        self._stilled = asyncio.Event()
        self._hurried = asyncio.Event()
        self._wanted = Wanted.RUN
        self._leaving = False
        self._shown = WorkerStatus.ONLINE
        self.beaten = threading.Event()
        """Set once the unit is registered."""

    @property
    def status(self) -> WorkerStatus:
        """What the roster shows: online, draining or stopping."""
        return WorkerStatus.STOPPING if self._leaving else _STATUS[self._wanted]

    def run(self) -> None:
        """Beat, listen and watch."""
        self._tell(self._lag.start)
        asyncio.run(self._live())
        self._tell(self._lag.stop)

    def leave(self) -> None:
        """Show that the unit is on its way out: orders come too late from now on."""
        self._leaving = True
        self._do(self._hurried.set)

    def still(self) -> None:
        """Stop; the thread ends soon after."""
        self._do(self._stilled.set)

    def _do(self, action: Callable[[], None]) -> None:
        """Do something on the heart's own loop."""
        if self._own_loop:
            with suppress(RuntimeError):
                self._own_loop.call_soon_threadsafe(action)

    async def _live(self) -> None:
        self._own_loop = asyncio.get_running_loop()
        engine = open_engine(
            self._settings,
            statement_seconds=self._settings.lease_seconds,
            pool_size=1,
            by_key=True,
        )
        redis = open_client(self._settings, listening=True)
        tasks = [
            asyncio.create_task(self._beat_on(engine)),
            asyncio.create_task(self._watch()),
            asyncio.create_task(self._listen(redis)),
        ]
        await self._stilled.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await redis.aclose()
        await engine.dispose()

    async def _beat_on(self, engine: AsyncEngine) -> None:
        while True:
            started = time.monotonic()
            try:
                await self._beat(engine)
                self.beaten.set()
            except Exception as error:  # noqa: BLE001 - whatever it is, the next beat tries again
                log.warning("beat.missed", error=error)
            pause = self._beat_seconds - (time.monotonic() - started)
            await self._pause(max(pause, self._beat_seconds / 10))

    async def _pause(self, seconds: float) -> None:
        """Until the next beat is due, or something calls for one at once."""
        breath = min(BREATH_SECONDS, seconds)
        await asyncio.sleep(breath)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._hurried.wait(), seconds - breath)
        self._hurried.clear()

    async def _beat(self, engine: AsyncEngine) -> None:
        asked_at = time.monotonic()
        held = [attempt for attempt, _ in self._holds()]
        if asked_at - self._answered_at > self._wedged_after:
            log.error("loop.wedged", seconds=round(asked_at - self._answered_at, 1))
            held = []
        async with engine.connect() as connection:
            renewed = await renew(connection, self._claimer, held) if held else []
            missing = set(held) - {(it.id, it.attempt) for it in renewed}
            # A row that was locked for a moment is missing too: look before letting go.
            ids = [job_id for job_id, _ in missing]
            mine = await still_mine(connection, self._claimer, ids) if missing else []
            status = self.status
            wanted = await beat(
                connection, self._member, status=status, facts=self._facts(), wanted=self._wanted
            )
            suspects = await any_suspects(connection)
        lost = missing - {(it.id, it.attempt) for it in mine}
        self._tell(self._crew.holds.renewed, [(it.id, it.attempt) for it in renewed], asked_at)
        self._tell(
            self._crew.holds.stop, [it.id for it in (*renewed, *mine) if it.cancel_requested]
        )
        self._tell(self._crew.holds.lose, lost)
        if suspects:
            self._tell(self._crew.look_for_suspects)
        if status is not self._shown:  # in the roster, where whoever is told will look
            self._shown = status
            self._tell(self._body.announce, status)
        self._obey(wanted)

    def _obey(self, wanted: Wanted) -> None:
        if wanted is self._wanted or self._leaving:
            return
        log.info("worker.ordered", wanted=wanted.value)
        self._wanted = wanted
        if wanted is Wanted.STOP:
            self._body.stop()
        else:
            self._tell(self._crew.rest if wanted is Wanted.DRAIN else self._crew.resume)
        self._hurried.set()

    async def _watch(self) -> None:
        """Look after the job loop, Dramatiq's threads, and leases that nothing renews."""
        pause, now = self._wedged_after / 5, time.monotonic()
        while True:
            await asyncio.sleep(pause)
            before, now = now, time.monotonic()
            # While we were frozen too (SIGSTOP, a paused machine) nobody could have answered.
            frozen = max(now - before - pause, 0.0)
            self._answered_at = min(self._answered_at + frozen, now)
            self._tell(self._answered)
            silent = now - self._answered_at
            if silent > self._dead_after or not self._body.is_sound():
                self._die("loop.dead", silent_seconds=round(silent, 1))
            late = [attempt for attempt, hold in self._holds() if now > hold.lease_until]
            self._tell(self._crew.holds.lose, late)
            stubborn = [
                str(job_id)
                for (job_id, _), hold in self._holds()
                if hold.working and now > hold.stop_by
            ]
            if stubborn:
                self._die("handler.unstoppable", job_ids=stubborn)

    async def _listen(self, redis: Redis) -> None:
        await listen(redis, Ears(self._gate.wake, self._stop_jobs, self._look_up))

    def _stop_jobs(self, job_ids: list[UUID]) -> None:
        self._tell(self._crew.holds.stop, job_ids)

    def _look_up(self, worker_ids: list[UUID]) -> None:
        if self._member.id in worker_ids:
            self._hurried.set()

    def _holds(self) -> list[Any]:
        # One C call under the GIL: no half-changed dictionary is ever seen from this thread.
        return list(self._crew.holds.items())

    def _answered(self) -> None:
        self._answered_at = time.monotonic()

    def _tell(self, action: Callable[..., None], *args: Any) -> None:
        with suppress(RuntimeError):  # the loop has closed: the unit is leaving
            self._loop.call_soon_threadsafe(action, *args)

    def _facts(self) -> WorkerFacts:
        running, started = len(self._crew.holds), self._crew.started
        lag = self._lag.take()
        LOOP_LAG_SECONDS.set(lag.worst if lag else 0.0)
        return WorkerFacts(
            memory_bytes=self._process.memory_info().rss,
            cpu_percent=self._process.cpu_percent(),
            loop_lag_mean_seconds=lag and round(lag.mean, 4),
            loop_lag_max_seconds=lag and round(lag.worst, 4),
            running_jobs=running,
            started_jobs=started,
            ended_jobs=started - running,
        )

    def _die(self, event: str, **facts: Any) -> None:
        """End the process at once; the leases run out, and other units take the jobs."""
        log.critical(event, **facts)
        os._exit(WEDGED_EXIT)
