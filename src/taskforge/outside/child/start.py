"""Starting a child process in a room of its own, and ending it with all that it has started."""

import asyncio
import os
import signal
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple, TypeVar

from taskforge.outside.child.room import Room, open_room

PartT = TypeVar("PartT")
MAIN = "taskforge.outside.child.main"


class Child(NamedTuple):
    """A process that waits for its one request."""

    room: Room
    process: Process
    surroundings: tuple[str, ...]
    """What it took over from this process when it started."""

    @classmethod
    async def start(cls, module: str = MAIN) -> "Child":
        """Start one. Must not be cancelled half-way: shield it.

        Args:
            module: what it runs, with our process id as its argument.

        Raises:
            OSError: no process, descriptor or room on the disk is left.
        """
        room = open_room()
        try:
            return cls(room, await _start(room, module), surroundings())
        except BaseException:
            await asyncio.to_thread(room.remove)
            raise

    @property
    def stdin(self) -> asyncio.StreamWriter:
        """Where its request goes."""
        return _part(self.process.stdin)

    @property
    def stdout(self) -> asyncio.StreamReader:
        """Where its frames come from."""
        return _part(self.process.stdout)

    @property
    def usable(self) -> bool:
        """Whether it lives, and is what a child started now would be."""
        return self.process.returncode is None and self.surroundings == surroundings()

    async def end(self) -> None:
        """Kill all of its group, and leave no zombie, open descriptor or file."""
        # The child may be gone while processes that it started live on in its group.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.stdin.close()
        # To the end: a paused pipe would keep its descriptor, and `wait` would wait for it.
        while await self.stdout.read(1 << 16):
            pass
        await self.process.wait()
        await asyncio.to_thread(self.room.remove)


def surroundings() -> tuple[str, ...]:
    """What a child started now would take over: its environment, and where its room would be."""
    environment = _environment(os.environ, "")
    return (tempfile.gettempdir(), *(f"{name}={value}" for name, value in environment.items()))


async def _start(room: Room, module: str) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",  # the folder it starts in is not on its path
        "-u",  # what it printed last is known even if it crashes
        "-m",
        module,
        str(os.getpid()),
        stdin=PIPE,
        stdout=PIPE,
        stderr=room.stderr,
        cwd=room.folder,
        env=_environment(os.environ, str(room.folder)),
        start_new_session=True,
    )


def _environment(ours: Mapping[str, str], folder: str) -> dict[str, str]:
    """What the child may know of ours: where programs and modules are, and nothing else."""
    path = os.pathsep.join(os.path.abspath(entry) for entry in sys.path)
    kept = {name: ours[name] for name in ("PATH", "LD_LIBRARY_PATH", "TZ") if name in ours}
    own = {"HOME": folder, "TMPDIR": folder, "LANG": "C.UTF-8", "PYTHONPATH": path}
    # One malloc arena: each further one maps 64 MiB, which would count against the limit.
    return {**kept, **own, "MALLOC_ARENA_MAX": "1"}


def _part(pipe: PartT | None) -> PartT:
    """A pipe of a process that was started with it."""
    if pipe is None:
        raise AssertionError("the child was started without this pipe")
    return pipe
