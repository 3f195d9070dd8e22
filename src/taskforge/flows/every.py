"""A duty: one pass of a flow, every so often, for ever, or until it has been done."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection
from typing import NamedTuple

from taskforge.flows.duties import Ledger
from taskforge.log import get_logger
from taskforge.metrics import duties

CANCEL_SECONDS = 1.0

log = get_logger(__name__)


class Duty(NamedTuple):
    """What is to be done, and how often."""

    seconds: float
    """From the start of one pass to the start of the next."""
    name: str
    """Constant, for the log and the ledger."""
    run: Callable[[], Awaitable[int]]
    """One pass; returns how much it did."""
    full: int | None
    """As much as one pass can do; None: it always does all there is."""


def every(
    seconds: float, name: str, duty: Callable[[], Awaitable[int]], *, full: int | None = None
) -> Duty:
    """A duty that is done every `seconds`, and at once again when it did a full batch."""
    return Duty(seconds, name, duty, full)


async def repeat(duty: Duty, ledger: Ledger) -> None:
    """Do a duty for ever, and note each pass.

    A pass that fails is logged and tried again; a duty that raises never ends the others.
    """
    duties.begins(duty.name, duty.seconds)
    while True:
        started = time.monotonic()
        done, failure = 0, None
        try:
            done = await duty.run()
        except Exception as error:  # noqa: BLE001 - the next pass is the remedy, whatever it was
            log.warning("duty.failed", duty=duty.name, error=error)
            failure = error
        if done:
            log.debug("duty.done", duty=duty.name, did=done)
        took = time.monotonic() - started
        duties.passed(duty.name, seconds=took, did=done, ok=failure is None)
        ledger.note(duty.name, every=duty.seconds, seconds=took, did=done, error=failure)
        if duty.full is None or done < duty.full:
            await asyncio.sleep(max(duty.seconds - took, duty.seconds / 10))


async def end(tasks: Collection[asyncio.Task[None]]) -> None:
    """Cancel them, as often as it takes: a library may take a cancel for a time-out of its own."""
    while pending := [task for task in tasks if not task.done()]:
        for task in pending:
            task.cancel()
        await asyncio.wait(pending, timeout=CANCEL_SECONDS)


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
            log.warning("duty.failed", duty=name, error=error)
            await asyncio.sleep(seconds)
        else:
            return
