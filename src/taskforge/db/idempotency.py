"""Idempotency keys: what each already led to, a job or an answer (R-40 to R-43)."""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

KEY_HOURS = 24
"""How long a key is remembered (R-43)."""


class KeyHolder(NamedTuple):
    """What a key was used for."""

    fingerprint: str
    job_id: UUID | None
    """The job that it made."""
    answer: str | None
    """Else what was answered, sealed."""


_TAKE = text("""
INSERT INTO idempotency_keys AS held (user_id, key, fingerprint, job_id, answer, expires_at)
VALUES (:user_id, :key, :fingerprint, CAST(:job_id AS uuid), CAST(:answer AS text),
        clock_timestamp() + make_interval(hours => :hours))
ON CONFLICT (user_id, key) DO UPDATE
SET fingerprint = EXCLUDED.fingerprint, job_id = EXCLUDED.job_id, answer = EXCLUDED.answer,
    expires_at = EXCLUDED.expires_at
WHERE held.expires_at < clock_timestamp()
RETURNING true
""")

_HOLDER = text("""
SELECT fingerprint, job_id, answer FROM idempotency_keys WHERE user_id = :user_id AND key = :key
""")

_KEEP = text("""
UPDATE idempotency_keys SET answer = :answer WHERE user_id = :user_id AND key = :key
""")


async def take_key(
    connection: AsyncConnection,
    user_id: UUID,
    key: str,
    fingerprint: str,
    *,
    job_id: UUID | None = None,
) -> bool:
    """Take a key, unless it is taken (R-41).

    Waits for a rival transaction that holds the same key, up to `lock_timeout`.

    Args:
        connection: in the transaction of what the key is for.
        user_id: whose key; keys of different accounts have nothing to do with each other.
        key: as the client made it up.
        fingerprint: of what is asked for.
        job_id: what it makes; without one, `keep_answer` has to follow.
    """
    values = {
        "user_id": user_id,
        "key": key,
        "fingerprint": fingerprint,
        "job_id": job_id,
        "answer": None if job_id else "",
        "hours": KEY_HOURS,
    }
    return await connection.scalar(_TAKE, values) is not None


async def key_holder(connection: AsyncConnection, user_id: UUID, key: str) -> KeyHolder | None:
    """What a key was used for, if it was."""
    row = (await connection.execute(_HOLDER, {"user_id": user_id, "key": key})).first()
    return KeyHolder(*row) if row else None


async def keep_answer(connection: AsyncConnection, user_id: UUID, key: str, answer: str) -> None:
    """Note what a key that was taken led to."""
    await connection.execute(_KEEP, {"user_id": user_id, "key": key, "answer": answer})
