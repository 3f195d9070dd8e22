"""A duty: one pass of a flow, every so often, for ever, or until it has been done."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from taskforge.log import get_logger

log = get_logger(__name__)


async def every(
    seconds: float, name: str, duty: Callable[[], Awaitable[int]], *, full: int | None = None
) -> None:
    """Run a duty every `seconds`, and at once again when it did a full batch.

    A pass that fails is logged and tried again; a duty that raises never ends the others.

    Args:
        seconds: from the start of one pass to the start of the next.
        name: constant, for the log.
        duty: returns how much it did.
        full: as much as one pass can do.
    """
    while True:
        started = time.monotonic()
        done = 0
        try:
            done = await duty()
        except Exception as error:  # noqa: BLE001 - the next pass is the remedy, whatever it was
            log.warning("duty.failed", duty=name, error=repr(error))
        if done:
            log.debug("duty.done", duty=name, did=done)
        if full is None or done < full:
            await asyncio.sleep(max(seconds - (time.monotonic() - started), seconds / 10))


async def once(seconds: float, name: str, duty: Callable[[], Awaitable[int]]) -> None:
    """Run a duty until it has succeeded, every `seconds`.

    Args:
        seconds: between two tries.
        name: constant, for the log.
        duty: returns how much it did.
    """
    while True:
        try:
            await duty()
        except Exception as error:  # noqa: BLE001 - the next try is the remedy, whatever it was
            log.warning("duty.failed", duty=name, error=repr(error))
            await asyncio.sleep(seconds)
        else:
            return
