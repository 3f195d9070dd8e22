"""A job type that tells its log what no log should hear."""

import logging
import warnings

from taskforge.handlers.base import Context, Payload, job_type


class Chatter(Payload, frozen=True):
    """What to be careless with."""

    secret: str


@job_type("chatty", Chatter, title="Chatty")
async def chatty(ask: Chatter, ctx: Context) -> None:
    """Talks through a library's logger, a warning and an error, and fails."""
    logging.getLogger("some.library").warning("signing in with password=%s\n{}", ask.secret)
    warnings.warn("this way of signing in is old", stacklevel=1)
    ctx.log("info", f"the secret is {ask.secret}")
    raise RuntimeError(f"refused by postgresql://ada:{ask.secret}@db/x")
