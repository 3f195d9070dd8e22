"""Keeps programs and servers running until it is told to stop."""

import asyncio
import time
from collections.abc import Iterable, Mapping

from taskforge.local.child import Program, Say, Stopping, run_until_end
from taskforge.local.errors import CannotStart
from taskforge.local.process import Server

FIRST_DELAY = 0.5
"""Seconds before the first restart; each further one waits twice as long."""
LONGEST_DELAY = 10.0
STEADY_SECONDS = 30.0
"""Who ran so long starts again after FIRST_DELAY."""
WATCH_SECONDS = 0.5
OURSELVES = "taskforge"
"""The name under which the supervisor itself speaks."""


class Supervisor:
    """Restarts what ends, with growing delay; not what may be told to end, and was.

    Args:
        env: the environment of the programs.
        say: takes each line of output, and the supervisor's own words.
        stopping: ends it.
        grace_seconds: what a program is given after SIGTERM, before SIGKILL.
    """

    def __init__(
        self, *, env: Mapping[str, str], say: Say, stopping: Stopping, grace_seconds: float
    ) -> None:
        self._env = env
        self._say = say
        self._stopping = stopping
        self._grace = grace_seconds

    async def run(self, programs: Iterable[Program], servers: Iterable[Server] = ()) -> None:
        """Run until stopped; then the programs are gone, and the servers are the caller's again."""
        async with asyncio.TaskGroup() as tasks:
            watches = [tasks.create_task(self._watch(server)) for server in servers]
            async with asyncio.TaskGroup() as kept:
                for program in programs:
                    kept.create_task(self._keep(program))
            for watch in watches:
                watch.cancel()

    async def _keep(self, program: Program) -> None:
        delay = FIRST_DELAY
        while not self._stopping.asked.is_set():
            began = time.monotonic()
            code = await run_until_end(
                program,
                env=self._env,
                say=self._say,
                stopping=self._stopping,
                grace_seconds=self._grace,
            )
            if self._stopping.asked.is_set():
                return
            if code == 0 and program.again is not None:
                self._say(OURSELVES, f"{program.name} was told to stop; {program.again}")
                return
            if time.monotonic() - began > STEADY_SECONDS:
                delay = FIRST_DELAY
            self._say(OURSELVES, f"{program.name} {_ended(code)}; it starts again in {delay:g} s")
            await self._pause(delay)
            delay = min(delay * 2, LONGEST_DELAY)

    async def _watch(self, server: Server) -> None:
        """Restart a server that ends; the programs bear its absence."""
        delay = FIRST_DELAY
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            if server.alive():
                continue
            self._say(OURSELVES, f"{server.name} has ended; it starts again")
            try:
                await server.start()
                delay = FIRST_DELAY
            except CannotStart as error:
                self._say(OURSELVES, error.detail)
                await asyncio.sleep(delay)
                delay = min(delay * 2, LONGEST_DELAY)

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.asked.wait()
        except TimeoutError:
            return


def _ended(code: int) -> str:
    return f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
