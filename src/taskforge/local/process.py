"""A server process that belongs to a directory.

A pid says little about a process: it may be old, or reused. Here a process is ours when it runs the
server's program in the server's own directory (its home), which both servers make their working
directory. So what a killed run left behind is found without any file, and nobody else's process is
ever signalled.
"""

import asyncio
import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path

import psutil

from taskforge.local.errors import CannotStart

READY_SECONDS = 120.0
"""PostgreSQL may have to replay its log after a crash."""
STOP_SECONDS = 20.0
"""Patience after each signal."""
LOG_LIMIT_BYTES = 10_000_000
"""A larger log is moved aside at the next start."""

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def die_with_parent(number: signal.Signals) -> Callable[[], None]:
    """Make a `preexec_fn` after which the kernel sends `number` when the parent is gone.

    To the kernel the parent is the thread that forks, so call it from the main thread only.
    Elsewhere than on Linux it does nothing, and the next start ends what is left.
    """
    parent = os.getpid()

    def arrange() -> None:
        if sys.platform == "linux":
            _libc.prctl(_PR_SET_PDEATHSIG, int(number))
            if os.getppid() != parent:  # it died before we asked
                os._exit(1)

    return arrange


class Server(ABC):
    """A database server of the embedded stack: one process, one home, one log.

    Whoever starts it holds the lock of the data directory: two owners of one home would end each
    other's process.
    """

    name: str
    """For people."""
    program: str
    """The name of the executable, as the kernel shows it."""
    signals: tuple[signal.Signals, ...]
    """How to end it, from gentle to firm; SIGKILL follows."""

    def __init__(self, home: Path, log: Path) -> None:
        self.home = home
        self.log = log
        self._child: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def argv(self) -> list[str]:
        """The command that runs the server in the foreground."""

    @abstractmethod
    async def prepare(self) -> None:
        """Make what the server needs before it starts."""

    @abstractmethod
    async def answers(self) -> bool:
        """Whether it serves now."""

    async def start(self) -> None:
        """Start it and wait until it answers; what an earlier run left in its home is ended first.

        Raises:
            CannotStart: it ended or stayed silent; the message carries the end of its log.
        """
        await self.stop()
        await self.prepare()
        self._child = self._spawn()
        await self._until_ready(self._child)

    def alive(self) -> bool:
        """Whether the process that `start` made still runs."""
        return self._child is not None and self._child.poll() is None

    async def stop(self) -> None:
        """End every process of this home: gently, then firmly, then by force."""
        for number in self.signals:
            running = self.residents()
            if not running:
                break
            _send(running[0], number)
            await self._until_gone()
        for process in self.residents():
            _send(process, signal.SIGKILL)
        await self._until_gone()
        if self._child is not None:
            self._child.wait()

    def residents(self) -> list[psutil.Process]:
        """Processes that run this program in this home, the eldest, which is the server, first."""
        place = str(self.home.resolve())
        found: list[tuple[float, psutil.Process]] = []
        for process in psutil.process_iter(["name", "create_time", "status"]):
            try:
                if process.info["name"] == self.program and process.cwd() == place:
                    found.append((process.info["create_time"], process))
            except psutil.Error:
                continue  # it has just ended, or is not ours to look at
        return [process for _, process in sorted(found, key=lambda pair: (pair[0], pair[1].pid))]

    def _spawn(self) -> subprocess.Popen[bytes]:
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT_BYTES:
            self.log.replace(self.log.with_name(f"{self.log.name}.1"))
        with self.log.open("ab") as sink:
            return subprocess.Popen(  # noqa: S603 - the program comes from a wheel of ours
                self.argv(),
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                cwd=self.home,
                start_new_session=True,  # a Ctrl-C on the terminal is not for it
                preexec_fn=die_with_parent(self.signals[0]),  # noqa: PLW1509 - calls libc only
            )

    async def _until_ready(self, child: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while child.poll() is None and time.monotonic() < deadline:
            if await self.answers():
                return
            await asyncio.sleep(0.02)
        problem = "does not answer" if child.returncode is None else f"ended ({child.returncode})"
        await self.stop()
        raise CannotStart(f"{self.name} {problem}; the end of {self.log}:\n{_tail(self.log)}")

    async def _until_gone(self) -> None:
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline:
            if not self.residents():
                return
            await asyncio.sleep(0.05)


def _send(process: psutil.Process, number: signal.Signals) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(number)  # psutil compares start times: never a stranger's reused pid


def _tail(log: Path, lines: int = 15) -> str:
    with log.open("rb") as source:
        source.seek(max(0, log.stat().st_size - 16_384))
        return "\n".join(source.read().decode(errors="replace").splitlines()[-lines:])
