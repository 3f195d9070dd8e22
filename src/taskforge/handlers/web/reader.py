"""The worker's end of the child process that reads pages; the child's is `serving`."""

import asyncio
import os
from contextlib import suppress
from pathlib import Path

import msgspec

from taskforge.core.failures import JobError, JobTimeout, SandboxDied
from taskforge.core.sandbox import SandboxLimits
from taskforge.handlers.context import Context
from taskforge.handlers.web.payload import WebPayload
from taskforge.handlers.web.records import Ask, Reading
from taskforge.handlers.web.serving import ANSWER, ANSWERED, ASK, ASKED

WITHOUT_TEXT = "taskforge.handlers.web.serving:serve"
WITH_TEXT = "taskforge.handlers.web.articles:serve"
LIMITS = SandboxLimits(memory_mb=512, seconds=86_400, cpu_seconds=86_400, file_mb=16)
"""Processor time is bounded per page; wall time by the attempt's own limit."""
ASK_SECONDS = 30.0
"""Wall time of one question: far more than its processor time, for machines that are busy."""
MAX_ANSWER = 8 * 1024 * 1024
MAX_DEATHS = 10


class ReadingStopped(JobError):
    """The child process died too often: the crawl goes no further."""


class Reader:
    """Reads pages in a child process, which is started anew when one of them kills it.

    Args:
        ctx: of the attempt.
        ask: the job's payload.
    """

    def __init__(self, ctx: Context, ask: WebPayload) -> None:
        self._ctx = ctx
        self._ask = ask
        self._program = WITH_TEXT if "text" in ask.extract else WITHOUT_TEXT
        self._folder = ctx.workdir() / "reader"
        self._life: asyncio.Task[None] | None = None
        self._pipes: tuple[int, int] | None = None
        self._turn = asyncio.Lock()
        self._heard = asyncio.Event()
        self._answered = False
        self._deaths = 0

    async def read(self, ask: Ask) -> Reading | None:
        """Ask the child; one question at a time.

        Returns:
            What it found; None when the question has ended the child.

        Raises:
            ReadingStopped: that was the tenth time.
            JobError: the child cannot work at all.
        """
        async with self._turn:
            if self._pipes is None:
                self._pipes = self._start()
            self._heard.clear()
            self._answered = False
            # A file in memory, two megabytes at most: done sooner than a thread is woken.
            (self._folder / ASK).write_bytes(msgspec.msgpack.encode(ask))
            os.write(self._pipes[0], b"?")
            with suppress(TimeoutError):
                async with asyncio.timeout(ASK_SECONDS):
                    await self._heard.wait()
            reading = _answer(self._folder) if self._answered else None
            if reading is None:
                await self._bury()
            return reading

    async def close(self) -> None:
        """End the child."""
        if self._life is not None:
            self._life.cancel()
            await asyncio.wait({self._life})
            if not self._life.cancelled():
                self._life.exception()  # seen: what matters of it is told by `read`
        self._close_pipes()

    def _start(self) -> tuple[int, int]:
        _fresh_pipes(self._folder)
        # Both ends of each pipe: opening waits for nobody, and a dead child is no end of file.
        asked, answered = (
            os.open(self._folder / name, os.O_RDWR | os.O_NONBLOCK) for name in (ASKED, ANSWERED)
        )
        asyncio.get_running_loop().add_reader(answered, self._hear, answered)
        self._life = asyncio.create_task(self._live())
        return asked, answered

    async def _live(self) -> None:
        try:
            folder = str(self._folder)
            await self._ctx.sandbox(self._program, folder, self._ask, limits=LIMITS)
        finally:
            self._heard.set()

    def _hear(self, answered: int) -> None:
        self._answered = bool(os.read(answered, 16))
        self._heard.set()

    async def _bury(self) -> None:
        """End the child for good, and count it.

        Raises:
            ReadingStopped: it was one too many.
            JobError: what it died of is not what it was reading.
        """
        life = self._life
        await self.close()
        self._life = None
        error = life.exception() if life is not None and not life.cancelled() else None
        if error is not None and not isinstance(error, (SandboxDied, JobTimeout)):
            raise error
        self._deaths += 1
        if self._deaths >= MAX_DEATHS:
            raise ReadingStopped(
                "Too many pages could not be read within the limits of processor time and memory;"
                " simpler selectors may help."
            )

    def _close_pipes(self) -> None:
        if self._pipes is not None:
            asyncio.get_running_loop().remove_reader(self._pipes[1])
            for pipe in self._pipes:
                os.close(pipe)
            self._pipes = None


def _fresh_pipes(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for name in (ASK, ANSWER, ASKED, ANSWERED):
        (folder / name).unlink(missing_ok=True)
    for name in (ASKED, ANSWERED):
        os.mkfifo(folder / name, 0o600)


def _answer(folder: Path) -> Reading | None:
    """What the child wrote; None if it is not what it should be, for then it is not ours."""
    with suppress(OSError, msgspec.MsgspecError, RecursionError):
        path = folder / ANSWER
        if path.stat().st_size <= MAX_ANSWER:
            return msgspec.msgpack.decode(path.read_bytes(), type=Reading)
    return None
