"""Run a function in a child process that has limits and can be killed at any moment (R-D12).

Every run has a process of its own, in a session of its own, with a temporary folder and an
environment without secrets. Whatever ends the wait (an answer, a limit, a cancelled task) kills the
whole process group and removes the folder.
"""

import asyncio
import importlib.util
import inspect
import re
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

import msgspec

from taskforge.core.failures import JobError, JobTimeout, SandboxDied
from taskforge.core.job import Progress
from taskforge.core.sandbox import SandboxLimits
from taskforge.outside.child.frames import (
    HEADER_BYTES,
    MAX_FRAME_BYTES,
    Done,
    Failed,
    Frame,
    Request,
    Told,
    decode_frame,
)
from taskforge.outside.child.spare import Spares
from taskforge.outside.child.start import Child

OnReport = Callable[[Progress], Awaitable[None] | None]

MEMORY_ERROR = "builtins:MemoryError"
LAST_WORDS_SECONDS = 2.0
"""How long a child that has closed its end may take to die by itself, so that we see of what."""

_REFERENCE = re.compile(r"(?!__main__:)[A-Za-z_][\w.]*:[A-Za-z_]\w*")
_lives: set["asyncio.Task[Any]"] = set()


async def run_child(
    function: Callable[..., Any] | str,
    args: Sequence[Any],
    *,
    limits: SandboxLimits,
    on_report: OnReport,
    spares: Spares | None = None,
) -> Any:
    """Run `function(report, *args)` in a child process of its own.

    Args:
        function: at the top of an importable module, or its name `package.module:function`.
        args: JSON values or msgspec structs; they arrive as plain values.
        limits: what the child may use; the wall time counts from this call.
        on_report: called with each report that the child sends, at most twenty a second.
        spares: where a child that has started already may be waiting.

    Raises:
        ValueError: a function that a new process cannot import, or arguments that are not JSON.
        JobError: what the function raised of that family, class and message unchanged; any other
            exception as `JobError`, its class named in the message and its trace in the notes.
        JobTimeout: wall or CPU time is up.
        SandboxDied: the child was killed, crashed, or ran out of memory.
    """
    request = _encode(function, args, limits)
    life = asyncio.create_task(_live(request, limits, on_report, spares))
    _lives.add(life)  # it cleans up to the end, even if whoever waits is cancelled twice
    life.add_done_callback(_forget)
    try:
        frame = await asyncio.shield(life)
    except asyncio.CancelledError:
        life.cancel()
        await asyncio.wait({life})
        raise
    if isinstance(frame, Done):
        return frame.value
    raise rebuilt(frame, limits)


def _forget(life: "asyncio.Task[Any]") -> None:
    _lives.discard(life)
    if not life.cancelled():
        life.exception()  # seen: it is nobody's fault that nobody waits any more


def _encode(
    function: Callable[..., Any] | str, args: Sequence[Any], limits: SandboxLimits
) -> bytes:
    reference = reference_to(function)
    request = Request(function=reference, args=list(args), limits=limits)
    try:
        return msgspec.json.encode(request)
    except (TypeError, RecursionError) as error:
        raise ValueError(f"{reference}: arguments must be JSON values: {error}") from error


def reference_to(function: Callable[..., Any] | str) -> str:
    """The name by which a new process finds a function: `package.module:function`.

    Raises:
        ValueError: it finds none.
    """
    reference = function if isinstance(function, str) else _name(function)
    if not _REFERENCE.fullmatch(reference) or not _importable(reference.partition(":")[0]):
        raise ValueError(f"{reference!r}: not a function at the top of an importable module")
    return reference


def _name(function: Callable[..., Any]) -> str:
    module, name = function.__module__, function.__qualname__
    found = getattr(sys.modules.get(module), name, None)
    return f"{module}:{name}" if found is function else f"{name} of {module}"


def _importable(module: str) -> bool:
    try:
        return module in sys.modules or importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


