"""`taskforge scheduler`: a process whose only work is the rota.

Any number of schedulers may run: every pass is safe to run twice, so they share the work and need
no leader (DESIGN §2.7). Where none runs, workers stand in (`worker/standin.py`).
"""

import asyncio
import signal

import uvloop

from taskforge.config import Settings
from taskforge.flows import zones
from taskforge.flows.deps import open_deps
from taskforge.flows.duties import Ledger
from taskforge.flows.every import CANCEL_SECONDS, end, once, repeat
from taskforge.flows.health import Health
from taskforge.flows.probes import Probes
from taskforge.flows.rota import duties_of
from taskforge.flows.survey import Survey
from taskforge.flows.webhooks import Courier
from taskforge.handlers.registry import load
from taskforge.log import configure, get_logger
from taskforge.metrics.process import introduce
from taskforge.tracing.start import start_tracing, stop_tracing

STATEMENT_SECONDS = 30.0

log = get_logger(__name__)


def run(settings: Settings) -> int:
    """Tend the jobs until SIGTERM or SIGINT; 0 after a clean stop."""
    configure(settings, "scheduler")
    introduce("scheduler")
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
        survey = Survey(deps)
        ledger = Ledger()
        health = Health(deps)
        probes = Probes(settings, health, asyncio.get_running_loop())
        probes.start()
        async with health.watched():
            duties = [
                asyncio.create_task(repeat(duty, ledger))
                for duty in duties_of(deps, courier, ledger, survey)
            ]
            duties.append(asyncio.create_task(once(5.0, "zones", lambda: zones.follow(deps))))
            log.info("scheduler.started")
            await stop.wait()
            health.draining = True
            await end(duties)
        await survey.close()
        await courier.close()
        probes.stop()
        await asyncio.to_thread(probes.join, CANCEL_SECONDS)
