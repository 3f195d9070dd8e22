"""Roles of the system as real processes, and a supervisor that starts again what ends."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
STOP_SECONDS = 40.0
FAST_CLOCK = {"LEASE_SECONDS": "3", "RETRY_BASE_SECONDS": "0.2", "DRAIN_SECONDS": "5"}
"""So that what takes half a minute in production takes three seconds here."""
JOBS = {"TASKFORGE_JOB_MODULES": "jobs.plain,jobs.rough,jobs.effects", "PYTHONPATH": str(TESTS)}


class Process:
    """A worker unit or a scheduler.

    Args:
        role: `worker` or `scheduler`.
        environ: all of its environment.
        log: the file its output is added to.
        options: of `support.role`.
    """

    def __init__(self, role: str, environ: Mapping[str, str], log: Path, *options: str) -> None:
        with log.open("ab") as sink:
            self._child = subprocess.Popen(  # noqa: S603 - our own interpreter
                [sys.executable, "-m", "support.role", role, *options],
                env=dict(environ),
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
            )
        self.role = role
        self.log = log

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def code(self) -> int | None:
        """Its exit code; None while it runs."""
        return self._child.poll()

    def send(self, number: signal.Signals) -> None:
        if self.code is None:
            os.kill(self.pid, number)

    async def ended(self, within: float = STOP_SECONDS) -> int:
        """Its exit code.

        Raises:
            AssertionError: it still runs after `within` seconds.
        """
        deadline = time.monotonic() + within
        while self.code is None:
            assert time.monotonic() < deadline, f"{self.role} {self.pid} does not end"
            await asyncio.sleep(0.01)
        return self._child.returncode

    async def stop(self) -> int:
        """End it gently, by force if it must be; its exit code."""
        self.send(signal.SIGCONT)
        self.send(signal.SIGTERM)
        try:
            return await self.ended()
        finally:
            self.send(signal.SIGKILL)
            self._child.wait()


class Supervisor:
    """Starts processes, and starts again those that end, at once."""

    def __init__(self, environ: Mapping[str, str], folder: Path) -> None:
        self._environ = environ
        self._folder = folder
        self._wanted: list[tuple[str, ...]] = []
        self.running: list[Process] = []
        self.ends: list[int] = []
        """Exit codes of what was started again."""
        self._watching: asyncio.Task[None] | None = None

    def start(self, role: str, *options: str) -> Process:
        self._wanted.append((role, *options))
        self.running.append(self._launch((role, *options)))
        if self._watching is None:
            self._watching = asyncio.create_task(self._watch())
        return self.running[-1]

    def forget(self, process: Process) -> None:
        """Leave a process to the test: it is not started again, and the test ends it."""
        n = self.running.index(process)
        del self.running[n], self._wanted[n]

    def of(self, role: str) -> list[Process]:
        return [it for it in self.running if it.role == role]

    async def stop(self) -> list[int]:
        """End all of them, gently; their exit codes."""
        if self._watching:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
            self._watching = None
        codes = await asyncio.gather(*(it.stop() for it in self.running))
        self._wanted.clear()
        self.running.clear()
        return list(codes)

    def _launch(self, wanted: tuple[str, ...]) -> Process:
        role, *options = wanted
        return Process(role, self._environ, self._folder / f"{role}.log", *options)

    async def _watch(self) -> None:
        while True:
            for n, it in enumerate(self.running):
                if it.code is not None:
                    self.ends.append(it.code)
                    self.running[n] = self._launch(self._wanted[n])
            await asyncio.sleep(0.05)
