"""Running one flow from a command, next to the servers."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec
from sqlalchemy.exc import DBAPIError

from taskforge.config import Settings
from taskforge.core.errors import Unavailable
from taskforge.flows.deps import Deps, open_deps
from taskforge.handlers.registry import load
from taskforge.log import configure

STATEMENT_SECONDS = 30.0

T = TypeVar("T")


async def with_deps(settings: Settings, flow: Callable[[Deps], Awaitable[T]]) -> T:
    """What a flow returns.

    Raises:
        Unavailable: the database does not answer, or is not migrated.
        TaskForgeError: what the flow raises.
    """
    # What was done is said on stdout; the log has to tell only what went wrong.
    configure(msgspec.structs.replace(settings, log_level="warning"), "cli")
    registry = load(settings.job_modules())
    try:
        async with open_deps(settings, registry, statement_seconds=STATEMENT_SECONDS) as deps:
            return await flow(deps)
    except (OSError, DBAPIError) as error:
        said = str(error).partition("\n")[0]
        raise Unavailable(
            f"The database cannot be used: {said}. `taskforge doctor` says more.", retry_after=1
        ) from error
