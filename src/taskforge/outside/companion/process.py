"""One companion process, and the conversation with it (see `outside.companion`)."""

import asyncio
import inspect
import os
import signal
from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import msgspec

from taskforge.core.failures import SandboxDied
from taskforge.core.sandbox import SandboxLimits
from taskforge.outside.child.frames import HEADER_BYTES, MAX_FRAME_BYTES, Done, Failed, framed
from taskforge.outside.child.start import Child
from taskforge.outside.companion.frames import Begin, Halt, Part, Reply, decode_reply

MAIN = "taskforge.outside.companion.main"

Hear = Callable[[Any], Awaitable[None] | None]
"""Called with each part of an answer."""


class CompanionProcess:
    """A living process; one conversation at a time."""

    def __init__(self, child: Child) -> None:
        self._child = child
        self.busy = False
        """Whether it owes an answer."""
        self.spoke = False
        """Whether anything came since it was last asked."""
        self._size: int | None = None
        """Of the frame whose head was read: whoever reads may be cancelled before its body."""

    @property
    def process(self) -> Process:
        """What runs."""
        return self._child.process

    def last_words(self) -> str:
        """The end of what it wrote to stdout and stderr."""
        return self._child.room.last_words()

    async def ask(self, frame: bytes, on_part: Hear) -> Done | Failed | None:
        """Its answer; None when it ended without one."""
        self.busy, self.spoke = True, False
        await self.send(frame)
        while True:
            reply = await self._read()
            if not isinstance(reply, Part):
                self.busy = False
                return reply
            told = on_part(reply.value)
            if inspect.isawaitable(told):
                await told

    async def halt(self) -> bool:
        """Tell it to stop, and wait until it has; False when it has died."""
        await self.send(framed(Halt()))
        reply = await self._read()
        while isinstance(reply, Part):
            reply = await self._read()
        self.busy = False
        return reply is not None

    def kill(self) -> None:
        """Kill it with all of its group; `end` must follow."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)

    async def end(self) -> None:
        """Kill it with all of its group, and remove its folder."""
        await self._child.end()

    async def send(self, frame: bytes) -> None:
        """Write; a process that has died is noticed when its answer is read."""
        with suppress(ConnectionError):
            self._child.stdin.write(frame)
            await self._child.stdin.drain()

    async def _read(self) -> Reply | None:
        stdout = self._child.stdout
        try:
            if self._size is None:
                self._size = int.from_bytes(await stdout.readexactly(HEADER_BYTES))
            if self._size > MAX_FRAME_BYTES:
                raise SandboxDied("The child process broke its protocol: beyond the limit.")
            reply = decode_reply(await stdout.readexactly(self._size))
            self._size = None
        except asyncio.IncompleteReadError:
            return None
        except (msgspec.DecodeError, RecursionError) as error:
            raise SandboxDied(f"The child process broke its protocol: {error}") from error
        self.spoke = True
        return reply


async def begin(reference: str, limits: SandboxLimits) -> CompanionProcess:
    """Start one.

    Args:
        reference: the function it serves with, `package.module:function`.
        limits: what it may use.

    Raises:
        OSError: no process or no folder can be made.
    """
    child = CompanionProcess(await Child.start(MAIN))
    await child.send(framed(Begin(function=reference, limits=limits)))
    return child
