"""Several API processes on one listening socket, under a parent that restarts what dies."""

import asyncio
import multiprocessing
import signal
import socket
from collections.abc import Callable
from multiprocessing.context import SpawnProcess
from typing import NamedTuple

from taskforge.api.departure import turn_away
from taskforge.config import Settings
from taskforge.log import get_logger
from taskforge.metrics.exposition import shared_metrics

RESTART_SECONDS = 1.0
STOP_SECONDS = 12.0
"""A child that has not ended by then is killed."""

Target = Callable[[Settings, socket.socket], None]

_log = get_logger(__name__)
_context = multiprocessing.get_context("spawn")


async def keep(target: Target, settings: Settings, listener: socket.socket, count: int) -> int:
    """Run `count` processes until SIGTERM or SIGINT.

    Args:
        target: what a process runs; importable, for processes are spawned.
        settings: handed to it.
        listener: handed to it; all accept from the same one.
        count: at least 1.

    Returns:
        Exit code: 1 if a child had to be killed.
    """
    asked, stopping = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked.set)

    async def close() -> None:
        await asked.wait()
        await turn_away(listener)
        stopping.set()

    with shared_metrics() as forget:
        async with asyncio.TaskGroup() as group:
            group.create_task(close())
            keepers = [
                group.create_task(
                    _Place(f"api-{n}", target, settings, listener).keep(stopping, forget)
                )
                for n in range(1, count + 1)
            ]
        return max(keeper.result() for keeper in keepers)


class _Place(NamedTuple):
    """One of the processes, whichever it is by now."""

    name: str
    """Its metrics are known by it: who takes the place counts on."""
    target: Target
    settings: Settings
    listener: socket.socket

    async def keep(self, stopping: asyncio.Event, forget: Callable[[str], None]) -> int:
        """Start a process, and another one when it ends, until told to stop; an exit code."""
        stop = asyncio.ensure_future(stopping.wait())
        while True:
            child = _context.Process(
                target=self.target, args=(self.settings, self.listener), name=self.name
            )
            child.start()
            ended = asyncio.ensure_future(_ended(child))
            await asyncio.wait({ended, stop}, return_when=asyncio.FIRST_COMPLETED)
            if stopping.is_set():
                return await _stop(child, ended)
            forget(self.name)
            _log.error("process.died", pid=child.pid, exit_code=child.exitcode)
            await asyncio.wait({stop}, timeout=RESTART_SECONDS)
            if stopping.is_set():
                return 0


async def _ended(child: SpawnProcess) -> None:
    loop = asyncio.get_running_loop()
    over = loop.create_future()
    loop.add_reader(child.sentinel, over.set_result, None)
    try:
        await over
    finally:
        loop.remove_reader(child.sentinel)
        child.join()


async def _stop(child: SpawnProcess, ended: asyncio.Future[None]) -> int:
    child.terminate()
    done, _ = await asyncio.wait({ended}, timeout=STOP_SECONDS)
    if done:
        return 0
    _log.error("process.killed", pid=child.pid)
    child.kill()
    await ended
    return 1
