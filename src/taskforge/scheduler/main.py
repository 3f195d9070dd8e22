"""`taskforge scheduler`: the duties and their periods, in one table.

Any number of schedulers may run: every pass is safe to run twice, so they share the work and need
no leader (DESIGN §2.7).
"""

import asyncio
import secrets
import signal
from itertools import cycle

import uvloop

from taskforge.config import Settings
from taskforge.core.duties import REPORT_SECONDS
from taskforge.core.watch import Watch
from taskforge.db.sketches import BATCH as SKETCH_BATCH
from taskforge.flows import failures, fire, operating, queues, sweep, tend, zones
from taskforge.flows.deps import Deps, open_deps
from taskforge.flows.duties import Ledger
from taskforge.flows.webhooks import COLLECT_SECONDS, Courier
from taskforge.handlers.registry import load
from taskforge.log import configure, get_logger
from taskforge.outside.orphans import SHARDS
from taskforge.scheduler.every import Duty, every, once, repeat
from taskforge.tracing.start import start_tracing, stop_tracing

STATEMENT_SECONDS = 30.0
CANCEL_SECONDS = 1.0

log = get_logger(__name__)


def run(settings: Settings) -> int:
    """Tend the jobs until SIGTERM or SIGINT; 0 after a clean stop."""
    configure(settings, "scheduler")
    start_tracing(settings, "scheduler")
    try:
        uvloop.run(_run(settings))
    finally:
        stop_tracing()
    log.info("scheduler.stopped")
    return 0


async def _run(settings: Settings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    registry = load(settings.job_modules())
    async with open_deps(
        settings, registry, statement_seconds=STATEMENT_SECONDS, by_key=True
    ) as deps:
        courier = Courier(deps)
        ledger = Ledger()
        duties = [
            asyncio.create_task(repeat(duty, ledger)) for duty in duties_of(deps, courier, ledger)
        ]
        duties.append(asyncio.create_task(once(5.0, "zones", lambda: zones.follow(deps))))
        log.info("scheduler.started")
        await stop.wait()
        await _end(duties)
        await courier.close()


async def _end(duties: list[asyncio.Task[None]]) -> None:
    """Cancel them, as often as it takes: a library may take a cancel for a time-out of its own."""
    while pending := [duty for duty in duties if not duty.done()]:
        for duty in pending:
            duty.cancel()
        await asyncio.wait(pending, timeout=CANCEL_SECONDS)


def duties_of(deps: Deps, courier: Courier, ledger: Ledger) -> list[Duty]:
    """What a scheduler does; `core/duties.py` has the words for each."""
    lease = deps.settings.lease_seconds
    watch = Watch(lease)
    # Several schedulers begin at several places, so that a part is not left out for long.
    begin = secrets.randbelow(SHARDS)
    shards = cycle([*range(begin, SHARDS), *range(begin)])
    return [
        every(0.25, "promote", lambda: tend.promote(deps), full=tend.PROMOTE_BATCH),
        every(fire.PERIOD_SECONDS, "fire", lambda: fire.fire(deps), full=fire.BATCH),
        every(0.5, "release", lambda: fire.release(deps), full=fire.BATCH),
        every(lease / 6, "rescue", lambda: tend.rescue(deps, watch), full=tend.RESCUE_BATCH),
        every(min(lease / 6, 5.0), "rehint", lambda: tend.rehint(deps)),
        every(lease / 3, "fleet", lambda: tend.fleet(deps)),
        every(COLLECT_SECONDS, "webhooks", courier.collect, full=1),
        every(0.5, "operate", lambda: operating.operate(deps), full=1),
        every(1.0, "resume", lambda: queues.resume_due(deps)),
        every(1.0, "count", lambda: tend.count(deps), full=tend.COUNT_BATCH),
        every(1.0, "gather", lambda: failures.gather(deps), full=failures.GATHER_BATCH),
        every(1.0, "sketch", lambda: tend.sketch(deps), full=SKETCH_BATCH),
        every(60.0, "prune", lambda: tend.prune(deps), full=tend.PRUNE_BATCH),
        every(60.0, "expire", lambda: sweep.expire(deps), full=sweep.EXPIRE_BATCH),
        every(60.0, "sweep", lambda: sweep.sweep(deps, next(shards))),
        every(REPORT_SECONDS, "report", lambda: ledger.tell(deps)),
    ]
