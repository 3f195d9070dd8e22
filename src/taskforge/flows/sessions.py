"""Sessions: sign in, refresh, sign out, and the password that opens them (S-02 to S-08)."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from taskforge.core.demo import DEMO_PASSWORDS
from taskforge.core.errors import Conflict, Denied, NotFound, Unauthenticated
from taskforge.core.ids import new_token
from taskforge.core.people import Principal
from taskforge.db import credentials, people
from taskforge.db.audit import note
from taskforge.db.engine import transaction
from taskforge.flows import tokens
from taskforge.flows.accounts import Account, account, person_of, session_of
from taskforge.flows.deps import Deps
from taskforge.flows.guesses import allow_guess, count_guess, guesses_of
from taskforge.flows.passwords import check_strength
from taskforge.log import get_logger

SESSIONS_SHOWN = 100

_log = get_logger(__name__)


class Place(NamedTuple):
    """Where a request comes from."""

    ip: str
    network: str
    """The address, or its /64 for IPv6: what guesses are counted by."""
    user_agent: str | None = None


class SignedIn(NamedTuple):
    """What a sign-in or a refresh gives."""

    access_token: str
    refresh_token: str
    account: Account


async def sign_in(deps: Deps, *, name: str, password: str, place: Place) -> SignedIn:
    """Open a session for a user name or e-mail address and its password.

    Unknown names and wrong passwords are told apart neither by answer nor by time (S-07).

    Raises:
        Unauthenticated: wrong, or the account is disabled.
        Limited: too many wrong passwords for this account.
        Unavailable: too many sign-ins at once.
    """
    guesses = guesses_of(name, place.network)
    await allow_guess(deps, guesses)
    async with deps.db.connect() as connection:
        person = await people.find_by_name(connection, name)
    matches = await deps.passwords.verify(person.password_hash if person else None, password)
    if person is None or not matches or not person.active or _is_for_demos(deps, password):
        await count_guess(deps, guesses)
        _log.warning("sign_in.refused", ip=place.ip)
        raise Unauthenticated("The user name or the password is wrong.", code="bad_credentials")
    if deps.passwords.is_outdated(person.password_hash):
        await _rehash(deps, person, password)
    return await _open_session(deps, person, place)


def _is_for_demos(deps: Deps, password: str) -> bool:
    """Whether everybody knows the password: a seeded database may have become production (S-50)."""
    return deps.settings.environment == "production" and password in DEMO_PASSWORDS.values()


async def refresh(deps: Deps, refresh_token: str) -> SignedIn:
    """Trade a refresh token for the next one and an access token.

    A token that was used before ends the whole session: one of its two holders is a thief (S-03).

    Raises:
        Unauthenticated: unknown, used, expired, or the session has ended.
    """
    old, following = tokens.digest(refresh_token), new_token()
    async with deps.db.connect() as connection:
        rotated = await credentials.rotate_refresh_token(
            connection, old=old, new=tokens.digest(following)
        )
        person = await people.find_by_id(connection, rotated[1]) if rotated else None
        reused_by = None if rotated else await credentials.revoke_family_of_used(connection, old)
    if reused_by:
        deps.principals.forget(reused_by)
        _log.warning("refresh_token.reused", user_id=str(reused_by))
    if rotated is None or person is None:
        raise Unauthenticated("The refresh token is not valid; sign in again.",
                              code="refresh_invalid")  # fmt: skip
    return SignedIn(_access(deps, person.id, rotated[0]), following, account(person))


async def sign_out(deps: Deps, by: Principal) -> None:
    """End the session that asks; an API key has none, so nothing happens."""
    if by.session_id is not None:
        async with deps.db.connect() as connection:
            await credentials.revoke_session(connection, by.session_id, "signed_out")
        deps.principals.forget(by.user_id)


class SessionView(msgspec.Struct, frozen=True, kw_only=True):
    """A live session as its owner sees it."""

    id: UUID
    created_at: datetime
    last_used_at: datetime
    """When its tokens were last refreshed."""
    expires_at: datetime
    user_agent: str | None
    ip: str | None
    current: bool
    """Whether it is the one that asks."""


async def list_sessions(deps: Deps, by: Principal) -> list[SessionView]:
    """The account's live sessions, last used first."""
    async with deps.db.connect() as connection:
        found = await credentials.list_sessions(connection, by.user_id, limit=SESSIONS_SHOWN)
    return [SessionView(**one._asdict(), current=one.id == by.session_id) for one in found]


async def end_session(deps: Deps, by: Principal, session_id: UUID) -> None:
    """End one of the account's sessions; its sockets close within 10 s.

    Raises:
        NotFound: the account has no such live session.
    """
    async with transaction(deps.db) as connection:
        if not await credentials.revoke_own_session(
            connection, by.user_id, session_id, "ended_by_owner"
        ):
            raise NotFound(f"This account has no session {session_id}.")
        await note(connection, by, "session.ended", f"session:{session_id}")
    deps.principals.forget(by.user_id)


async def change_password(deps: Deps, by: Principal, *, current: str, new: str) -> Account:
    """Set a new password and end all other sessions of the account.

    Raises:
        Denied: an API key asks, or the current password is wrong.
        Invalid: the new password is too weak.
        Limited: too many wrong passwords.
    """
    session_id = session_of(by)
    person = await person_of(deps, by)
    guesses = guesses_of(person.username, f"user:{by.user_id}")
    await allow_guess(deps, guesses)
    if not await deps.passwords.verify(person.password_hash, current):
        await count_guess(deps, guesses)
        raise Denied("The current password is wrong.", code="bad_credentials")
    check_strength(new, username=person.username, email=person.email)
    encoded = await deps.passwords.hash(new)
    async with transaction(deps.db) as connection:
        if not await people.replace_password_hash(
            connection, person.id, old=person.password_hash, new=encoded
        ):
            raise Conflict("The password was changed a moment ago.", code="password_changed")
        await credentials.revoke_other_sessions(
            connection, person.id, kept=session_id, why="password_changed"
        )
        await note(connection, by, "password.changed", f"user:{person.id}")
    deps.principals.forget(person.id)
    _log.info("password.changed", user_id=str(person.id))
    return account(person)


async def _open_session(deps: Deps, person: people.Person, place: Place) -> SignedIn:
    refresh_token = new_token()
    async with deps.db.connect() as connection:
        session_id = await credentials.open_session(
            connection,
            person.id,
            digest=tokens.digest(refresh_token),
            user_agent=place.user_agent,
            ip=place.ip,
        )
    if session_id is None:
        raise Unauthenticated("The user name or the password is wrong.", code="bad_credentials")
    _log.info("session.opened", user_id=str(person.id), ip=place.ip)
    return SignedIn(_access(deps, person.id, session_id), refresh_token, account(person))


async def _rehash(deps: Deps, person: people.Person, password: str) -> None:
    encoded = await deps.passwords.hash(password)
    async with deps.db.connect() as connection:
        await people.replace_password_hash(
            connection, person.id, old=person.password_hash, new=encoded
        )


def _access(deps: Deps, user_id: UUID, session_id: UUID) -> str:
    key = tokens.signing_key(deps.settings)
    return tokens.new_access(key, user_id=user_id, session_id=session_id)
