"""API keys of an account: made, narrowed, listed, revoked (S-09)."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.errors import Conflict, Fault, Invalid, NotFound
from taskforge.core.people import KeyScope, Principal
from taskforge.db import api_keys, people
from taskforge.db.api_keys import MAX_KEYS, KeyDraft
from taskforge.db.audit import note
from taskforge.db.engine import transaction
from taskforge.flows import tokens
from taskforge.flows.accounts import check_signed_in
from taskforge.flows.deps import Deps
from taskforge.flows.once import Asked, Told, once
from taskforge.log import get_logger

KEY_DAYS = 90
"""Life of a further key for which nobody says how long (S-09)."""
_log = get_logger(__name__)


class MadeKey(msgspec.Struct, frozen=True, kw_only=True):
    """A new API key; the key itself is shown only here."""

    id: UUID
    key: str
    prefix: str
    created_at: datetime


class FurtherKey(MadeKey, frozen=True, kw_only=True):
    """A new API key beside the default one."""

    expires_at: datetime | None
    """Null: never."""


class KeyView(msgspec.Struct, frozen=True, kw_only=True):
    """A live API key as its owner sees it."""

    id: UUID
    name: str
    prefix: str
    """Enough to recognise the key by."""
    is_default: bool
    scope: KeyScope | None
    """What it is narrowed to; null when it may do what its account may, passwords apart."""
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    """At most a minute behind; null when it was never used."""


async def make_default_key(deps: Deps, by: Principal, asked: Asked | None = None) -> Told[MadeKey]:
    """Make the account's default API key; an older one is revoked.

    Raises:
        Invalid, Conflict: see `once`.
    """
    return await _make_default(deps, by.user_id, by, asked)


async def make_default_key_of(deps: Deps, username: str) -> MadeKey:
    """Make anybody's default API key, for an operator at the database; an older one is revoked.

    Raises:
        NotFound: there is no such account.
    """
    async with deps.db.connect() as connection:
        person = await people.find_by_name(connection, username)
    if person is None:
        raise NotFound(f"There is no account {username!r}; `taskforge user create` makes one.")
    return (await _make_default(deps, person.id, None, None)).answer


async def make_key(
    deps: Deps,
    by: Principal,
    *,
    name: str,
    scope: KeyScope | None,
    expires_at: datetime | UnsetType | None,
    asked: Asked | None = None,
) -> Told[FurtherKey]:
    """Make a further key.

    Args:
        deps: of the process.
        by: whose it is.
        name: for people.
        scope: what it is narrowed to; None: nothing.
        expires_at: None: never; unset: in 90 days.
        asked: for a call that may come again.

    Raises:
        Invalid: it would have expired already, or names job types that there are not.
        Conflict: the account has 20 live keys.
        Invalid, Conflict: see `once`.
    """
    in_time = datetime.now(UTC) + timedelta(days=KEY_DAYS)
    ends_at = in_time if expires_at is UNSET else expires_at
    _check(deps, scope, ends_at)
    made = tokens.new_api_key()

    async def make(connection: AsyncConnection) -> FurtherKey:
        created_at = await api_keys.insert_key(
            connection,
            KeyDraft(
                id=made.id,
                user_id=by.user_id,
                prefix=made.prefix,
                digest=made.digest,
                name=name,
                is_default=False,
                scope=scope,
                expires_at=ends_at,
            ),
        )
        await check_signed_in(connection, by)
        if created_at is None:
            raise Conflict(f"An account has at most {MAX_KEYS} keys; revoke one first.",
                           code="too_many_keys")  # fmt: skip
        about = {"name": name, "scope": scope, "expires_at": ends_at}
        await note(connection, by, "api_key.created", f"api_key:{made.id}", after=about)
        return FurtherKey(
            id=made.id,
            key=made.key,
            prefix=made.prefix,
            created_at=created_at,
            expires_at=ends_at,
        )

    told = await once(deps, asked, by.user_id, FurtherKey, make)
    if told.fresh:
        _log.info("api_key.created", user_id=str(by.user_id), key_id=str(made.id))
    return told


async def list_keys(deps: Deps, by: Principal) -> list[KeyView]:
    """The account's live keys, newest first."""
    async with deps.db.connect() as connection:
        return [
            KeyView(**key._asdict()) for key in await api_keys.list_keys(connection, by.user_id)
        ]


async def revoke_key(deps: Deps, by: Principal, key_id: UUID) -> None:
    """Revoke one of the account's keys; other processes feel it within seconds.

    Raises:
        NotFound: the account has no such live key.
    """
    async with transaction(deps.db) as connection:
        name = await api_keys.revoke_key(connection, by.user_id, key_id)
        if name is None:
            raise NotFound(f"This account has no key {key_id}.")
        await note(connection, by, "api_key.revoked", f"api_key:{key_id}", before={"name": name})
    deps.principals.forget(by.user_id)
    _log.info("api_key.revoked", user_id=str(by.user_id), key_id=str(key_id))


async def revoke_default_key(deps: Deps, by: Principal) -> None:
    """Revoke the account's default API key; nothing happens when there is none."""
    async with transaction(deps.db) as connection:
        latest = tokens.new_api_key().id
        revoked = await api_keys.revoke_default_keys(connection, by.user_id, before=latest)
        for key_id in revoked:
            await note(connection, by, "api_key.revoked", f"api_key:{key_id}")
    deps.principals.forget(by.user_id)
    for key_id in revoked:
        _log.info("api_key.revoked", user_id=str(by.user_id), key_id=str(key_id))


async def _make_default(
    deps: Deps, user_id: UUID, by: Principal | None, asked: Asked | None
) -> Told[MadeKey]:
    made = tokens.new_api_key()

    async def make(connection: AsyncConnection) -> MadeKey:
        created_at = await api_keys.insert_key(
            connection,
            KeyDraft(id=made.id, user_id=user_id, prefix=made.prefix, digest=made.digest),
        )
        if created_at is None:
            raise NotFound("This account does not exist any more.")
        if by:
            await check_signed_in(connection, by)
        await api_keys.revoke_default_keys(connection, user_id, before=made.id)
        about = {"name": "default", "user_id": user_id}
        await note(connection, by, "api_key.created", f"api_key:{made.id}", after=about)
        return MadeKey(id=made.id, key=made.key, prefix=made.prefix, created_at=created_at)

    told = await once(deps, asked, user_id, MadeKey, make)
    if told.fresh:
        deps.principals.forget(user_id)
        _log.info("api_key.created", user_id=str(user_id), key_id=str(made.id))
    return told


def _check(deps: Deps, scope: KeyScope | None, expires_at: datetime | None) -> None:
    faults: list[Fault] = []
    if expires_at is not None and expires_at <= datetime.now(UTC):
        faults.append(Fault("/expires_at", "must be in the future"))
    unknown = sorted((scope.types or frozenset()) - set(deps.registry.types)) if scope else []
    if unknown:
        faults.append(Fault("/scope/types", f"there is no job type {unknown[0]!r}"))
    if faults:
        detail = "; ".join(f"{fault.pointer} {fault.message}" for fault in faults)
        raise Invalid(f"This key cannot be made: {detail}.", faults=faults)
