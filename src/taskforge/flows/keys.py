"""The default API key of an account: made, replaced, revoked (S-09)."""

from datetime import datetime
from uuid import UUID

import msgspec

from taskforge.core.errors import NotFound
from taskforge.core.ids import new_id
from taskforge.core.people import Principal
from taskforge.db import credentials, people
from taskforge.flows import tokens
from taskforge.flows.accounts import session_of
from taskforge.flows.deps import Deps
from taskforge.log import get_logger

_log = get_logger(__name__)


class MadeKey(msgspec.Struct, frozen=True, kw_only=True):
    """A new API key; the key itself is shown only here."""

    id: UUID
    key: str
    prefix: str
    created_at: datetime


async def make_default_key(deps: Deps, by: Principal) -> MadeKey:
    """Make the account's default API key; an older one is revoked.

    Raises:
        Denied: an API key asks; keys cannot make keys (S-09).
    """
    session_of(by)
    return await _make(deps, by.user_id)


async def make_default_key_of(deps: Deps, username: str) -> MadeKey:
    """Make anybody's default API key, for an operator at the database; an older one is revoked.

    Raises:
        NotFound: there is no such account.
    """
    async with deps.db.connect() as connection:
        person = await people.find_by_name(connection, username)
    if person is None:
        raise NotFound(f"There is no account {username!r}; `taskforge user create` makes one.")
    return await _make(deps, person.id)


async def revoke_default_key(deps: Deps, by: Principal) -> None:
    """Revoke the account's default API key; nothing happens when there is none."""
    async with deps.db.connect() as connection:
        revoked = await credentials.revoke_default_keys(connection, by.user_id, before=new_id())
    deps.principals.forget(by.user_id)
    for key_id in revoked:
        _log.info("api_key.revoked", user_id=str(by.user_id), key_id=str(key_id))


async def _make(deps: Deps, user_id: UUID) -> MadeKey:
    made = tokens.new_api_key()
    async with deps.db.connect() as connection:
        created_at = await credentials.insert_default_key(
            connection, user_id, key_id=made.id, prefix=made.prefix, digest=made.digest
        )
        await credentials.revoke_default_keys(connection, user_id, before=made.id)
    deps.principals.forget(user_id)
    _log.info("api_key.created", user_id=str(user_id), key_id=str(made.id))
    return MadeKey(id=made.id, key=made.key, prefix=made.prefix, created_at=created_at)
