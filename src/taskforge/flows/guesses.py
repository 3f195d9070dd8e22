"""Guessing is slow: who guesses wrong waits, longer each time, and nobody else does (S-08).

Wrong passwords count by account and network, by account over all networks, and by neighbourhood
over all accounts. The last two have short delays, so that nobody can lock others out, and spare
whoever has signed in to the account from the same address, or brings a device cookie of it.
"""

import hashlib
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from ipaddress import ip_address, ip_network
from typing import NamedTuple
from uuid import UUID

from taskforge.bus.delays import Ladder
from taskforge.core.errors import Conflict, Limited, Unavailable
from taskforge.core.people import Nobody, Principal
from taskforge.db.audit import note
from taskforge.flows.deps import Deps

DAY = 86_400
FREE, CAP = 5, 900
"""Wrong tries up to the first delay, and the longest delay in seconds: from one place or device."""
BURST = 100
"""After the first delay, every so many wrong passwords are written to the audit trail."""


class Place(NamedTuple):
    """Where a request comes from."""

    ip: str
    network: str
    """The address, or its /64 for IPv6: what guesses are counted by."""
    user_agent: str | None = None
    device: str | None = None
    """The device cookie that came along, unread."""


class Guess(NamedTuple):
    """How a try went."""

    right: bool
    burst: int = 0
    """Wrong tries so far, when it is time to note them; else 0."""


def sign_in_ladders(
    name: str, place: Place, *, device: UUID | None = None, was_here: bool = False
) -> list[Ladder]:
    """What a wrong password at sign-in counts against.

    Args:
        name: as given; need not exist.
        place: where it is from.
        device: id of a device cookie of this very account.
        was_here: whether the account has signed in from this address before.
    """
    who = hashlib.sha256(name.strip().lower().encode("utf-8", "replace")).hexdigest()[:32]
    here = Ladder(f"place:{who}:{place.network}", FREE, CAP, DAY, cleared=True)
    if device is not None:
        return [here, Ladder(f"device:{device}", FREE, CAP, DAY, cleared=True)]
    if was_here:
        return [here]
    return [
        here,
        Ladder(f"account:{who}", 50, 30, DAY),
        Ladder(f"area:{_area(place.ip)}", 100, 10, 300),
    ]


def own_ladders(user_id: UUID) -> list[Ladder]:
    """What a wrong password counts against where somebody is signed in."""
    return [Ladder(f"own:{user_id}", FREE, CAP, DAY, cleared=True)]


@asynccontextmanager
async def naming(deps: Deps, who: str) -> AsyncGenerator[None]:
    """A try at a user name or e-mail address; a Conflict tells that it is taken, and counts (S-07).

    Args:
        deps: of the process.
        who: the network or account that tries.

    Raises:
        Limited: it is too soon after the last taken one.
    """
    ladders = [Ladder(f"names:{who}", FREE, CAP, DAY)]
    await _take_turn(deps, ladders)
    settle = deps.delays.release
    try:
        yield
    except Conflict:
        settle = deps.delays.wrong
        raise
    finally:
        await settle(ladders)


async def guess_password(
    deps: Deps, ladders: Sequence[Ladder], *, encoded: str | None, password: str
) -> Guess:
    """Try a password; only wrong ones count, so many right ones at once do no harm.

    Args:
        deps: of the process.
        ladders: what a wrong one counts against.
        encoded: the hash; None, as of an unknown user, fits nothing and takes as long.
        password: the guess.

    Raises:
        Limited: it is too soon after the last wrong one.
        Unavailable: too many hashes are waiting.
    """
    await _take_turn(deps, ladders)
    try:
        right = await deps.passwords.verify(encoded, password)
    except Unavailable:
        await deps.delays.release(ladders)
        raise
    if right:
        await deps.delays.right(ladders)
        return Guess(right=True)
    counts = zip(ladders, await deps.delays.wrong(ladders), strict=True)
    noted = [n for one, n in counts if n == one.free or (n > one.free and n % BURST == 0)]
    return Guess(right=False, burst=max(noted, default=0))


async def note_burst(
    deps: Deps, guess: Guess, by: Principal | Nobody, user_id: UUID | None
) -> None:
    """Write to the audit trail that an account is being guessed at, once in a while.

    For unknown names too: the time that it takes must not tell (S-07).
    """
    if guess.burst:
        target = f"user:{user_id}" if user_id else None
        async with deps.db.connect() as connection:
            await note(connection, by, "password.guessed", target, after={"wrong": guess.burst})


async def _take_turn(deps: Deps, ladders: Sequence[Ladder]) -> None:
    wait = await deps.delays.ask(ladders)
    if wait:
        raise Limited("Too many wrong tries; the next one may be made later.",
                      retry_after=wait, code="too_many_guesses")  # fmt: skip


def _area(ip: str) -> str:
    """The /24 of an IPv4 address, the /64 of an IPv6 one."""
    try:
        address = ip_address(ip)
    except ValueError:  # a unix socket without a proxy
        return ip
    address = getattr(address, "ipv4_mapped", None) or address
    return str(ip_network((address, 24 if address.version == 4 else 64), strict=False))
