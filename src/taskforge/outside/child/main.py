"""The child process of `outside.child`: takes one request, runs one function, answers, ends.

It is started with the process id of its worker, sometimes a while before there is a request.
Imports little, since every sandboxed attempt pays for it.
"""

import ctypes
import importlib
import os
import resource
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from taskforge.core.failures import JobError
from taskforge.core.job import Progress
from taskforge.core.sandbox import SandboxLimits
from taskforge.outside.child.frames import Done, Failed, Request, Told, framed

REPORT_EVERY = 0.05
"""Seconds between two reports that leave the child; one that is held back leaves after them."""

GRACE_SECONDS = 10
"""How long after its wall limit the child ends itself, should nobody have done it."""

MAX_OPEN_FILES = 256
NICENESS = 10
OUT_OF_MEMORY_SCORE = "800"
PR_SET_PDEATHSIG = 1
MESSAGE_LIMIT = 4_000
TRACE_LIMIT = 12_000


class Channel:
    """The way back to the worker; what the function prints cannot get into it."""

    def __init__(self) -> None:
        # Descriptor 1 becomes a second stderr, for Python's and C's prints alike; the copy that
        # we keep is not inherited by processes that the function may start.
        self._pipe = os.dup(1)
        os.dup2(2, 1)
        self._lock = threading.Lock()
        self._held: Progress | None = None
        self._sent_at = 0.0
        self._late: threading.Timer | None = None

    def report(
        self,
        *,
        percent: float | None = None,
        current: float | None = None,
        total: float | None = None,
        stage: str | None = None,
        message: str | None = None,
    ) -> None:
        """The `Report` that the function gets; may be called from any of its threads."""
        with self._lock:
            self._held = Progress(
                percent=percent, current=current, total=total, stage=stage, message=message
            )
            if time.monotonic() - self._sent_at >= REPORT_EVERY:
                self._flush()
            elif self._late is None:
                self._flush_later()

    def answer(self, frame: Done | Failed) -> None:
        """Send the last frame, after a report that may be held back."""
        data = framed(frame)
        with self._lock:
            self._flush()
            self._write(data)

    def _flush_later(self) -> None:
        # Else a report before a long silence would be seen when the silence ends.
        late = threading.Timer(REPORT_EVERY, self._flush_late)
        late.daemon = True
        with suppress(RuntimeError):  # no room for a thread: then it goes with the next report
            late.start()
            self._late = late

    def _flush_late(self) -> None:
        with self._lock:
            self._late = None
            self._flush()

    def _flush(self) -> None:
        if self._held is not None:
            self._write(framed(Told(self._held)))
            self._held = None
            self._sent_at = time.monotonic()

    def _write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._pipe, rest) :]


def main() -> None:
    """Serve one request."""
    die_with(int(sys.argv[1]))
    channel = Channel()
    with open(0, "rb", closefd=False) as stdin:
        asked = stdin.read()
    if not asked:  # nothing is wanted of it, or nobody is left to want it
        os._exit(0)
    request = msgspec.json.decode(asked, type=Request)
    _leave_stdin()
    confine(request.limits)
    _answer(channel, _run(request, channel))
    sys.stderr.flush()
    # Not `return`: tearing the interpreter down may take longer than the work did.
    os._exit(0)


def _run(request: Request, channel: Channel) -> Done | Failed:
    try:
        module, name = request.function.split(":")
        function: Callable[..., Any] = getattr(importlib.import_module(module), name)
        bound_memory(request.limits.memory_mb)
        return Done(function(channel.report, *request.args))
    except Exception as error:  # noqa: BLE001 - whatever it is, the worker wants to know
        return failure(error)


def _answer(channel: Channel, frame: Done | Failed) -> None:
    try:
        channel.answer(frame)
    except (TypeError, ValueError, RecursionError) as error:
        channel.answer(failure(JobError(f"the result cannot be handed over: {error}")))


def failure(error: Exception) -> Failed:
    """An exception, ready to be handed over."""
    attributes: dict[str, Any] = {}
    for name, value in vars(error).items():
        with suppress(TypeError, ValueError, RecursionError):
            attributes[name] = msgspec.json.decode(msgspec.json.encode(value))
    return Failed(
        lineage=[f"{base.__module__}:{base.__qualname__}" for base in type(error).__mro__],
        message=_clean(str(error))[:MESSAGE_LIMIT],
        attributes=attributes,
        trace=_clean("".join(traceback.format_exception(error)))[-TRACE_LIMIT:],
    )


def _clean(text: str) -> str:
    """Text that JSON and PostgreSQL can carry: no lone surrogates, no NUL."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


def _leave_stdin() -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)


def die_with(parent: int) -> None:
    """Ask the kernel to kill this process when the worker dies (prctl(2); Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)  # it died before we could ask


def confine(limits: SandboxLimits) -> None:
    """Take on every limit but that of memory."""
    # Where the system has no death signal, or the function clears it, the alarm ends the child.
    signal.alarm(int(limits.seconds) + GRACE_SECONDS)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_NOFILE, MAX_OPEN_FILES)
    _limit(resource.RLIMIT_FSIZE, limits.file_mb << 20)
    # At the soft limit comes SIGXCPU, which tells the worker why; a second later SIGKILL.
    _limit(resource.RLIMIT_CPU, limits.cpu_seconds, limits.cpu_seconds + 1)
    os.umask(0o077)
    with suppress(OSError):
        os.nice(NICENESS)
    with suppress(OSError):  # when memory runs out, the system takes this process first (S-54)
        Path("/proc/self/oom_score_adj").write_text(OUT_OF_MEMORY_SCORE)


def _limit(kind: int, soft: int, hard: int | None = None) -> None:
    most = resource.getrlimit(kind)[1]
    wanted = soft if hard is None else hard
    top = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
    resource.setrlimit(kind, (min(soft, top), top))


def bound_memory(memory_mb: int) -> None:
    """Limit the address space to what is mapped by now plus `memory_mb`.

    Interpreters and shared libraries map far more than they touch (DuckDB 70 MiB at import), so an
    absolute limit would say nothing about what the function may use.
    """
    with suppress(FileNotFoundError):
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        mapped = pages * os.sysconf("SC_PAGE_SIZE")
        _limit(resource.RLIMIT_AS, mapped + (memory_mb << 20))


if __name__ == "__main__":
    main()
