"""Job types that only the bench knows: they do nothing, wait, or fail."""

import asyncio
import os
import time

from taskforge.core.failures import InvalidInput
from taskforge.handlers.base import Context, Payload, job_type


class Nothing(Payload, frozen=True):
    """No input."""


class Stamp(Payload, frozen=True):
    """Where to write the time at which the handler starts."""

    path: str


class Pause(Payload, frozen=True):
    """How long to wait."""

    seconds: float


class Text(Payload, frozen=True):
    """What to answer with."""

    text: str


@job_type("noop", Nothing, title="No-op")
async def noop(_ask: Nothing, _ctx: Context) -> None:
    """Do nothing."""


@job_type("stamp", Stamp, title="Stamp")
async def stamp(ask: Stamp, _ctx: Context) -> None:
    """Append the monotonic clock, in ns, as eight bytes."""
    now = time.monotonic_ns().to_bytes(8, "little")
    file = os.open(ask.path, os.O_WRONLY | os.O_APPEND)
    os.write(file, now)
    os.close(file)


@job_type("pause", Pause, title="Pause")
async def pause(ask: Pause, _ctx: Context) -> None:
    """Wait."""
    await asyncio.sleep(ask.seconds)


@job_type("fail", Nothing, title="Fail")
async def fail(_ask: Nothing, _ctx: Context) -> None:
    """Fail at once."""
    raise InvalidInput("as asked")


@job_type("echo", Text, title="Echo")
async def echo(ask: Text, _ctx: Context) -> str:
    """Answer with what was asked."""
    return ask.text