async def _live(
    request: bytes, limits: SandboxLimits, on_report: OnReport, spares: Spares | None
) -> Done | Failed:
    # Shielded: a start that is cancelled half-way would leave a process that nobody knows.
    starting = asyncio.ensure_future(spares.take() if spares else Child.start())
    clock = asyncio.timeout(limits.seconds)
    try:
        async with clock:
            child = await asyncio.shield(starting)
            frame = await _converse(child, request, on_report)
            if frame is None:
                code = await own_end(child.process)
                raise death(code, limits, child.room.last_words())
            return frame
    except TimeoutError as error:
        if not clock.expired():
            raise
        raise JobTimeout(f"The time limit of {limits.seconds:g} s is up.") from error
    finally:
        await (await starting).end()


async def _converse(child: Child, request: bytes, on_report: OnReport) -> Done | Failed | None:
    """Ask, pass reports on, and return the answer; None when the child ended without one."""
    with suppress(ConnectionError):  # it is dead already; reading will tell
        child.stdin.write(request)
        child.stdin.close()
        await child.stdin.wait_closed()
    try:
        while True:
            frame = await _read(child.stdout)
            if not isinstance(frame, Told):
                return frame
            told = on_report(frame.progress)
            if inspect.isawaitable(told):
                await told
    except asyncio.IncompleteReadError:
        return None


async def _read(stdout: asyncio.StreamReader) -> Frame:
    size = int.from_bytes(await stdout.readexactly(HEADER_BYTES))
    if size > MAX_FRAME_BYTES:
        raise SandboxDied("The child process broke its protocol: an answer beyond the limit.")
    body = await stdout.readexactly(size)
    try:
        return decode_frame(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise SandboxDied(f"The child process broke its protocol: {error}") from error


async def own_end(process: Process) -> int | None:
    """The exit code of a child that has closed its end; None when it lingers."""
    try:
        async with asyncio.timeout(LAST_WORDS_SECONDS):
            return await process.wait()
    except TimeoutError:
        return None


def death(code: int | None, limits: SandboxLimits, words: str) -> JobError:
    """What to raise for a child that ended without an answer.

    Args:
        code: how `own_end` saw it end.
        limits: which it had.
        words: what it wrote last.
    """
    cause = f"ended with code {code}" if code is not None else "closed its end"
    if code is not None and code < 0:
        cause = f"was killed by {signal.Signals(-code).name}"
    if code == -signal.SIGXCPU:
        return JobTimeout(f"The limit of {limits.cpu_seconds} s of processor time is up.")
    if code == -signal.SIGALRM:
        return JobTimeout(f"The time limit of {limits.seconds:g} s is up.")
    if code in (-signal.SIGKILL, -signal.SIGABRT, -signal.SIGSEGV):
        cause += f", perhaps for want of memory (its limit is {limits.memory_mb} MiB)"
    died = SandboxDied(f"The child process {cause} before it had answered.")
    if words:
        died.add_note(f"Its last words:\n{words}")
    return died


def rebuilt(failed: Failed, limits: SandboxLimits) -> JobError:
    """The exception that the function raised, as far as its class is known here."""
    if failed.lineage[0] == MEMORY_ERROR:
        error: JobError = SandboxDied(
            f"The child process ran out of memory; its limit is {limits.memory_mb} MiB."
        )
    else:
        known = next(filter(None, map(_known, failed.lineage)), None)
        kind = failed.lineage[0].rpartition(":")[2]
        message = failed.message if known else f"{kind}: {failed.message}".removesuffix(": ")
        cls = known or JobError
        # Not `cls(message)`: a class may ask for more than a message, as RateLimited does.
        error = cls.__new__(cls, message)
        error.__dict__.update(failed.attributes)
    error.add_note(f"In the child process:\n{failed.trace}")
    return error


def _known(name: str) -> type[JobError] | None:
    """A class of the JobError family that is loaded here, by its name."""
    module, _, kind = name.partition(":")
    found = getattr(sys.modules.get(module), kind, None)
    return found if isinstance(found, type) and issubclass(found, JobError) else None
