"""`taskforge worker`: one unit, which is one process with one loop and Dramatiq's threads."""

import asyncio
import gc
import logging
import os
import platform
import signal
import threading
from collections.abc import Coroutine, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

import dramatiq
import uvloop
from dramatiq.asyncio import EventLoopThread, set_event_loop_thread

from taskforge import __version__
from taskforge.bus.client import open_sync_client
from taskforge.config import Settings
from taskforge.core.events import Event, WorkerFrame
from taskforge.core.fleet import WorkerStatus
from taskforge.core.ids import new_id
from taskforge.core.priority import BY_QUEUE, QUEUES
from taskforge.db.claims import Claimer
from taskforge.db.roster import Member, leave
from taskforge.flows.deps import Deps, open_deps
from taskforge.flows.every import end
from taskforge.flows.health import Health
from taskforge.flows.mailbox import with_sink
from taskforge.flows.probes import Probes
from taskforge.flows.unit import Unit
from taskforge.handlers.registry import Registry, load
from taskforge.log import configure, get_logger, identify
from taskforge.metrics.process import introduce
from taskforge.tracing.start import start_tracing, stop_tracing
from taskforge.worker.actors import declare_actors
from taskforge.worker.broker import Broker
from taskforge.worker.crew import Crew
from taskforge.worker.gate import Gate
from taskforge.worker.heart import Body, Heart
from taskforge.worker.middleware import Verdicts
from taskforge.worker.standin import StandIn

STATEMENT_SECONDS = 10.0
THREAD_POLL_MS = 1_000
DRAMATIQ_STOP_MS = 5_000
STACK_BYTES = 256 * 1024
"""Dramatiq's threads only wait; hundreds of them need not map 8 MB each."""

ResultT = TypeVar("ResultT")
log = get_logger(__name__)


def run(settings: Settings, *, queues: Sequence[str] = QUEUES, threads: int | None = None) -> int:
    """Run a unit until SIGTERM, SIGINT or an order to stop; a second signal hands the jobs back.

    Args:
        settings: addresses, lease, drain time.
        queues: names of the queues to serve.
        threads: slots; the settings' own when left out.

    Returns:
        0 after a clean drain: whoever told it to end, a supervisor may leave it at that.

    Raises:
        ValueError: an unknown queue.
    """
    if unknown := sorted(set(queues) - set(QUEUES)):
        raise ValueError(f"unknown queue {unknown[0]!r}: choose from {', '.join(QUEUES)}")
    configure(settings, "worker")
    introduce("worker")
    registry = load(settings.job_modules())
    slots = threads or settings.worker_threads
    unit = _Process(settings, registry, list(queues), slots)
    start_tracing(settings, "worker", instance=str(unit.id))
    unit.start()
    gc.collect()
    gc.freeze()  # what is here now stays: no need to look at it in every collection
    unit.serve()
    unit.stop()
    stop_tracing()
    return 0


