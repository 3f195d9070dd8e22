"""Accounts with a session, made beside the door: at the door a password is hashed, twice."""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from taskforge.config import Settings
from taskforge.core.ids import new_token
from taskforge.core.people import Role
from taskforge.db import credentials, people
from taskforge.flows import tokens


class SignedUp(NamedTuple):
    """An account and its access token."""

    id: UUID
    token: str

    @property
    def headers(self) -> dict[str, str]:
        """What its requests have."""
        return {"Authorization": f"Bearer {self.token}"}


async def sign_up(
    db: AsyncEngine,
    settings: Settings,
    name: str,
    role: Role = Role.VIEWER,
    *,
    password_hash: str = "-",
) -> SignedUp:
    """A fresh account, signed in; with the hash of no password, unless one is given."""
    async with db.connect() as connection:
        person = await people.insert_user(
            connection,
            username=name,
            email=f"{name}@example.com",
            password_hash=password_hash,
            role=role,
        )
        assert person is not None
    return SignedUp(person.id, await open_session(db, settings, person.id))


async def open_session(db: AsyncEngine, settings: Settings, user_id: UUID) -> str:
    """An access token of a new session of this account."""
    async with db.connect() as connection:
        person = await people.find_by_id(connection, user_id)
        assert person is not None
        session_id = await credentials.open_session(
            connection,
            user_id,
            digest=tokens.digest(new_token()),
            checked=person.password_changed_at,
            user_agent=None,
            ip="192.0.2.1",
        )
    assert session_id is not None
    key = tokens.signing_key(settings)
    return tokens.new_access(key, user_id=user_id, session_id=session_id)
