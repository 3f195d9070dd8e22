"""Guessing passwords is slow: wrong ones count by account, and by account and network (S-08)."""

import asyncio
import hashlib

from taskforge.bus.limit import Check
from taskforge.core.errors import Limited
from taskforge.flows.deps import Deps

GUESSES_PER_PLACE, GUESSES = 5, 50
"""Wrong passwords per five minutes for one account: from one network, and from all (S-08)."""
GUESS_SECONDS = 300


def guesses_of(name: str, network: str) -> list[Check]:
    """What one wrong password counts against.

    Args:
        name: as given at sign-in; need not exist.
        network: where the guess comes from.
    """
    who = hashlib.sha256(name.strip().lower().encode("utf-8", "replace")).hexdigest()[:32]
    return [
        Check("guess", f"{who}:{network}", GUESSES_PER_PLACE, GUESS_SECONDS),
        Check("guess", who, GUESSES, GUESS_SECONDS),
    ]


async def allow_guess(deps: Deps, guesses: list[Check]) -> None:
    """Let a guess be made; only wrong ones count, so many right ones at once do no harm.

    Raises:
        Limited: there were too many wrong ones.
    """
    asked = [deps.limiter.take(guess._replace(cost=0), strict=True) for guess in guesses]
    for grant in await asyncio.gather(*asked):
        if not grant.allowed:
            raise Limited("Too many wrong passwords for this account; try again later.",
                          retry_after=grant.retry_after, code="too_many_guesses")  # fmt: skip


async def count_guess(deps: Deps, guesses: list[Check]) -> None:
    """Count a wrong password."""
    await asyncio.gather(*(deps.limiter.take(guess, strict=True) for guess in guesses))
