"""`/metrics`, `/health/live` and `/health/ready` of a worker or a scheduler (R-94).

They are answered on a thread and a loop of their own, so that they tell the truth about a process
whose own loop is busy, or hangs. The API answers them among its routes.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Final

import msgspec

from taskforge.config import Settings
from taskforge.core.health import CheckResult, Readiness
from taskforge.flows.health import PATIENCE, Health, has_probe_token
from taskforge.log import get_logger
from taskforge.metrics.exposition import CONTENT_TYPE, scraped
from taskforge.outside.listener import Listener, Reply

FIRST_PORT: Final = 9_191
PORTS_TRIED: Final = 100
AGAIN_SECONDS: Final = 1.0
"""Between two tries at a port that is taken: by a process that is about to end, perhaps."""
STILL_SECONDS: Final = 10.0
"""What has not moved for so long does not live (R-94)."""
TICK_SECONDS: Final = 0.5
PATIENCE_SECONDS: Final = PATIENCE + 0.5
"""For all checks of readiness together."""

Moving = Callable[[], Mapping[str, float]]
"""What has to move in a process, and for how many seconds it has not."""

log = get_logger(__name__)


class Probes(threading.Thread):
    """Answers for one process until `stop` is called.

    Args:
        settings: where to listen, and the probe token.
        health: of this process; lives on `loop`.
        loop: where its work is done.
        moving: further things that have to move; called on this thread.
    """

    def __init__(
        self,
        settings: Settings,
        health: Health,
        loop: asyncio.AbstractEventLoop,
        moving: Moving = dict,
    ) -> None:
        super().__init__(name="probes", daemon=True)
        self._settings = settings
        self._health = health
        self._loop = loop
        self._moving = moving
        self._answered_at = time.monotonic()
        self._own_loop: asyncio.AbstractEventLoop | None = None
        self._stopping = False
        self._stopped = asyncio.Event()
        self.complained = False
        """Whether it could not listen, and has said so."""
        self.port: int | None = None
        """Where it listens; None: not yet, or nowhere."""

    def run(self) -> None:
        """Listen, and see whether the loop answers."""
        if self._settings.metrics_port != 0:
            asyncio.run(self._live())

    def stop(self) -> None:
        """Answer no more; the thread ends soon after."""
        self._stopping = True
        if self._own_loop is not None:
            with suppress(RuntimeError):  # it has ended already
                self._own_loop.call_soon_threadsafe(self._stopped.set)

    async def _live(self) -> None:
        self._own_loop = asyncio.get_running_loop()
        if self._stopping:  # before there was a loop to tell of it
            return
        self._metrics = scraped(aside=False)
        listener = Listener(self._answer)
        tasks = [asyncio.create_task(self._open(listener)), asyncio.create_task(self._tick())]
        await self._stopped.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await listener.close()

    async def _open(self, listener: Listener) -> None:
        while True:
            if await self._opened(listener):
                return
            await asyncio.sleep(AGAIN_SECONDS)

    async def _opened(self, listener: Listener) -> bool:
        """Whether it listens now; why it does not is said once."""
        host, wanted = self._settings.metrics_host, self._settings.metrics_port
        problem: OSError | None = None
        for port in [wanted] if wanted else range(FIRST_PORT, FIRST_PORT + PORTS_TRIED):
            try:
                self.port = await listener.open(host, port)
            except OSError as error:
                problem = error
                continue
            log.info("probes.listening", address=host, port=port)
            return True
        if not self.complained:
            self.complained = True
            log.error("probes.unavailable", address=host, port=wanted, error=problem)
        return False

    async def _tick(self) -> None:
        while True:
            with suppress(RuntimeError):  # it has closed: the process is about to end
                self._loop.call_soon_threadsafe(self._answered)
            await asyncio.sleep(TICK_SECONDS)

    def _answered(self) -> None:
        self._answered_at = time.monotonic()

    async def _answer(self, path: str, headers: Mapping[str, str]) -> Reply:
        wanted = self._settings.probe_token
        trusted = has_probe_token(wanted, headers.get("authorization"))
        match path:
            case "/health/live":
                return _told(self._liveness(), trusted=trusted)
            case "/health/ready":
                return _told(await self._readiness(), trusted=trusted)
            case "/metrics" if trusted:
                return Reply(HTTPStatus.OK, await self._metrics.get(), CONTENT_TYPE)
            case "/metrics":
                need = {"WWW-Authenticate": "Bearer"}
                return Reply(HTTPStatus.UNAUTHORIZED, b"the probe token", "text/plain", need)
            case _:
                return Reply(HTTPStatus.NOT_FOUND, b"not found", "text/plain")

    def _liveness(self) -> Readiness:
        still = {"loop": time.monotonic() - self._answered_at, **self._moving()}
        if self._health.draining:  # what ends need not move any more
            still = {}
        checks = {
            name: CheckResult(
                status="ok" if seconds < STILL_SECONDS else "stuck", seconds=round(seconds, 3)
            )
            for name, seconds in still.items()
        }
        alive = all(it.status == "ok" for it in checks.values())
        return Readiness(status="ok" if alive else "failing", checks=checks)

    async def _readiness(self) -> Readiness:
        """What the process's own loop says, in time."""
        if self._health.draining:
            return Readiness(status="draining", checks={})
        asking = asyncio.run_coroutine_threadsafe(self._health.readiness(), self._loop)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(asking), PATIENCE_SECONDS)
        except TimeoutError:
            stuck = CheckResult(status="stuck", seconds=PATIENCE_SECONDS)
            return Readiness(status="failing", checks={"loop": stuck})


def _told(found: Readiness, *, trusted: bool) -> Reply:
    if not trusted:
        found = msgspec.structs.replace(found, checks={})
    retry = {"Retry-After": "2"} if found.code == HTTPStatus.SERVICE_UNAVAILABLE else {}
    return Reply(found.code, msgspec.json.encode(found), "application/json", retry)
