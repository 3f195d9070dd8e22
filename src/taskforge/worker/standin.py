"""Standing in: where no scheduler has ticked for a minute, a worker unit runs the rota (R-95).

Idle units go first; where all are busy, one of them does it a little later, for a flood is when
retries and leases need tending most. Several may begin at once. That is safe, as it is for
schedulers, and each steps down when it sees that a scheduler, or a unit before it by name, ticks.
"""

import asyncio
import os
import platform
import random
import time
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError

from taskforge.db.duties import Tick, last_tick
from taskforge.flows.deps import Deps
from taskforge.flows.duties import Ledger
from taskforge.flows.every import Duty, end, repeat
from taskforge.flows.rota import REPORT, duties_of
from taskforge.flows.survey import Survey
from taskforge.flows.webhooks import Courier
from taskforge.log import get_logger

SILENT_SECONDS = 60.0
"""After so long without a tick there is no scheduler."""
LOOK_SECONDS = 10.0
IDLE_LOOKS, BUSY_LOOKS = 2, 6
"""Looks in a row that find no tick before a unit stands in. One is not enough: after an outage of
the database everybody seems silent, until schedulers have told of their next passes."""
MARK = " (worker)"

log = get_logger(__name__)


class StandIn:
    """Looks after the schedulers' ticks, and replaces them while they are missing.

    Args:
        deps: of the unit.
        is_idle: whether the unit runs nothing.
        name: host and process of the unit; this one's when left out.
        look_seconds: between two looks, give or take a fifth.
    """

    def __init__(
        self,
        deps: Deps,
        is_idle: Callable[[], bool],
        *,
        name: str = "",
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._deps = deps
        self._is_idle = is_idle
        self._name = (name or f"{platform.node()}:{os.getpid()}") + MARK
        self._look_seconds = look_seconds
        self._began_at = time.monotonic()
        self._silent_looks = 0
        self._duties: list[asyncio.Task[None]] = []
        self._is_replaced = False

    @property
    def stands_in(self) -> bool:
        """Whether the rota runs here."""
        return bool(self._duties)

    async def watch(self) -> None:
        """Look for ever; whoever cancels this calls `step_down` after it."""
        while True:
            # Spread, so that units do not see a silence all at once.
            await asyncio.sleep(self._look_seconds * random.uniform(0.8, 1.2))  # noqa: S311
            try:
                await self.look()
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                self._silent_looks = 0
                log.warning("tick.unreadable", error=error)

    async def look(self) -> None:
        """Read the last tick, once, and begin or end what follows from it."""
        tick = await self._last_tick()
        if self._duties:
            if self._is_replaced or (tick and self._yields_to(tick)):
                log.info("scheduler.returned", scheduler=tick and tick.scheduler)
                await self.step_down()
            return
        self._silent_looks = self._silent_looks + 1 if self._is_silent(tick) else 0
        if self._silent_looks >= (IDLE_LOOKS if self._is_idle() else BUSY_LOOKS):
            log.error("scheduler.missing", seconds=tick and round(tick.age_seconds))
            self._step_in()

    async def step_down(self) -> None:
        """End what runs of the rota here."""
        self._silent_looks, self._is_replaced = 0, False
        if self._duties:
            await end(self._duties)
            self._duties = []
            await self._survey.close()
            await self._courier.close()

    def _is_silent(self, tick: Tick | None) -> bool:
        # Where nobody has ever ticked, a scheduler may still be about to start, as we did.
        age = tick.age_seconds if tick else time.monotonic() - self._began_at
        return age > SILENT_SECONDS

    def _yields_to(self, tick: Tick) -> bool:
        if tick.scheduler == self._name or tick.age_seconds > SILENT_SECONDS:
            return False
        return not tick.scheduler.endswith(MARK) or tick.scheduler < self._name

    def _step_in(self) -> None:
        self._courier = Courier(self._deps)
        self._survey = Survey(self._deps)
        ledger = Ledger(self._name)
        duties = duties_of(self._deps, self._courier, ledger, self._survey)
        self._duties = [asyncio.create_task(repeat(self._mine(it), ledger)) for it in duties]

    def _mine(self, duty: Duty) -> Duty:
        """The duty as it is done here: who has been replaced tells no more."""
        if duty.name != REPORT:
            return duty

        async def report() -> int:
            # Two who tell in step hide each other's ticks for as long as they live: whoever has
            # ticked since we did is seen for certain just before we do again, and only then.
            tick = await self._last_tick()
            self._is_replaced = self._is_replaced or bool(tick and self._yields_to(tick))
            return 0 if self._is_replaced else await duty.run()

        return duty._replace(run=report)

    async def _last_tick(self) -> Tick | None:
        async with self._deps.db.connect() as connection:
            return await last_tick(connection)
