"""The worker's end of the child process that reads pages; the child's is `serving`."""

import asyncio
import os
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import msgspec

from taskforge.core.failures import JobError, JobTimeout, SandboxDied
from taskforge.core.sandbox import SandboxLimits
from taskforge.handlers.context import Context
from taskforge.handlers.web.payload import WebPayload
from taskforge.handlers.web.records import ANSWER, ANSWERED, ASK, ASKED, LENGTH_BYTES, Ask, Reading

WITHOUT_TEXT = "taskforge.handlers.web.serving:serve"
WITH_TEXT = "taskforge.handlers.web.articles:serve"
LIMITS = SandboxLimits(memory_mb=512, seconds=86_400, cpu_seconds=86_400, file_mb=16)
"""Processor time is bounded per page; wall time by the attempt's own limit."""
ASK_SECONDS = 30.0
"""Wall time of one question: far more than its processor time, for machines that are busy."""
MAX_ANSWER = 8 * 1024 * 1024
MAX_DEATHS = 10


FILES = (ASK, ANSWER, ASKED, ANSWERED)


class Ends(NamedTuple):
    """Open files and pipes, in the order of `FILES`."""

    ask: int
    answer: int
    asked: int
    answered: int


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
        self._ends: Ends | None = None
        self._turn = asyncio.Lock()
        self._heard = asyncio.Event()
        self._answered = 0
        self._asking = False
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
            if self._asking:
                await self.close()  # the last question was given up: its answer is not ours
            if self._ends is None:
                self._ends = self._start()
            self._heard.clear()
            self._answered = 0
            self._asking = True
            question = msgspec.msgpack.encode(ask)
            # Into the page cache, two megabytes at most: done sooner than a thread is woken.
            os.pwrite(self._ends.ask, question, 0)
            os.write(self._ends.asked, len(question).to_bytes(LENGTH_BYTES))
            with suppress(TimeoutError):
                async with asyncio.timeout(ASK_SECONDS):
                    await self._heard.wait()
            self._asking = False
            reading = _answer(self._ends, self._answered)
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
        if self._ends is not None:
            asyncio.get_running_loop().remove_reader(self._ends.answered)
            for end in self._ends:
                os.close(end)
            self._ends = None

    def _start(self) -> Ends:
        _make_place(self._folder)
        # Both ends of each pipe: opening waits for nobody, and a dead child is no end of file.
        ends = Ends(*(os.open(self._folder / name, os.O_RDWR | os.O_NONBLOCK) for name in FILES))
        asyncio.get_running_loop().add_reader(ends.answered, self._hear, ends.answered)
        self._life = asyncio.create_task(self._live())
        return ends

    async def _live(self) -> None:
        try:
            folder = str(self._folder)
            await self._ctx.sandbox(self._program, folder, self._ask, limits=LIMITS)
        finally:
            self._heard.set()

    def _hear(self, answered: int) -> None:
        self._answered = int.from_bytes(os.read(answered, LENGTH_BYTES))
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


def _make_place(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for name in FILES:
        (folder / name).unlink(missing_ok=True)
    for name in (ASK, ANSWER):
        (folder / name).touch(0o600)
    for name in (ASKED, ANSWERED):
        os.mkfifo(folder / name, 0o600)


def _answer(ends: Ends, length: int) -> Reading | None:
    """What the child wrote; None if it is not what it should be, for then it is not ours."""
    if not 0 < length <= MAX_ANSWER:
        return None
    with suppress(msgspec.MsgspecError, RecursionError):
        return msgspec.msgpack.decode(os.pread(ends.answer, length, 0), type=Reading)
    return None
