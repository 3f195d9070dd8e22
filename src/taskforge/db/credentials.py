"""Sessions and their refresh tokens; API keys are in `api_keys.py`.

Each is one statement, so each is one transaction on the autocommit engine. All times are the
database's own.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.ids import new_id
from taskforge.core.people import Principal, Role

REFRESH_SECONDS = 7 * 86_400
"""Life of a refresh token: a session unused for so long ends (S-03)."""
SESSION_SECONDS = 30 * 86_400
"""A session ends after so long however busy it is (S-03)."""
REISSUE_SECONDS = 10
"""So long whoever lost the answer to a refresh may ask for it again, once (S-03)."""
ENDED_DAYS = 30
"""So long the owner of a session that was ended by force is told of it."""
REUSED = "refresh_reused"
"""Why a session ended of which a refresh token was used twice."""


class SessionRecord(NamedTuple):
    """A live session as its owner sees it."""

    id: UUID
    created_at: datetime
    last_used_at: datetime
    """Of its refresh token, at most 15 minutes behind."""
    expires_at: datetime
    user_agent: str | None
    ip: str | None


class EndedRecord(NamedTuple):
    """A session that did not end by signing out."""

    id: UUID
    created_at: datetime
    ended_at: datetime
    reason: str
    user_agent: str | None
    ip: str | None


class Family(NamedTuple):
    """A session, as the family of its refresh tokens."""

    id: UUID
    user_id: UUID


# The lock makes it wait for a change of the password or of the account, which then sees the session
# or is seen by it: none is opened with what no longer counts (S-14).
_OPEN_SESSION = text("""
    WITH opened AS (
        INSERT INTO sessions (id, user_id, expires_at, user_agent, ip)
        SELECT :session_id, id, clock_timestamp() + make_interval(secs => :session_seconds),
               :user_agent, :ip
        FROM users WHERE id = :user_id AND active AND password_changed_at = :checked FOR SHARE
        RETURNING id
    )
    INSERT INTO refresh_tokens (id, session_id, digest, expires_at)
    SELECT :token_id, id, :digest, clock_timestamp() + make_interval(secs => :refresh_seconds)
    FROM opened RETURNING id
""")
# The first UPDATE is the compare-and-set: of any number of rivals one sees used_at still empty.
_ROTATE = text("""
    WITH used AS (
        UPDATE refresh_tokens SET used_at = clock_timestamp()
        WHERE digest = :old AND used_at IS NULL AND expires_at > clock_timestamp()
        RETURNING session_id
    ), live AS (
        UPDATE sessions s SET last_used_at = clock_timestamp()
        FROM used, users u
        WHERE s.id = used.session_id AND s.revoked_at IS NULL
          AND s.expires_at > clock_timestamp() AND u.id = s.user_id AND u.active
        RETURNING s.id AS session_id, s.expires_at, u.id AS user_id
    ), fresh AS (
        INSERT INTO refresh_tokens (id, session_id, digest, expires_at)
        SELECT :token_id, session_id, :new,
               least(clock_timestamp() + make_interval(secs => :refresh_seconds), expires_at)
        FROM live
    )
    SELECT session_id, user_id FROM live
""")
# Only who knows the nonce that the successor was made with can name it before it is used.
_REISSUE = text("""
    UPDATE refresh_tokens fresh SET reissued_at = clock_timestamp()
    FROM refresh_tokens used JOIN sessions s ON s.id = used.session_id
         JOIN users u ON u.id = s.user_id
    WHERE used.digest = :old AND fresh.digest = :new AND fresh.session_id = s.id
      AND used.used_at > clock_timestamp() - make_interval(secs => :seconds)
      AND fresh.used_at IS NULL AND fresh.reissued_at IS NULL
      AND s.revoked_at IS NULL AND s.expires_at > clock_timestamp() AND u.active
    RETURNING s.id AS session_id, u.id AS user_id
""")
_REVOKE_REUSED = text("""
    UPDATE sessions SET revoked_at = clock_timestamp(), revoked_why = :why
    WHERE revoked_at IS NULL AND id = (
        SELECT session_id FROM refresh_tokens WHERE digest = :digest AND used_at IS NOT NULL)
    RETURNING id, user_id
""")
_HOLD_SESSION = text("""
    SELECT 1 FROM sessions s JOIN users u ON u.id = s.user_id
    WHERE s.id = :id AND s.revoked_at IS NULL AND s.expires_at > clock_timestamp() AND u.active
    FOR SHARE OF s
""")
_WHY_REFUSED = text("""
    SELECT s.revoked_why FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id
    WHERE t.digest = :digest
""")
_WHY_ENDED = text("SELECT revoked_why FROM sessions WHERE id = :id")
_REVOKE_OTHERS = text(
    "UPDATE sessions SET revoked_at = clock_timestamp(), revoked_why = :why"
    " WHERE user_id = :user_id AND id <> :kept AND revoked_at IS NULL"
)
_LIST_SESSIONS = text("""
    SELECT id, created_at, last_used_at, expires_at, user_agent, ip FROM sessions
    WHERE user_id = :user_id AND revoked_at IS NULL AND expires_at > clock_timestamp()
    ORDER BY last_used_at DESC, id DESC LIMIT :limit
""")
_LIST_ENDED = text("""
    SELECT id, created_at, revoked_at AS ended_at, revoked_why AS reason, user_agent, ip
    FROM sessions
    WHERE user_id = :user_id AND revoked_at > clock_timestamp() - make_interval(days => :days)
      AND revoked_why <> 'signed_out'
    ORDER BY revoked_at DESC, id DESC LIMIT :limit
""")
_REVOKE_ONE = text("""
    UPDATE sessions SET revoked_at = clock_timestamp(), revoked_why = :why
    WHERE id = :id AND user_id = :user_id AND revoked_at IS NULL RETURNING id
