"""Job types that misbehave in every way that a handler can."""

import asyncio
import ctypes
import os
import signal
import sys
import time
from contextlib import suppress
from typing import Annotated, Any, Literal

from msgspec import Meta

from taskforge.core.sandbox import SandboxLimits
from taskforge.handlers.base import Context, Payload, Report, job_type

Death = Literal["exit", "os_exit", "sigkill", "segfault", "exit_in_task", "interrupt"]


class Poison(Payload, frozen=True):
    """How to take the worker down."""

    how: Death


class Stubborn(Payload, frozen=True):
    """How long to ignore every wish to stop."""

    seconds: float = 1.0
    then: Literal["return", "raise"] = "return"


class Chatter(Payload, frozen=True):
    """How much to say."""

    lines: Annotated[int, Meta(ge=0, le=100_000)] = 10
    width: int = 10


class Steps(Payload, frozen=True):
    """How often to report."""

    steps: int = 100


class Odd(Payload, frozen=True):
    """Which oddity to do."""

    what: Literal["result", "nul", "large", "progress", "error", "group", "cancel"]


class Mute(Exception):
    """An error without words."""

    def __str__(self) -> str:
        raise RuntimeError("no words")


async def _die(how: Death) -> None:
    match how:
        case "exit":
            sys.exit(7)
        case "interrupt":
            raise KeyboardInterrupt
        case "exit_in_task":
            task = asyncio.create_task(_die("exit"))
            await asyncio.wait({task})
        case "os_exit":
            os._exit(9)
        case "sigkill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "segfault":
            ctypes.string_at(0)


@job_type("poison", Poison, title="Poison")
async def poison(ask: Poison, _ctx: Context) -> None:
    """Takes its worker down, or tries to."""
    await _die(ask.how)


@job_type("stubborn", Stubborn, title="Stubborn")
async def stubborn(ask: Stubborn, _ctx: Context) -> str:
    """Ignores its cancellation for a while."""
    deadline = time.monotonic() + ask.seconds
    while time.monotonic() < deadline:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(deadline - time.monotonic())
    if ask.then == "raise":
        raise RuntimeError("stopped, and upset about it")
    return "done all the same"


@job_type("upset", Stubborn, title="Upset")
async def upset(ask: Stubborn, _ctx: Context) -> None:
    """Turns its cancellation into an error of its own."""
    try:
        await asyncio.sleep(ask.seconds)
    except asyncio.CancelledError as error:
        raise ConnectionError("the connection was cut") from error


def burn(report: Report, seconds: float) -> int:
    """Keep the processor busy."""
    deadline, turns = time.monotonic() + seconds, 0
    report(stage="burning")
    while time.monotonic() < deadline:
        turns += 1
    return turns


@job_type("spin", Stubborn, title="Spin")
async def spin(ask: Stubborn, ctx: Context) -> int:
    """Keeps a processor busy, in the sandbox."""
    limits = SandboxLimits(seconds=60)
    return await ctx.sandbox("jobs.rough:burn", ask.seconds, limits=limits)


@job_type("block", Stubborn, title="Block")
async def block(ask: Stubborn, _ctx: Context) -> None:
    """Blocks the loop of its worker."""
    time.sleep(ask.seconds)  # noqa: ASYNC251 - that is what it is for


@job_type("chatter", Chatter, title="Chatter")
async def chatter(ask: Chatter, ctx: Context) -> None:
    """Writes log lines."""
    for n in range(ask.lines):
        ctx.log("info", f"line {n} " + "x" * ask.width, n=n)


@job_type("steps", Steps, title="Steps")
async def steps(ask: Steps, ctx: Context) -> None:
    """Reports progress as fast as it can."""
    for n in range(ask.steps):
        await ctx.progress(current=n + 1, total=ask.steps, stage="walking")


@job_type("odd", Odd, title="Odd")
async def odd(ask: Odd, ctx: Context) -> Any:
    """Does what a careful handler would not."""
    match ask.what:
        case "result":
            return object()
        case "nul":
            return {"text": "a\x00b"}
        case "large":
            return "x" * 300_000
        case "progress":
            strange: Any = 10**400
            await ctx.progress(percent=1.0, current=strange, stage="\x00\ud800")
        case "error":
            raise Mute
        case "group":
            raise ExceptionGroup("many", [ValueError("one"), ValueError("two")])
        case "cancel":
            raise asyncio.CancelledError
    return None
