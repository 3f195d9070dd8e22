"""One-use tickets that open a live connection from a browser, which cannot send headers there."""

from uuid import UUID

import msgspec
from redis.exceptions import RedisError

from taskforge.core.errors import Unauthenticated, Unavailable
from taskforge.core.ids import new_token
from taskforge.core.people import Principal
from taskforge.flows import tokens
from taskforge.flows.deps import Deps

TICKET_SECONDS = 30


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket for `/ws?ticket=…`; good once."""

    ticket: str
    expires_in: int
    """Seconds."""


class _Stub(msgspec.Struct, frozen=True, array_like=True):
    """What Redis keeps of a ticket: whose it is, and by which credential it was asked for."""

    user_id: UUID
    session_id: UUID | None
    api_key_id: UUID | None


async def make_ticket(deps: Deps, by: Principal) -> Ticket:
    """A ticket for the principal.

    Raises:
        Unavailable: Redis is away.
    """
    ticket = new_token()
    stub = msgspec.json.encode(_Stub(by.user_id, by.session_id, by.api_key_id))
    try:
        await deps.redis.set(_key(ticket), stub, ex=TICKET_SECONDS)
    except (RedisError, OSError) as error:
        raise Unavailable("Live updates are not available just now.", retry_after=2) from error
    return Ticket(ticket=ticket, expires_in=TICKET_SECONDS)


async def take_ticket(deps: Deps, ticket: str) -> Principal:
    """Use a ticket up; who it lets in, read afresh.

    Raises:
        Unauthenticated: unknown, used, too old, or its session has ended.
        Unavailable: Redis is away.
    """
    if len(ticket) > 128 or not ticket.isascii():
        raise Unauthenticated("The ticket is not valid.", code="ticket_invalid")
    try:
        stub = await deps.redis.getdel(_key(ticket))
    except (RedisError, OSError) as error:
        raise Unavailable("Live updates are not available just now.", retry_after=2) from error
    if not stub:
        raise Unauthenticated("The ticket is not valid.", code="ticket_invalid")
    holder = msgspec.json.decode(stub, type=_Stub)
    if holder.session_id is not None:
        return await deps.principals.of_session(holder.session_id)
    if holder.api_key_id is not None:
        return await deps.principals.of_key_id(holder.api_key_id)
    raise Unauthenticated("The ticket is not valid.", code="ticket_invalid")


def _key(ticket: str) -> str:
    return f"tf:ticket:{tokens.digest(ticket)}"
