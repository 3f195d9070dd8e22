"""Accounts: register, sign in, refresh, sign out, change the password, make and revoke keys."""

import asyncio
import hashlib
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from taskforge.bus.limit import Check
from taskforge.core.errors import Conflict, Denied, Limited, Unauthenticated
from taskforge.core.ids import new_id, new_token
from taskforge.core.people import Principal, Role
from taskforge.db import people
from taskforge.flows import tokens
from taskforge.flows.deps import Deps
from taskforge.flows.passwords import check_strength
from taskforge.log import get_logger

GUESSES_PER_PLACE, GUESSES = 5, 50
"""Wrong passwords per five minutes for one account: from one network, and from all (S-08)."""
GUESS_SECONDS = 300
DEMO = {Role.ADMIN: "admin1234", Role.OPERATOR: "operator1234", Role.VIEWER: "viewer1234"}
"""Demo accounts of the development seed, by role; the name is the role's (SPEC §9)."""

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


class SignedIn(NamedTuple):
    """What a sign-in or a refresh gives."""

    access_token: str
    refresh_token: str
    account: Account


class MadeKey(msgspec.Struct, frozen=True, kw_only=True):
    """A new API key; the key itself is shown only here."""

    id: UUID
    key: str
    prefix: str
    created_at: datetime


class Place(NamedTuple):
    """Where a request comes from."""

    ip: str
    network: str
    """The address, or its /64 for IPv6: what guesses are counted by."""
    user_agent: str | None = None


async def register(deps: Deps, *, username: str, email: str, password: str) -> Account:
    """Make an account with the role `viewer` for anyone.

    Raises:
        Denied: registration is switched off.
        Invalid: the password is too weak.
        Conflict: the name or the address is taken.
    """
    if not deps.settings.allow_registration:
        raise Denied("Registration is switched off; ask an admin for an account.",
                     code="registration_closed")  # fmt: skip
    check_strength(password, username=username, email=email)
    return await create_user(
        deps, username=username, email=email, password=password, role=Role.VIEWER
    )


async def create_user(
    deps: Deps, *, username: str, email: str, password: str, role: Role
) -> Account:
    """Make an account with any role; the caller checks names and password.

    Raises:
        Conflict: the name or the address is taken.
    """
    encoded = await deps.passwords.hash(password)
    async with deps.db.connect() as connection:
        person = await people.insert_user(
            connection, username=username, email=email, password_hash=encoded, role=role
        )
    if person is None:
        raise Conflict("That user name or e-mail address is taken.", code="name_taken")
    _log.info("account.created", user_id=str(person.id), role=role.value)
    return _account(person)


async def ensure_demo_users(deps: Deps) -> list[str]:
    """Make the demo accounts that are missing; which were made. The caller guards production."""
    made: list[str] = []
    for role, password in DEMO.items():
        async with deps.db.connect() as connection:
            known = await people.find_by_name(connection, role.value)
        if known is None and await _make_demo_user(deps, role, password):
            made.append(role.value)
    return made


async def sign_in(deps: Deps, *, name: str, password: str, place: Place) -> SignedIn:
    """Open a session for a user name or e-mail address and its password.

    Unknown names and wrong passwords are told apart neither by answer nor by time (S-07).

    Raises:
        Unauthenticated: wrong, or the account is disabled.
        Limited: too many wrong passwords for this account.
        Unavailable: too many sign-ins at once.
    """
    guesses = _guesses(name, place.network)
    await _allow_guess(deps, guesses)
    async with deps.db.connect() as connection:
        person = await people.find_by_name(connection, name)
    matches = await deps.passwords.verify(person.password_hash if person else None, password)
    if person is None or not matches or not person.active:
        await _count_guess(deps, guesses)
        _log.warning("sign_in.refused", ip=place.ip)
        raise Unauthenticated("The user name or the password is wrong.", code="bad_credentials")
    if deps.passwords.is_outdated(person.password_hash):
        await _rehash(deps, person, password)
    return await _open_session(deps, person, place)


async def refresh(deps: Deps, refresh_token: str) -> SignedIn:
    """Trade a refresh token for the next one and an access token.

    A token that was used before ends the whole session: one of its two holders is a thief (S-03).

    Raises:
        Unauthenticated: unknown, used, expired, or the session has ended.
    """
    old, following = tokens.digest(refresh_token), new_token()
    async with deps.db.connect() as connection:
        rotated = await people.rotate_refresh_token(
            connection, old=old, new=tokens.digest(following)
        )
        person = await people.find_by_id(connection, rotated[1]) if rotated else None
        reused_by = None if rotated else await people.revoke_family_of_used(connection, old)
    if reused_by:
        deps.principals.forget(reused_by)
        _log.warning("refresh_token.reused", user_id=str(reused_by))
    if rotated is None or person is None:
        raise Unauthenticated("The refresh token is not valid; sign in again.",
                              code="refresh_invalid")  # fmt: skip
    return SignedIn(_access(deps, person.id, rotated[0]), following, _account(person))


async def sign_out(deps: Deps, by: Principal) -> None:
    """End the session that asks; an API key has none, so nothing happens."""
    if by.session_id is not None:
        async with deps.db.connect() as connection:
            await people.revoke_session(connection, by.session_id, "signed_out")
        deps.principals.forget(by.user_id)


async def account_of(deps: Deps, by: Principal) -> Account:
    """The account that asks.

    Raises:
        Unauthenticated: it was deleted a moment ago.
    """
    return _account(await _person_of(deps, by))


