"""Job types that behave: nothing, waiting, failing on demand."""

import asyncio
from contextvars import ContextVar
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta

from taskforge.core.failures import InvalidInput, RateLimited, TargetError
from taskforge.handlers.base import Context, Payload, job_type


class Nothing(Payload, frozen=True):
    """No fields."""


class Pause(Payload, frozen=True):
    """How long to wait."""

    seconds: Annotated[float, Meta(ge=0, le=600)] = 60.0


class Flaky(Payload, frozen=True):
    """How often to fail before it works."""

    failures: int = 1


class Say(Payload, frozen=True):
    """What to answer with."""

    value: Any = None


@job_type("noop", Nothing, title="Nothing")
async def noop(_ask: Nothing, _ctx: Context) -> None:
    """Ends at once."""


@job_type("say", Say, title="Say")
async def say(ask: Say, _ctx: Context) -> Any:
    """Answers with what it was given."""
    return ask.value


@job_type("pause", Pause, title="Pause")
async def pause(ask: Pause, _ctx: Context) -> dict[str, float]:
    """Waits, and can be stopped at any moment."""
    await asyncio.sleep(ask.seconds)
    return {"waited": ask.seconds}


_mark: ContextVar[str | None] = ContextVar("mark", default=None)


@job_type("heir", Nothing, title="Heir")
async def heir(_ask: Nothing, ctx: Context) -> dict[str, str | None]:
    """Tells what another attempt has left in its context, and leaves something there."""
    found = _mark.get()
    _mark.set(str(ctx.job_id))
    return {"found": found}


_narrow: set[UUID] = set()


@job_type("narrow", Pause, title="Narrow", concurrency=2)
async def narrow(ask: Pause, ctx: Context) -> int:
    """Waits; a process has room for two of them. Tells how many there were."""
    _narrow.add(ctx.job_id)
    try:
        await asyncio.sleep(ask.seconds)
        return len(_narrow)
    finally:
        _narrow.remove(ctx.job_id)


@job_type("flaky", Flaky, title="Flaky")
async def flaky(ask: Flaky, ctx: Context) -> dict[str, int]:
    """Fails a few times, then works."""
    if ctx.attempt <= ask.failures:
        raise TargetError(f"failure {ctx.attempt} of {ask.failures}")
    return {"attempts": ctx.attempt}


@job_type("boom", Nothing, title="Boom")
async def boom(_ask: Nothing, _ctx: Context) -> None:
    """Fails each time."""
    raise RuntimeError("boom")


@job_type("refuse", Nothing, title="Refuse")
async def refuse(_ask: Nothing, _ctx: Context) -> None:
    """Fails in a way that no retry helps."""
    raise InvalidInput("this cannot be done")


@job_type("patience", Pause, title="Patience")
async def patience(ask: Pause, ctx: Context) -> None:
    """Asks for patience once."""
    if ctx.attempt == 1:
        raise RateLimited("not so fast", retry_after=ask.seconds)
