"""A program that the supervisor runs: its output line by line, and its end with all it started."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Mapping
from typing import NamedTuple

from taskforge.local.process import die_with_parent

LONGEST_LINE = 64 * 1024
"""Bytes; a longer line is cut."""
_LAST_WORDS_SECONDS = 1.0

Say = Callable[[str, str], None]
"""Takes the name of a program and a line of its output."""


class Program(NamedTuple):
    """What to run, under which name."""

    name: str
    argv: tuple[str, ...]
    again: str | None = None
    """How to get it back when it was told to end, which exit status 0 says; None: it is started
    again however it ends."""


class Stopping:
    """A wish to end: gentle when it comes first, in haste when it is repeated."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.hastened = asyncio.Event()

    def ask(self) -> None:
        """Ask to stop, or to hurry."""
        (self.hastened if self.asked.is_set() else self.asked).set()


async def run_until_end(
    program: Program,
    *,
    env: Mapping[str, str],
    say: Say,
    stopping: Stopping,
    grace_seconds: float,
) -> int:
    """Run a program until it ends by itself or `stopping` ends it; its exit status.

    It dies with us even when we are killed (on Linux), and what it started dies with it.
    """
    transport, ears = await asyncio.get_running_loop().subprocess_exec(
        lambda: _Ears(program.name, say),
        *program.argv,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=env,
        start_new_session=True,  # a Ctrl-C on the terminal is for us to pass on
        preexec_fn=die_with_parent(signal.SIGKILL),
    )
    try:
        await _first(ears.exited, stopping.asked)
        if not ears.exited.is_set():
            with contextlib.suppress(ProcessLookupError):
                transport.terminate()
            await _first(ears.exited, stopping.hastened, seconds=grace_seconds)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(transport.get_pid(), signal.SIGKILL)  # a group of its own: grandchildren too
        await ears.exited.wait()
        await _first(ears.closed, seconds=_LAST_WORDS_SECONDS)
        transport.close()
    return transport.get_returncode() or 0


class _Ears(asyncio.SubprocessProtocol):
    """Hears the output and the end.

    The end is the end of the process, not of the pipe: what it started may hold the pipe longer,
    and `asyncio.subprocess` would wait for that.
    """

    def __init__(self, name: str, say: Say) -> None:
        self.exited = asyncio.Event()
        self.closed = asyncio.Event()
        self._name = name
        self._say = say
        self._rest = b""

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._tell(line)
        if len(self._rest) > LONGEST_LINE:
            self._tell(self._rest)
            self._rest = b""

    def process_exited(self) -> None:
        self.exited.set()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._rest:
            self._tell(self._rest)
        self.closed.set()

    def _tell(self, line: bytes) -> None:
        self._say(self._name, line[:LONGEST_LINE].decode(errors="replace"))


async def _first(*events: asyncio.Event, seconds: float | None = None) -> bool:
    """Wait until one of the events is set, or for so long; whether one is."""
    waits = [asyncio.create_task(event.wait()) for event in events]
    done, pending = await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for wait in pending:
        wait.cancel()
    return bool(done)
