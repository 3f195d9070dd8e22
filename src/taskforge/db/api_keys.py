"""API keys: every statement about them (S-09).

Each is one statement, so each is one transaction on the autocommit engine. All times are the
database's own.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.people import KeyScope, Principal, Role

MAX_KEYS = 20
"""Live ones of one account."""


class KeyOwner(NamedTuple):
    """An API key's stored digest and the principal it speaks for."""

    digest: str
    principal: Principal


class KeyDraft(NamedTuple):
    """A key to store."""

    id: UUID
    user_id: UUID
    prefix: str
    digest: str
    name: str = "default"
    is_default: bool = True
    """Whether the next default key replaces it."""
    scope: KeyScope | None = None
    expires_at: datetime | None = None


class KeyRecord(NamedTuple):
    """A live API key as its owner sees it."""

    id: UUID
    name: str
    prefix: str
    is_default: bool
    scope: KeyScope | None
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    """At most a minute behind."""


# last_used_at is written once a minute at most, and only as a by-product (S-09).
_OF_KEYS = text("""
    WITH noted AS (
        UPDATE api_keys SET last_used_at = clock_timestamp()
        WHERE id = ANY(ARRAY(
            SELECT id FROM api_keys
            WHERE id = ANY(CAST(:ids AS uuid[])) AND revoked_at IS NULL
              AND (last_used_at IS NULL OR last_used_at < clock_timestamp() - interval '1 minute')
            ORDER BY id FOR UPDATE SKIP LOCKED))
    )
    SELECT k.id AS key_id, k.digest, k.scopes::text AS scopes,
           u.id, u.username, u.role, u.rate_limit
    FROM api_keys k JOIN users u ON u.id = k.user_id
    WHERE k.id = ANY(CAST(:ids AS uuid[])) AND k.revoked_at IS NULL
      AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp()) AND u.active
""")
_INSERT_KEY = text("""
    INSERT INTO api_keys (id, user_id, name, prefix, digest, is_default, scopes, expires_at)
    SELECT :id, u.id, :name, :prefix, :digest, :is_default, CAST(:scopes AS jsonb),
           CAST(:expires_at AS timestamptz)
    FROM users u WHERE u.id = :user_id AND (:is_default OR :most > (
        SELECT count(*) FROM api_keys k WHERE k.user_id = u.id AND k.revoked_at IS NULL
          AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())))
    RETURNING created_at
""")
_REVOKE_DEFAULT_KEYS = text("""
    UPDATE api_keys SET revoked_at = clock_timestamp()
    WHERE user_id = :user_id AND is_default AND revoked_at IS NULL
      AND id < CAST(:before AS uuid)
    RETURNING id
""")
_LOCK_OWNER = text("SELECT 1 FROM users WHERE id = :user_id FOR UPDATE")
_LIST = text("""
    SELECT id, name, prefix, is_default, scopes::text AS scopes, created_at, expires_at,
           last_used_at
    FROM api_keys
    WHERE user_id = :user_id AND revoked_at IS NULL
      AND (expires_at IS NULL OR expires_at > clock_timestamp())
    ORDER BY id DESC
""")
_REVOKE = text("""
    UPDATE api_keys SET revoked_at = clock_timestamp()
    WHERE id = :id AND user_id = :user_id AND revoked_at IS NULL RETURNING name
""")
_scopes = msgspec.json.Decoder(KeyScope)


async def principals_of_keys(
    connection: AsyncConnection, key_ids: Sequence[UUID]
) -> dict[UUID, KeyOwner]:
    """Who these API keys speak for; revoked and expired ones are left out. Notes their use."""
    rows = await connection.execute(_OF_KEYS, {"ids": list(set(key_ids))})
    return {row["key_id"]: KeyOwner(row["digest"], _principal(row)) for row in rows.mappings()}


async def insert_key(connection: AsyncConnection, key: KeyDraft) -> datetime | None:
    """Store a key; when it was made, or None when the account has as many as it may have.

    Args:
        connection: in a transaction: rivals wait for it, and count its key.
        key: of an account that exists.
    """
    await connection.execute(_LOCK_OWNER, {"user_id": key.user_id})
    scopes = msgspec.json.encode(key.scope).decode() if key.scope else None
    values = {**key._asdict(), "scopes": scopes, "most": MAX_KEYS}
    del values["scope"]
    return await connection.scalar(_INSERT_KEY, values)


async def revoke_default_keys(
    connection: AsyncConnection, user_id: UUID, *, before: UUID
) -> list[UUID]:
    """Revoke the account's default keys that are older than `before`; which they were."""
    rows = await connection.execute(_REVOKE_DEFAULT_KEYS, {"user_id": user_id, "before": before})
    return list(rows.scalars())


async def list_keys(connection: AsyncConnection, user_id: UUID) -> list[KeyRecord]:
    """The live keys of an account, newest first."""
    rows = (await connection.execute(_LIST, {"user_id": user_id})).mappings()
    return [_record(row) for row in rows]


async def revoke_key(connection: AsyncConnection, user_id: UUID, key_id: UUID) -> str | None:
    """Revoke one key of an account; its name, or None when it has no such live key."""
    return await connection.scalar(_REVOKE, {"id": key_id, "user_id": user_id})


def _principal(row: RowMapping) -> Principal:
    return Principal(
        user_id=row["id"],
        username=row["username"],
        role=Role(row["role"]),
        api_key_id=row["key_id"],
        rate_limit=row["rate_limit"],
        scope=_scopes.decode(row["scopes"]) if row["scopes"] else None,
    )


def _record(row: RowMapping) -> KeyRecord:
    fields: dict[str, Any] = {**row}
    scopes = fields.pop("scopes")
    return KeyRecord(**fields, scope=_scopes.decode(scopes) if scopes else None)
