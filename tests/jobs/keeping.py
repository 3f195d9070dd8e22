"""A job type that keeps things, and waits in the middle of it."""

import asyncio
from typing import Any

from taskforge.handlers.base import Context, Payload, job_type


class Nothing(Payload, frozen=True):
    """No fields."""


@job_type("keep", Nothing, title="Keep")
async def keep(_ask: Nothing, ctx: Context) -> Any:
    """Is in the middle of a file when its first attempt waits; its second tells what is left."""
    if ctx.attempt > 1:
        return {"resumed": await ctx.resume(), "lines": await ctx.recall("lines")}
    await ctx.checkpoint({"page": 3})
    await ctx.remember("lines", 12)
    (ctx.workdir() / "scratch").write_bytes(b"x")
    async with ctx.artifact("whole.txt", "text/plain") as whole:
        await whole.write(b"whole")
    async with ctx.artifact("half.txt", "text/plain") as half:
        await half.write(bytes(1_000_000))
        await ctx.progress(stage="half way")
        await asyncio.sleep(600)
    return None
