"""Sessions: sign in, refresh, sign out (S-02 to S-08). What their owner sees is in `own.py`."""

from typing import NamedTuple
from uuid import UUID

from taskforge.core.demo import DEMO_PASSWORDS
from taskforge.core.errors import Unauthenticated, Unavailable
from taskforge.core.ids import new_token
from taskforge.core.people import Nobody, Principal
from taskforge.db import credentials, people
from taskforge.db.audit import note
from taskforge.db.engine import transaction
from taskforge.flows import tokens
from taskforge.flows.accounts import Account, account
from taskforge.flows.deps import Deps
from taskforge.flows.guesses import Place, guess_password, note_burst, sign_in_ladders
from taskforge.log import get_logger
from taskforge.metrics.requests import AUTH_FAILURES

NOBODYS_ID = UUID(int=0)
"""Stands in for an unknown account, so that it is asked for as much as a known one (S-07)."""

_log = get_logger(__name__)


class SignedIn(NamedTuple):
    """What a sign-in or a refresh gives."""

    access_token: str
    refresh_token: str
    account: Account


async def sign_in(deps: Deps, *, name: str, password: str, place: Place) -> SignedIn:
    """Open a session for a user name or e-mail address and its password.

    Unknown names, disabled accounts and wrong passwords are told apart neither by answer nor by
    time (S-07).

    Raises:
        Unauthenticated: wrong, or the account is disabled.
        Limited: too soon after wrong passwords.
        Unavailable: too many sign-ins at once.
    """
    async with deps.db.connect() as connection:
        person = await people.find_by_name(connection, name)
        known_as = person.id if person else NOBODYS_ID
        was_here = await people.was_here(connection, known_as, place.ip)
    device = tokens.read_device(deps.settings, place.device) if place.device else None
    usable = person and person.active and not _is_for_demos(deps, password)
    guess = await guess_password(
        deps,
        sign_in_ladders(
            name,
            place,
            device=device.id if device and device.user_id == known_as else None,
            was_here=was_here,
        ),
        encoded=person.password_hash if person and usable else None,
        password=password,
    )
    if person is None or not guess.right:
        AUTH_FAILURES.labels("bad_credentials").inc()
        _log.warning("sign_in.refused", ip=place.ip)
        await note_burst(deps, guess, Nobody(place.ip), person.id if person else None)
        raise _refused()
    if deps.passwords.is_outdated(person.password_hash):
        await _rehash(deps, person, password)
    return await _open_session(deps, person, place)


def _is_for_demos(deps: Deps, password: str) -> bool:
    """Whether everybody knows the password: a seeded database may have become production (S-50)."""
    return deps.settings.environment == "production" and password in DEMO_PASSWORDS.values()


async def refresh(
    deps: Deps, refresh_token: str, *, place: Place, nonce: str | None = None
) -> SignedIn:
    """Trade a refresh token for the next one and an access token.

    A token that was used before ends the whole session: one of its two holders is a thief (S-03).
    Only who lost the answer may ask once more within ten seconds, with the same nonce.

    Args:
        deps: of the process.
        refresh_token: the one to be used.
        place: where it comes from.
        nonce: a random word of the client's, new for each refresh.

    Raises:
        Unauthenticated: unknown, used, expired, or the session has ended.
    """
    following = tokens.successor(deps.settings, refresh_token, nonce) if nonce else new_token()
    old, new = tokens.digest(refresh_token), tokens.digest(following)
    async with deps.db.connect() as connection:
        live = await credentials.rotate_refresh_token(connection, old=old, new=new)
        if live is None and nonce:
            live = await credentials.reissue_refresh_token(connection, old=old, new=new)
        person = await people.find_by_id(connection, live[1]) if live else None
    if live is None or person is None:
        raise await _not_refreshed(deps, old, place)
    return SignedIn(_access(deps, person.id, live[0]), following, account(person))


async def sign_out(deps: Deps, by: Principal) -> None:
    """End the session that asks; an API key has none, so nothing happens."""
    if by.session_id is not None:
        async with transaction(deps.db) as connection:
            if await credentials.revoke_own_session(
                connection, by.user_id, by.session_id, "signed_out"
            ):
                await note(connection, by, "session.ended", f"session:{by.session_id}",
                           after={"reason": "signed_out"})  # fmt: skip
        deps.principals.forget(by.user_id)


async def _open_session(deps: Deps, person: people.Person, place: Place) -> SignedIn:
    refresh_token = new_token()
    async with transaction(deps.db) as connection:
        session_id = await credentials.open_session(
            connection,
            person.id,
            digest=tokens.digest(refresh_token),
            checked=person.password_changed_at,
            user_agent=place.user_agent,
            ip=place.ip,
        )
        if session_id is None:  # changed since the password was checked
            raise _refused()
        by = Principal(person.id, person.username, person.role, session_id, ip=place.ip)
        await note(connection, by, "session.opened", f"session:{session_id}")
    _log.info("session.opened", user_id=str(person.id), ip=place.ip)
    return SignedIn(_access(deps, person.id, session_id), refresh_token, account(person))


async def _not_refreshed(deps: Deps, digest: str, place: Place) -> Unauthenticated:
    """End the family of a token that was used before; what its holders are to be told."""
    async with transaction(deps.db) as connection:
        family = await credentials.revoke_family_of_used(connection, digest)
        why = await credentials.why_refused(connection, digest)
        person = await people.find_by_id(connection, family.user_id) if family else None
        if family and person:
            by = Principal(person.id, person.username, person.role, family.id, ip=place.ip)
            await note(connection, by, "session.revoked", f"session:{family.id}",
                       after={"reason": credentials.REUSED})  # fmt: skip
    if family:
        deps.principals.forget(family.user_id)
        AUTH_FAILURES.labels(credentials.REUSED).inc()
        _log.warning("refresh_token.reused", user_id=str(family.user_id), ip=place.ip)
    if why == credentials.REUSED:
        return tokens.reused()
    return Unauthenticated("The refresh token is not valid; sign in again.", code="refresh_invalid")


async def _rehash(deps: Deps, person: people.Person, password: str) -> None:
    try:
        encoded = await deps.passwords.hash(password)
    except Unavailable:
        return  # at the next sign-in, then
    async with deps.db.connect() as connection:
        await people.replace_password_hash(
            connection, person.id, old=person.password_hash, new=encoded
        )


def _access(deps: Deps, user_id: UUID, session_id: UUID) -> str:
    key = tokens.signing_key(deps.settings)
    return tokens.new_access(key, user_id=user_id, session_id=session_id)


def _refused() -> Unauthenticated:
    return Unauthenticated("The user name or the password is wrong.", code="bad_credentials")