class _Process:
    """The parts of a unit, and the order in which they start and stop."""

    def __init__(
        self, settings: Settings, registry: Registry, queues: list[str], slots: int
    ) -> None:
        self._settings = settings
        self._registry = registry
        self._queues = queues
        self._slots = slots
        self._signals = 0
        self._signalled = threading.Event()
        self._hasten = threading.Event()
        self._stack = AsyncExitStack()
        self._health: Health | None = None
        self._member = Member(
            new_id(),
            platform.node(),
            os.getpid(),
            __version__,
            queues,
            sorted(registry.types),
            slots,
        )
        identify(worker=str(self._member.id))

    def start(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        self._loop_thread = EventLoopThread(
            logging.getLogger("dramatiq"),
            # Nothing interrupts our threads from outside, so they need not look up for it.
            interrupt_check_ival=3_600.0,
        )
        self._loop_thread.loop.close()
        self._loop_thread.loop = uvloop.new_event_loop()
        self._loop_thread.start()
        set_event_loop_thread(self._loop_thread)
        self._deps = self._on_loop(self._open())
        health = self._health = Health(self._deps)
        self._on_loop(self._stack.enter_async_context(health.watched()))
        self._gate = Gate(self._queues)
        verdicts = Verdicts(self._deps.hinter)
        self._crew = Crew(Unit(self._deps, self._claimer), self._slots, self._gate, verdicts.carry)
        self._client = open_sync_client(self._settings)
        broker = Broker(self._client, self._gate, verdicts)
        declare_actors(broker, self._crew.serve)
        self._worker = dramatiq.Worker(
            broker,
            queues=set(self._queues),
            worker_threads=self._slots,
            worker_timeout=THREAD_POLL_MS,
        )
        self._probes = Probes(
            self._settings,
            health,
            self._loop_thread.loop,
            lambda: {"consumers": self._gate.silence},
        )
        self._heart = Heart(
            self._settings,
            self._member,
            self._crew,
            self._gate,
            self._loop_thread.loop,
            Body(self._is_sound, self._end, self._announce),
        )

    def serve(self) -> None:
        """Work until a signal or an order to stop comes."""
        usual = threading.stack_size(STACK_BYTES)
        self._worker.start()
        threading.stack_size(usual)
        self._heart.start()
        self._probes.start()
        self._on_loop(self._begin())
        log.info("worker.started", slots=self._slots, queues=self._queues)
        self._signalled.wait()

    def stop(self) -> None:
        """Drain, tell everybody, and close."""
        self._end()  # also when the signal came before there was anything to tell of it
        log.info("worker.stopping", jobs=len(self._crew.holds))
        self._heart.leave()
        drained = asyncio.run_coroutine_threadsafe(self._drain(), self._loop_thread.loop)
        drained.result()
        self._worker.stop(timeout=DRAMATIQ_STOP_MS)
        self._heart.still()
        self._heart.join(timeout=5)
        self._on_loop(self._leave())
        self._probes.stop()
        self._probes.join(timeout=5)
        self._on_loop(self._stack.aclose())
        self._client.close()
        self._loop_thread.stop()
        set_event_loop_thread(None)
        log.info("worker.stopped")

    @property
    def id(self) -> UUID:
        """The unit's own, by which lists and leases know it."""
        return self._member.id

    @property
    def _claimer(self) -> Claimer:
        ranks = [BY_QUEUE[queue].rank for queue in self._queues]
        return Claimer(
            self._member.id, ranks, sorted(self._registry.types), self._settings.lease_seconds
        )

    def _on_loop(self, coroutine: Coroutine[Any, Any, ResultT]) -> ResultT:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop_thread.loop).result()

    def _on_signal(self, _number: int, _frame: object) -> None:
        self._signals += 1
        self._end()
        if self._signals > 1:
            self._hasten.set()

    def _end(self) -> None:
        if self._health:
            self._health.draining = True  # before all else: it is the first that shows
        self._signalled.set()

    def _is_sound(self) -> bool:
        """Whether Dramatiq's threads are alive; while it stops they may end."""
        if self._signalled.is_set():
            return True
        threads = [*self._worker.consumers.values(), *self._worker.workers]
        return all(thread.is_alive() for thread in threads)

    async def _open(self) -> Deps:
        deps = await self._stack.enter_async_context(
            open_deps(
                self._settings, self._registry, statement_seconds=STATEMENT_SECONDS, by_key=True
            )
        )
        return await self._stack.enter_async_context(with_sink(deps))

    async def _begin(self) -> None:
        self._crew.start()
        self._stand_in = StandIn(self._deps, lambda: not self._crew.holds)
        self._watch = asyncio.create_task(self._stand_in.watch())
        self._announce(WorkerStatus.ONLINE)

    async def _drain(self) -> None:
        await end([self._watch])
        await self._stand_in.step_down()
        await self._crew.drain(self._settings.drain_seconds, hasten=self._hasten.is_set)

    async def _leave(self) -> None:
        try:
            async with self._deps.db.connect() as connection:
                await leave(connection, self._member.id)
        except Exception as error:  # noqa: BLE001 - a database that is away must not keep us here
            log.warning("worker.unlisted", error=error)
        self._announce(WorkerStatus.OFFLINE, "stopped")

    def _announce(self, status: WorkerStatus, reason: str | None = None) -> None:
        gone = status is WorkerStatus.OFFLINE
        frame = WorkerFrame(
            event=Event.WORKER_OFFLINE if gone else Event.WORKER_ONLINE,
            worker_id=self._member.id,
            host=self._member.host,
            pid=self._member.pid,
            status=status,
            at=datetime.now(UTC),
            reason=reason,
        )
        self._deps.stream.announce_soon([frame])
