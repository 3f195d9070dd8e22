"""A job type that asks something of another server, and may fail before it works."""

from typing import Annotated

from msgspec import Meta

from taskforge.core.failures import TargetError
from taskforge.handlers.base import Context, Payload, job_type


class Call(Payload, frozen=True):
    """Whom to ask, and how often to fail afterwards."""

    url: str
    failures: Annotated[int, Meta(ge=0)] = 0


@job_type("call", Call, title="Call")
async def call(ask: Call, ctx: Context) -> int:
    """Answers with the status of the reply."""
    reply = await ctx.http.fetch(ask.url)
    if ctx.attempt <= ask.failures:
        raise TargetError("not yet")
    return reply.status