""")
_REVOKE_ALL = text("""
    UPDATE sessions SET revoked_at = clock_timestamp(), revoked_why = :why
    WHERE user_id = :user_id AND revoked_at IS NULL
""")
_OF_SESSIONS = text("""
    SELECT s.id AS session_id, u.id, u.username, u.role, u.rate_limit
    FROM sessions s JOIN users u ON u.id = s.user_id
    WHERE s.id = ANY(CAST(:ids AS uuid[])) AND s.revoked_at IS NULL
      AND s.expires_at > clock_timestamp() AND u.active
""")


async def open_session(
    connection: AsyncConnection,
    user_id: UUID,
    *,
    digest: str,
    checked: datetime,
    user_agent: str | None,
    ip: str | None,
) -> UUID | None:
    """A new session with its first refresh token.

    Args:
        connection: of the transaction.
        user_id: whose.
        digest: of the refresh token.
        checked: `password_changed_at` of the password that was checked.
        user_agent: of the sign-in.
        ip: the same.

    Returns:
        None when the account was disabled, or its password changed, since it was checked.
    """
    session_id = new_id()
    row = await _one(
        connection,
        _OPEN_SESSION,
        session_id=session_id,
        session_seconds=float(SESSION_SECONDS),
        refresh_seconds=float(REFRESH_SECONDS),
        user_id=user_id,
        checked=checked,
        user_agent=user_agent,
        ip=ip,
        token_id=new_id(),
        digest=digest,
    )
    return session_id if row else None


async def rotate_refresh_token(connection: AsyncConnection, *, old: str, new: str) -> Family | None:
    """Use one refresh token and store the next, both as digests.

    Returns:
        None when the old one is unknown, used, expired, or its session has ended.
    """
    row = await _one(
        connection,
        _ROTATE,
        old=old,
        new=new,
        token_id=new_id(),
        refresh_seconds=float(REFRESH_SECONDS),
    )
    return Family(row["session_id"], row["user_id"]) if row else None


async def reissue_refresh_token(
    connection: AsyncConnection, *, old: str, new: str
) -> Family | None:
    """Note that the successor `new` of `old`, both as digests, is given once more.

    Returns:
        None when it is not its successor, was given twice or used, or too much time has passed.
    """
    row = await _one(connection, _REISSUE, old=old, new=new, seconds=float(REISSUE_SECONDS))
    return Family(row["session_id"], row["user_id"]) if row else None


async def hold_session(connection: AsyncConnection, session_id: UUID) -> bool:
    """Whether a session is live; if so, it cannot end before the transaction does."""
    return await connection.scalar(_HOLD_SESSION, {"id": session_id}) is not None


async def revoke_family_of_used(connection: AsyncConnection, digest: str) -> Family | None:
    """End the session of a refresh token that was used before; None without a live one."""
    row = await _one(connection, _REVOKE_REUSED, digest=digest, why=REUSED)
    return Family(row["id"], row["user_id"]) if row else None


async def why_refused(connection: AsyncConnection, digest: str) -> str | None:
    """Why the session of a refresh token has ended; None when it lives or is unknown."""
    return await connection.scalar(_WHY_REFUSED, {"digest": digest})


async def why_ended(connection: AsyncConnection, session_id: UUID) -> str | None:
    """Why a session has ended; None when nobody ended it."""
    return await connection.scalar(_WHY_ENDED, {"id": session_id})


async def revoke_other_sessions(
    connection: AsyncConnection, user_id: UUID, *, kept: UUID, why: str
) -> None:
    """End all sessions of an account but one."""
    await connection.execute(_REVOKE_OTHERS, {"user_id": user_id, "kept": kept, "why": why})


async def list_sessions(
    connection: AsyncConnection, user_id: UUID, *, limit: int
) -> list[SessionRecord]:
    """The live sessions of an account, last used first."""
    values = {"user_id": user_id, "limit": limit}
    rows = (await connection.execute(_LIST_SESSIONS, values)).mappings()
    return [SessionRecord(**row) for row in rows]


async def list_ended(
    connection: AsyncConnection, user_id: UUID, *, limit: int
) -> list[EndedRecord]:
    """The account's sessions that were ended by force within `ENDED_DAYS`, latest first."""
    values = {"user_id": user_id, "days": ENDED_DAYS, "limit": limit}
    rows = (await connection.execute(_LIST_ENDED, values)).mappings()
    return [EndedRecord(**row) for row in rows]


async def revoke_own_session(
    connection: AsyncConnection, user_id: UUID, session_id: UUID, why: str
) -> bool:
    """End one session of an account; False when it has no such live session."""
    values = {"id": session_id, "user_id": user_id, "why": why}
    return await connection.scalar(_REVOKE_ONE, values) is not None


async def revoke_all_sessions(connection: AsyncConnection, user_id: UUID, why: str) -> None:
    """End all sessions of an account."""
    await connection.execute(_REVOKE_ALL, {"user_id": user_id, "why": why})


async def principals_of_sessions(
    connection: AsyncConnection, session_ids: Sequence[UUID]
) -> dict[UUID, Principal]:
    """Who is signed in with these sessions; ended ones and disabled accounts are left out."""
    rows = await connection.execute(_OF_SESSIONS, {"ids": list(set(session_ids))})
    return {
        row["session_id"]: Principal(
            user_id=row["id"],
            username=row["username"],
            role=Role(row["role"]),
            session_id=row["session_id"],
            rate_limit=row["rate_limit"],
        )
        for row in rows.mappings()
    }


async def _one(connection: AsyncConnection, statement: Any, **values: Any) -> RowMapping | None:
    return (await connection.execute(statement, values)).mappings().first()
