"""Accounts: every statement about people; their credentials are in `credentials.py`.

Each is one statement, so each is one transaction on the autocommit engine. All times are the
database's own.
"""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.ids import new_id
from taskforge.core.people import Role


class Person(NamedTuple):
    """An account as sign-in and profile need it."""

    id: UUID
    username: str
    email: str
    password_hash: str
    role: Role
    active: bool
    created_at: datetime
    rate_limit: int | None
    password_changed_at: datetime


_PERSON = (
    "id, username, email, password_hash, role, active, created_at, rate_limit, password_changed_at"
)

_INSERT = text(
    f"INSERT INTO users (id, username, email, password_hash, role)"
    f" VALUES (:id, :username, :email, :password_hash, :role)"
    f" ON CONFLICT DO NOTHING RETURNING {_PERSON}"
)
_BY_NAME = text(
    f"SELECT {_PERSON} FROM users"
    " WHERE lower(username) = lower(:name) OR lower(email) = lower(:name)"
)
_WAS_HERE = text("SELECT EXISTS (SELECT 1 FROM sessions WHERE user_id = :id AND ip = :ip)")
_BY_ID = text(f"SELECT {_PERSON} FROM users WHERE id = :id")
_REPLACE_HASH = text(
    "UPDATE users SET password_hash = :new WHERE id = :id AND password_hash = :old RETURNING id"
)
_REPLACE_OWN = text("""
    UPDATE users SET password_hash = :new, email = :email, password_changed_at =
        CASE WHEN :new = :old THEN password_changed_at ELSE clock_timestamp() END
    WHERE id = :id AND password_hash = :old AND active RETURNING id
""")

_LIST = text(
    f"SELECT {_PERSON} FROM users WHERE CAST(:after AS uuid) IS NULL OR id < :after"
    " ORDER BY id DESC LIMIT :limit"
)
_LOCK_ADMINS = text("SELECT id FROM users WHERE role = 'admin' AND active ORDER BY id FOR UPDATE")
_UPDATE = text(
    f"UPDATE users SET role = :role, active = :active, rate_limit = :rate_limit WHERE id = :id"
    f" RETURNING {_PERSON}"
)


async def insert_user(
    connection: AsyncConnection, *, username: str, email: str, password_hash: str, role: Role
) -> Person | None:
    """A new account; None when the name or the address is taken, in any letter case."""
    row = await _one(
        connection,
        _INSERT,
        id=new_id(),
        username=username,
        email=email,
        password_hash=password_hash,
        role=role.value,
    )
    return _person(row)


async def find_by_name(connection: AsyncConnection, name: str) -> Person | None:
    """The account with this user name or e-mail address, in any letter case."""
    return _person(await _one(connection, _BY_NAME, name=name))


async def was_here(connection: AsyncConnection, user_id: UUID, ip: str) -> bool:
    """Whether the account has signed in from this address before; False for an unknown account."""
    return bool(await connection.scalar(_WAS_HERE, {"id": user_id, "ip": ip}))


async def find_by_id(connection: AsyncConnection, user_id: UUID) -> Person | None:
    """The account with this id."""
    return _person(await _one(connection, _BY_ID, id=user_id))


async def replace_password_hash(
    connection: AsyncConnection, user_id: UUID, *, old: str, new: str
) -> bool:
    """Hash the same password anew, if the old hash still stands."""
    return await _one(connection, _REPLACE_HASH, id=user_id, old=old, new=new) is not None


async def replace_own(connection: AsyncConnection, before: Person, after: Person) -> bool:
    """Set password hash and e-mail address, if the old hash still stands.

    Raises:
        IntegrityError: the address is taken.
    """
    row = await _one(
        connection,
        _REPLACE_OWN,
        id=before.id,
        old=before.password_hash,
        new=after.password_hash,
        email=after.email,
    )
    return row is not None


async def list_people(
    connection: AsyncConnection, *, after: UUID | None, limit: int
) -> list[Person]:
    """Accounts, newest first."""
    rows = (await connection.execute(_LIST, {"after": after, "limit": limit})).mappings()
    return [person for row in rows if (person := _person(row))]


async def lock_admins(connection: AsyncConnection) -> list[UUID]:
    """The active admins, none of whom can change until the transaction ends."""
    return list(await connection.scalars(_LOCK_ADMINS))


async def update_person(
    connection: AsyncConnection,
    user_id: UUID,
    *,
    role: Role,
    active: bool,
    rate_limit: int | None,
) -> Person:
    """Change an account that exists."""
    values = {"id": user_id, "role": role.value, "active": active, "rate_limit": rate_limit}
    person = _person(await _one(connection, _UPDATE, **values))
    if person is None:
        raise LookupError(user_id)
    return person


async def _one(connection: AsyncConnection, statement: Any, **values: Any) -> RowMapping | None:
    return (await connection.execute(statement, values)).mappings().first()


def _person(row: RowMapping | None) -> Person | None:
    if row is None:
        return None
    fields: dict[str, Any] = {**row, "role": Role(row["role"])}
    return Person(**fields)
