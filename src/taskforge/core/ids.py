"""Identifiers: time-ordered UUIDs and unguessable tokens."""

import secrets
from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562): sorts by creation time to the millisecond. Not a secret."""
    return uuid7()


def floor_id(epoch_ms: int) -> UUID:
    """The smallest UUIDv7 of a millisecond; turns a time filter into a key range.

    Args:
        epoch_ms: milliseconds since 1970, 0 to 2^48 - 1; values outside are clamped.
    """
    return UUID(int=min(max(epoch_ms, 0), (1 << 48) - 1) << 80)


def new_token(n_bytes: int = 32) -> str:
    """A URL-safe secret of `n_bytes` random bytes."""
    return secrets.token_urlsafe(n_bytes)