async def change_password(deps: Deps, by: Principal, *, current: str, new: str) -> Account:
    """Set a new password and end all other sessions of the account.

    Raises:
        Denied: an API key asks, or the current password is wrong.
        Invalid: the new password is too weak.
        Limited: too many wrong passwords.
    """
    session_id = _session_of(by)
    person = await _person_of(deps, by)
    guesses = _guesses(person.username, f"user:{by.user_id}")
    await _allow_guess(deps, guesses)
    if not await deps.passwords.verify(person.password_hash, current):
        await _count_guess(deps, guesses)
        raise Denied("The current password is wrong.", code="bad_credentials")
    check_strength(new, username=person.username, email=person.email)
    encoded = await deps.passwords.hash(new)
    async with deps.db.connect() as connection:
        if not await people.replace_password_hash(
            connection, person.id, old=person.password_hash, new=encoded
        ):
            raise Conflict("The password was changed a moment ago.", code="password_changed")
        await people.revoke_other_sessions(
            connection, person.id, kept=session_id, why="password_changed"
        )
    deps.principals.forget(person.id)
    _log.info("password.changed", user_id=str(person.id))
    return _account(person)


async def make_default_key(deps: Deps, by: Principal) -> MadeKey:
    """Make the account's default API key; an older one is revoked.

    Raises:
        Denied: an API key asks; keys cannot make keys (S-09).
    """
    _session_of(by)
    made = tokens.new_api_key()
    async with deps.db.connect() as connection:
        created_at = await people.insert_default_key(
            connection, by.user_id, key_id=made.id, prefix=made.prefix, digest=made.digest
        )
        await people.revoke_default_keys(connection, by.user_id, before=made.id)
    deps.principals.forget(by.user_id)
    _log.info("api_key.created", user_id=str(by.user_id), key_id=str(made.id))
    return MadeKey(id=made.id, key=made.key, prefix=made.prefix, created_at=created_at)


async def revoke_default_key(deps: Deps, by: Principal) -> None:
    """Revoke the account's default API key; nothing happens when there is none."""
    async with deps.db.connect() as connection:
        revoked = await people.revoke_default_keys(connection, by.user_id, before=new_id())
    deps.principals.forget(by.user_id)
    for key_id in revoked:
        _log.info("api_key.revoked", user_id=str(by.user_id), key_id=str(key_id))


async def _make_demo_user(deps: Deps, role: Role, password: str) -> bool:
    name = role.value
    try:
        await create_user(
            deps, username=name, email=f"{name}@example.com", password=password, role=role
        )
    except Conflict:  # another seed was faster
        return False
    return True


async def _open_session(deps: Deps, person: people.Person, place: Place) -> SignedIn:
    refresh_token = new_token()
    async with deps.db.connect() as connection:
        session_id = await people.open_session(
            connection,
            person.id,
            digest=tokens.digest(refresh_token),
            user_agent=place.user_agent,
            ip=place.ip,
        )
    if session_id is None:
        raise Unauthenticated("The user name or the password is wrong.", code="bad_credentials")
    _log.info("session.opened", user_id=str(person.id), ip=place.ip)
    return SignedIn(_access(deps, person.id, session_id), refresh_token, _account(person))


def _guesses(name: str, network: str) -> list[Check]:
    who = hashlib.sha256(name.strip().lower().encode("utf-8", "replace")).hexdigest()[:32]
    return [
        Check("guess", f"{who}:{network}", GUESSES_PER_PLACE, GUESS_SECONDS),
        Check("guess", who, GUESSES, GUESS_SECONDS),
    ]


async def _allow_guess(deps: Deps, guesses: list[Check]) -> None:
    """Only wrong passwords count, so many right ones at once do no harm."""
    asked = [deps.limiter.take(guess._replace(cost=0), strict=True) for guess in guesses]
    for grant in await asyncio.gather(*asked):
        if not grant.allowed:
            raise Limited("Too many wrong passwords for this account; try again later.",
                          retry_after=grant.retry_after, code="too_many_guesses")  # fmt: skip


async def _count_guess(deps: Deps, guesses: list[Check]) -> None:
    await asyncio.gather(*(deps.limiter.take(guess, strict=True) for guess in guesses))


async def _rehash(deps: Deps, person: people.Person, password: str) -> None:
    encoded = await deps.passwords.hash(password)
    async with deps.db.connect() as connection:
        await people.replace_password_hash(
            connection, person.id, old=person.password_hash, new=encoded
        )


async def _person_of(deps: Deps, by: Principal) -> people.Person:
    async with deps.db.connect() as connection:
        person = await people.find_by_id(connection, by.user_id)
    if person is None:
        raise Unauthenticated("This account does not exist any more.", code="session_ended")
    return person


def _session_of(by: Principal) -> UUID:
    if by.session_id is None:
        raise Denied("Sign in with a password for this; an API key cannot do it.",
                     code="session_needed")  # fmt: skip
    return by.session_id


def _access(deps: Deps, user_id: UUID, session_id: UUID) -> str:
    key = tokens.signing_key(deps.settings)
    return tokens.new_access(key, user_id=user_id, session_id=session_id)


def _account(person: people.Person) -> Account:
    return Account(
        id=person.id,
        username=person.username,
        email=person.email,
        role=person.role,
        active=person.active,
        created_at=person.created_at,
        rate_limit=person.rate_limit,
    )
