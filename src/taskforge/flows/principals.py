"""From a credential to the principal it speaks for, through a short-lived cache (S-02).

Role, own limit and revocation come from the database, never from the token; what the cache holds is
at most `FRESH_SECONDS` old. Lookups that miss at the same time share one statement.
"""

import hmac
import time
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from taskforge.config import Settings
from taskforge.core.batch import Batcher
from taskforge.core.errors import Unauthenticated
from taskforge.core.people import Principal
from taskforge.db import api_keys, credentials
from taskforge.flows import tokens

FRESH_SECONDS = 5.0
"""A revoked session, a disabled account or a new role is felt after so long at most."""
MAX_CACHED = 10_000


class Principals:
    """Who stands behind access tokens and API keys."""

    def __init__(self, db: AsyncEngine, settings: Settings) -> None:
        self._db = db
        self._key = tokens.signing_key(settings)
        self._cache: dict[str, tuple[float, Principal]] = {}
        self._sessions = Batcher(self._load_sessions, limit=500)
        self._keys = Batcher(self._load_keys, limit=500)

    async def of_access_token(self, token: str) -> Principal:
        """Who the access token speaks for.

        Raises:
            Unauthenticated: the token, its session or its account is not valid (any more).
        """
        known = self._cached(token)
        if known:
            return known
        access = tokens.read_access(self._key, token)
        principal = await self.of_session(access.session_id)
        if principal.user_id != access.user_id:
            raise Unauthenticated("The access token is not valid.", code="token_invalid")
        left = access.expires_at + tokens.LEEWAY_SECONDS - time.time()
        self._remember(token, principal, min(left, FRESH_SECONDS))
        return principal

    async def of_api_key(self, key: str) -> Principal:
        """Who the API key speaks for.

        Raises:
            Unauthenticated: it is not a key of ours, or was revoked, or has expired.
        """
        known = self._cached(key)
        if known:
            return known
        found = await self._keys.put(tokens.api_key_id(key))
        if found is None or not hmac.compare_digest(found.digest, tokens.digest(key)):
            raise Unauthenticated("The API key is not valid.", code="api_key_invalid")
        self._remember(key, found.principal, FRESH_SECONDS)
        return found.principal

    async def of_session(self, session_id: UUID) -> Principal:
        """Who is signed in with this session, read afresh.

        Raises:
            Unauthenticated: the session has ended, or its account is disabled.
        """
        principal = await self._sessions.put(session_id)
        if principal is None:
            raise await self._ended(session_id)
        return principal

    async def of_key_id(self, key_id: UUID) -> Principal:
        """Who the API key with this id speaks for, read afresh.

        Raises:
            Unauthenticated: it was revoked, or has expired.
        """
        found = await self._keys.put(key_id)
        if found is None:
            raise Unauthenticated("The API key is not valid any more.", code="api_key_invalid")
        return found.principal

    async def refreshed(self, principal: Principal) -> Principal:
        """The same principal, read afresh: for connections that live long (R-77).

        Raises:
            Unauthenticated: its session or key is not valid any more.
        """
        if principal.session_id is not None:
            return await self.of_session(principal.session_id)
        if principal.api_key_id is not None:
            return await self.of_key_id(principal.api_key_id)
        return principal

    def forget(self, user_id: UUID) -> None:
        """Read this account's credentials afresh next time, in this process."""
        gone = [key for key, (_, known) in self._cache.items() if known.user_id == user_id]
        for key in gone:
            del self._cache[key]

    async def _ended(self, session_id: UUID) -> Unauthenticated:
        async with self._db.connect() as connection:
            why = await credentials.why_ended(connection, session_id)
        if why == credentials.REUSED:
            return tokens.reused()
        return Unauthenticated("This session has ended; sign in again.", code="session_ended")

    def _cached(self, credential: str) -> Principal | None:
        known = self._cache.get(credential)
        return known[1] if known and known[0] > time.monotonic() else None

    def _remember(self, credential: str, principal: Principal, seconds: float) -> None:
        if len(self._cache) >= MAX_CACHED:
            self._cache.clear()
        self._cache[credential] = (time.monotonic() + seconds, principal)

    async def _load_sessions(self, ids: Sequence[UUID]) -> list[Principal | None]:
        async with self._db.connect() as connection:
            found = await credentials.principals_of_sessions(connection, ids)
        return [found.get(session_id) for session_id in ids]

    async def _load_keys(self, ids: Sequence[UUID]) -> list[api_keys.KeyOwner | None]:
        async with self._db.connect() as connection:
            found = await api_keys.principals_of_keys(connection, ids)
        return [found.get(key_id) for key_id in ids]
