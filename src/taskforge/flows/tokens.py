"""The kinds of credentials: access tokens, refresh tokens, API keys, device cookies (S-01 to S-09).

- access: JWT, HS256, 15 minutes; says which session asks, nothing about what it may do
- refresh: 43 random characters, stored as SHA-256, used once
- API key: tf_<id>_<43 random characters>_<checksum>, stored as SHA-256
- device cookie: JWT with a key of its own; opens nothing, says that an account has signed in there
"""

import base64
import hashlib
import hmac
import secrets
import time
import zlib
from typing import Any, NamedTuple
from uuid import UUID

import jwt

from taskforge.config import Settings
from taskforge.core.errors import Unauthenticated
from taskforge.core.ids import new_id, new_token

ACCESS_SECONDS = 900
LEEWAY_SECONDS = 30
MAX_TOKEN_BYTES = 4_096
ISSUER = "taskforge"
AUDIENCE = "taskforge-api"
DEVICE_SECONDS = 180 * 86_400
_DEVICE_AUDIENCE = "taskforge-device"
_JWT: Any = jwt.PyJWT()
"""Untyped: its annotations name an optional package that is not installed here."""
_HEADER = {"alg": "HS256", "typ": "at+jwt"}
_CLAIMS = ["iss", "aud", "exp", "iat", "nbf", "sub", "jti", "sid"]
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ID_LENGTH, _SECRET_LENGTH, _SUM_LENGTH = 22, 43, 6


class Access(NamedTuple):
    """What a valid access token says."""

    user_id: UUID
    session_id: UUID
    expires_at: float
    """Seconds since 1970."""


class Device(NamedTuple):
    """What a valid device cookie says."""

    id: UUID
    user_id: UUID


class NewKey(NamedTuple):
    """An API key, as it is shown once."""

    id: UUID
    key: str
    prefix: str
    """`tf_` and the id: enough to recognise a key, not to use it."""
    digest: str


def signing_key(settings: Settings) -> bytes:
    """The HS256 key: derived, so that it is 256 bits long and good for nothing else."""
    return _derived(settings, b"taskforge access token")


def new_access(key: bytes, *, user_id: UUID, session_id: UUID) -> str:
    """An access token, valid from now for `ACCESS_SECONDS`."""
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(user_id),
        "sid": str(session_id),
        "jti": new_token(12),
        "iat": now,
        "nbf": now,
        "exp": now + ACCESS_SECONDS,
    }
    return _JWT.encode(claims, key, algorithm="HS256", headers={"typ": _HEADER["typ"]})


def read_access(key: bytes, token: str) -> Access:
    """Check an access token by itself; whether its session still lives is another question.

    The header must be ours to the letter, so that no `kid`, `jku` or `crit` is ever looked at.

    Raises:
        Unauthenticated: whatever is wrong with it.
    """
    if len(token) > MAX_TOKEN_BYTES:
        raise Unauthenticated("The access token is too long.", code="token_invalid")
    try:
        parts: dict[str, Any] = _JWT.decode_complete(
            token,
            key,
            algorithms=["HS256"],
            issuer=ISSUER,
            audience=AUDIENCE,
            leeway=LEEWAY_SECONDS,
            options={"require": _CLAIMS, "strict_aud": True},
        )
        claims = parts["payload"]
        access = Access(UUID(claims["sub"]), UUID(claims["sid"]), float(claims["exp"]))
    except jwt.ExpiredSignatureError:
        raise Unauthenticated("The access token has expired.", code="token_expired") from None
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError, OverflowError):
        raise Unauthenticated("The access token is not valid.", code="token_invalid") from None
    if parts["header"] != _HEADER:
        raise Unauthenticated("The access token is not valid.", code="token_invalid")
    return access


def digest(secret: str) -> str:
    """SHA-256, hexadecimal: enough for secrets of 256 random bits."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def successor(settings: Settings, refresh_token: str, nonce: str) -> str:
    """The refresh token after this one, for a client that names a nonce: the same every time."""
    key = _derived(settings, b"taskforge refresh successor")
    sealed = hmac.digest(key, f"{refresh_token}\0{nonce}".encode("utf-8", "replace"), "sha256")
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


def reused() -> Unauthenticated:
    """What both holders of a refresh token are told: its owner and a thief look the same (S-03)."""
    return Unauthenticated(
        "This session has ended because one of its refresh tokens was used twice: somebody else may"
        " have had a copy. Sign in again; if you sent none twice, change the password.",
        code="refresh_reused",
    )


def new_device(settings: Settings, user_id: UUID) -> str:
    """A device cookie: proof that the account has signed in with this browser before (S-08)."""
    claims = {
        "aud": _DEVICE_AUDIENCE,
        "sub": str(user_id),
        "jti": str(new_id()),
        "exp": int(time.time()) + DEVICE_SECONDS,
    }
    return _JWT.encode(claims, _device_key(settings), algorithm="HS256")


def read_device(settings: Settings, sealed: str) -> Device | None:
    """What a device cookie says; None for whatever is not a valid one."""
    if len(sealed) > MAX_TOKEN_BYTES:
        return None
    try:
        claims: dict[str, Any] = _JWT.decode(
            sealed,
            _device_key(settings),
            algorithms=["HS256"],
            audience=_DEVICE_AUDIENCE,
            options={"require": ["aud", "sub", "jti", "exp"], "strict_aud": True},
        )
        return Device(UUID(claims["jti"]), UUID(claims["sub"]))
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError, OverflowError):
        return None


def new_api_key() -> NewKey:
    """A fresh API key."""
    key_id = new_id()
    prefix = f"tf_{_base62(key_id.int, _ID_LENGTH)}"
    secret = "".join(secrets.choice(_BASE62) for _ in range(_SECRET_LENGTH))
    key = f"{prefix}_{secret}_{_checksum(f'{prefix}_{secret}')}"
    return NewKey(key_id, key, prefix, digest(key))


def api_key_id(key: str) -> UUID:
    """The id in an API key; garbage is refused here, without a query (S-09).

    Raises:
        Unauthenticated: it is not one of our keys.
    """
    body, _, checksum = key.rpartition("_")
    parts = body.split("_")
    if (
        len(key) != 5 + _ID_LENGTH + _SECRET_LENGTH + _SUM_LENGTH
        or not key.isascii()
        or len(parts) != 3
        or parts[0] != "tf"
        or len(parts[1]) != _ID_LENGTH
        or not hmac.compare_digest(checksum, _checksum(body))
    ):
        raise Unauthenticated("The API key is not valid.", code="api_key_invalid")
    number = 0
    for letter in parts[1]:
        number = number * 62 + _BASE62.find(letter)
    if not 0 <= number < 1 << 128:
        raise Unauthenticated("The API key is not valid.", code="api_key_invalid")
    return UUID(int=number)


def _device_key(settings: Settings) -> bytes:
    return _derived(settings, b"taskforge device cookie")


def _derived(settings: Settings, purpose: bytes) -> bytes:
    return hmac.digest(settings.jwt_secret_key.encode(), purpose, "sha256")


def _checksum(text: str) -> str:
    return _base62(zlib.crc32(text.encode()), _SUM_LENGTH)


def _base62(number: int, length: int) -> str:
    letters: list[str] = []
    for _ in range(length):
        number, rest = divmod(number, 62)
        letters.append(_BASE62[rest])
    return "".join(reversed(letters))
