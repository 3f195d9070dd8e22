"""Who may open a live connection, and how many of them."""

from collections import Counter
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlsplit

from litestar.connection import ASGIConnection

from taskforge.api.clients import header
from taskforge.core.errors import Denied, Limited
from taskforge.core.people import Principal

RETRY_SECONDS = 10.0

Connection = ASGIConnection[Any, Any, Any, Any]


class Admission(NamedTuple):
    """Someone who may follow the live events."""

    principal: Principal
    place: str
    """The client's network, as connections are counted by it."""
    renew: Callable[[], Awaitable[Principal]]
    """Reads the principal afresh; raises Unauthenticated when it may not go on (R-77)."""
    expires_at: float | None = None
    """Seconds since 1970 at which the credential ends; None: with its session or key."""


class Doorkeeper(Protocol):
    """Knows who may come in."""

    async def admit(self, connection: Connection) -> Admission:
        """Who asks, by `?ticket=`, `?token=` or the headers of every other request.

        Raises:
            Unauthenticated: no credential, a wrong one, or more than one.
            Limited: too many requests.
            Unavailable: a server behind us is away.
        """
        ...


class Seats:
    """Counts open connections by account and by network (R-76).

    Args:
        per_user: most of one account.
        per_place: most of one network.
    """

    def __init__(self, *, per_user: int, per_place: int) -> None:
        self._per_user = per_user
        self._per_place = per_place
        self._users: Counter[str] = Counter()
        self._places: Counter[str] = Counter()

    @contextmanager
    def taken(self, admission: Admission) -> Generator[None]:
        """Hold a seat.

        Raises:
            Limited: all of the account's or of the network's seats are taken.
        """
        user, place = str(admission.principal.user_id), admission.place
        if self._users[user] >= self._per_user or self._places[place] >= self._per_place:
            raise Limited("Too many live connections; close one first.",
                          retry_after=RETRY_SECONDS, code="too_many_connections")  # fmt: skip
        self._users[user] += 1
        self._places[place] += 1
        try:
            yield
        finally:
            for seats, key in ((self._users, user), (self._places, place)):
                seats[key] -= 1
                if not seats[key]:
                    del seats[key]


def check_origin(connection: Connection, allowed: frozenset[str]) -> None:
    """Refuse a page of another site: browsers ask no one before they open a socket (S-40).

    A missing Origin passes: it is no browser, and needs a credential of its own like everyone.

    Raises:
        Denied: the origin is neither this host nor one of the allowed.
    """
    origin = header(connection.scope, b"origin")
    if origin is None or origin in allowed:
        return
    host = header(connection.scope, b"host") or ""
    if _network_location(origin) != host.lower():
        raise Denied("This origin may not open live connections.", code="origin_refused")


def _network_location(origin: str) -> str | None:
    try:
        parts = urlsplit(origin)
    except ValueError:
        return None
    return parts.netloc.lower() if parts.scheme in ("http", "https") and parts.netloc else None
