"""What belongs to one person: sessions, e-mail address, password (S-02, S-03, S-05)."""

import asyncio
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy.exc import IntegrityError

from taskforge.core.errors import Conflict, Denied, Fault, Invalid, NotFound
from taskforge.core.people import Principal
from taskforge.db import credentials, people
from taskforge.db.audit import note
from taskforge.db.engine import transaction
from taskforge.flows.accounts import Account, account, name_is_taken, person_of, session_of
from taskforge.flows.deps import Deps
from taskforge.flows.guesses import guess_password, naming, note_burst, own_ladders
from taskforge.flows.strength import check_strength
from taskforge.log import get_logger

SESSIONS_SHOWN = 100

_log = get_logger(__name__)


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


class EndedSession(msgspec.Struct, frozen=True, kw_only=True):
    """A session that did not end by signing out; worth a look by its owner."""

    id: UUID
    created_at: datetime
    ended_at: datetime
    reason: str
    """`refresh_reused` (one of its tokens was used twice, so it may have been stolen),
    `ended_by_owner`, `password_changed` or `disabled`."""
    user_agent: str | None
    """Of its sign-in."""
    ip: str | None
    """Of its sign-in."""


class Sessions(NamedTuple):
    """Where an account is signed in, and where it was."""

    live: list[SessionView]
    ended: list[EndedSession]


async def list_sessions(deps: Deps, by: Principal) -> Sessions:
    """The live sessions, last used first, and those ended by force in 30 days, latest first."""
    async with deps.db.connect() as connection:
        live = await credentials.list_sessions(connection, by.user_id, limit=SESSIONS_SHOWN)
        ended = await credentials.list_ended(connection, by.user_id, limit=SESSIONS_SHOWN)
    return Sessions(
        [SessionView(**one._asdict(), current=one.id == by.session_id) for one in live],
        [EndedSession(**one._asdict()) for one in ended],
    )


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
        await note(connection, by, "session.ended", f"session:{session_id}",
                   after={"reason": "ended_by_owner"})  # fmt: skip
    deps.principals.forget(by.user_id)


async def change_own(
    deps: Deps, by: Principal, *, current: str, password: str | None, email: str | None
) -> Account:
    """Set a new password, which ends all other sessions of the account, or a new e-mail address.

    Raises:
        Denied: an API key asks, or the current password is wrong.
        Invalid: nothing is to be changed, or the new password is too weak.
        Conflict: the address is taken, or a rival was faster.
        Limited: too soon after wrong passwords or taken addresses.
    """
    session_id = session_of(by)
    if password is None and email is None:
        raise Invalid("Send a new password or a new e-mail address.", code="nothing_to_change",
                      faults=[Fault("", "has neither new_password nor email")])  # fmt: skip
    person = await person_of(deps, by)
    await _check_current(deps, by, person, current)
    changed = person._replace(email=email or person.email)
    if password is not None:
        await asyncio.to_thread(
            check_strength,
            password,
            username=person.username,
            email=changed.email,
            pointer="/new_password",
        )
        changed = changed._replace(password_hash=await deps.passwords.hash(password))
    async with naming(deps, f"user:{by.user_id}"):
        await _store(deps, by, person, changed, kept=session_id)
    deps.principals.forget(person.id)
    return account(changed)


async def _check_current(deps: Deps, by: Principal, person: people.Person, current: str) -> None:
    guess = await guess_password(
        deps,
        own_ladders(person.id),
        encoded=person.password_hash,
        password=current,
    )
    if not guess.right:
        await note_burst(deps, guess, by, person.id)
        raise Denied("The current password is wrong.", code="bad_credentials")


async def _store(
    deps: Deps, by: Principal, before: people.Person, after: people.Person, *, kept: UUID
) -> None:
    target = f"user:{before.id}"
    async with transaction(deps.db) as connection:
        try:
            stored = await people.replace_own(connection, before, after)
        except IntegrityError:
            raise name_is_taken() from None
        if not stored:
            raise Conflict("The account was changed a moment ago; look at it again.",
                           code="password_changed")  # fmt: skip
        if after.email != before.email:
            await note(connection, by, "user.updated", target,
                       before={"email": before.email}, after={"email": after.email})  # fmt: skip
        if after.password_hash != before.password_hash:
            await credentials.revoke_other_sessions(
                connection, before.id, kept=kept, why="password_changed"
            )
            await note(connection, by, "password.changed", target)
            _log.info("password.changed", user_id=str(before.id))
