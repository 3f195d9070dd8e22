"""Accounts: make them, look at them. Signing in is in `sessions.py`, API keys in `keys.py`."""

import asyncio
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.demo import DEMO_PASSWORDS
from taskforge.core.errors import Conflict, Denied, Unauthenticated
from taskforge.core.people import Nobody, Permission, Principal, Role, permissions_of
from taskforge.db import credentials, people
from taskforge.db.audit import note
from taskforge.db.engine import transaction
from taskforge.db.idempotency import key_holder, take_key
from taskforge.flows.deps import Deps
from taskforge.flows.guesses import Place, naming
from taskforge.flows.once import Asked, Told, keep, repeat
from taskforge.flows.strength import check_strength
from taskforge.log import get_logger

_log = get_logger(__name__)


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """An account, as its owner and admins see it."""

    id: UUID
    username: str
    email: str
    role: Role
    active: bool
    created_at: datetime
    rate_limit: int | None
    """Requests per window of its own; null is the installation's."""
    permissions: list[Permission]
    """What the role may do; an API key of the account may do less."""


async def register(
    deps: Deps,
    *,
    username: str,
    email: str,
    password: str,
    place: Place,
    asked: Asked | None = None,
) -> Told[Account]:
    """Make an account with the role `viewer` for anyone.

    A repeat's key is the new account's: nobody else is there whose it could be. Whoever asks for
    taken names again and again waits longer each time (S-07).

    Raises:
        Denied: registration is switched off.
        Invalid: the password is too weak.
        Conflict: the name or the address is taken.
        Limited: too soon after taken names.
    """
    if not deps.settings.allow_registration:
        raise Denied("Registration is switched off; ask an admin for an account.",
                     code="registration_closed")  # fmt: skip
    await asyncio.to_thread(check_strength, password, username=username, email=email)
    async with naming(deps, place.network):
        encoded = await deps.passwords.hash(password)
        async with transaction(deps.db) as connection:
            person = await people.insert_user(
                connection, username=username, email=email, password_hash=encoded, role=Role.VIEWER
            )
            if person is None:
                return await _repeated(deps, connection, username, asked)
            told = Told(account(person))
            if asked:
                await take_key(connection, person.id, asked.key, asked.fingerprint)
                await keep(deps, connection, asked, person.id, told.answer)
            by = Principal(person.id, person.username, person.role, ip=place.ip)
            await _note_made(connection, by, person)
    _log.info("account.created", user_id=str(person.id), role=person.role.value)
    return told


async def _repeated(
    deps: Deps, connection: AsyncConnection, username: str, asked: Asked | None
) -> Told[Account]:
    known = await people.find_by_name(connection, username) if asked else None
    holder = await key_holder(connection, known.id, asked.key) if asked and known else None
    if not (asked and known and holder and holder.fingerprint == asked.fingerprint):
        raise name_is_taken()
    return repeat(deps, asked, known.id, Account, holder)


async def create_user(
    deps: Deps, *, username: str, email: str, password: str, role: Role
) -> Account:
    """Make an account with any role, next to the database; the caller checks names and password.

    Raises:
        Conflict: the name or the address is taken.
    """
    encoded = await deps.passwords.hash(password)
    async with transaction(deps.db) as connection:
        person = await people.insert_user(
            connection, username=username, email=email, password_hash=encoded, role=role
        )
        if person is None:
            raise name_is_taken()
        await _note_made(connection, Nobody(None), person)
    _log.info("account.created", user_id=str(person.id), role=role.value)
    return account(person)


async def _note_made(
    connection: AsyncConnection, by: Principal | Nobody, person: people.Person
) -> None:
    about = {"username": person.username, "role": person.role}
    await note(connection, by, "user.created", f"user:{person.id}", after=about)


async def ensure_demo_users(deps: Deps) -> list[str]:
    """Make the demo accounts that are missing; which were made. The caller guards production."""
    return [
        role.value
        for role, password in DEMO_PASSWORDS.items()
        if await ensure_user(
            deps,
            username=role.value,
            email=f"{role.value}@example.com",
            password=password,
            role=role,
        )
    ]


async def ensure_user(deps: Deps, *, username: str, email: str, password: str, role: Role) -> bool:
    """Make an account unless there is one of that name or address; whether it was made."""
    async with deps.db.connect() as connection:
        if await people.find_by_name(connection, username):
            return False
    try:
        await create_user(deps, username=username, email=email, password=password, role=role)
    except Conflict:  # somebody else was faster, or has the address
        return False
    return True


async def account_of(deps: Deps, by: Principal) -> Account:
    """The account that asks.

    Raises:
        Unauthenticated: it was deleted a moment ago.
    """
    return account(await person_of(deps, by))


async def person_of(deps: Deps, by: Principal) -> people.Person:
    """The row of the account that asks.

    Raises:
        Unauthenticated: it was deleted a moment ago.
    """
    async with deps.db.connect() as connection:
        person = await people.find_by_id(connection, by.user_id)
    if person is None:
        raise Unauthenticated("This account does not exist any more.", code="session_ended")
    return person


def account(person: people.Person) -> Account:
    """What may be shown of a row."""
    return Account(
        id=person.id,
        username=person.username,
        email=person.email,
        role=person.role,
        active=person.active,
        created_at=person.created_at,
        rate_limit=person.rate_limit,
        permissions=permissions_of(person.role),
    )


async def check_signed_in(connection: AsyncConnection, by: Principal) -> None:
    """Refuse what would outlast the session that asks for it, where that has ended (S-14).

    The principal may be some seconds old (S-02), which is too old to make a key or an admin with.

    Args:
        connection: in the deed's transaction; the owner's row, if it is locked, comes first.
        by: who asks.

    Raises:
        Unauthenticated: the session has ended.
        Denied: an API key asks.
    """
    if not await credentials.hold_session(connection, session_of(by)):
        raise Unauthenticated("This session has ended; sign in again.", code="session_ended")


def name_is_taken() -> Conflict:
    """What is said of a name or address that another account has."""
    return Conflict("That user name or e-mail address is taken.", code="name_taken")


def session_of(by: Principal) -> UUID:
    """The session that asks; what concerns credentials takes one.

    Raises:
        Denied: an API key asks (S-09).
    """
    if by.session_id is None:
        raise Denied("Sign in with a password for this; an API key cannot do it.",
                     code="session_needed")  # fmt: skip
    return by.session_id
