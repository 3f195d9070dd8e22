"""Secrets at rest (S-56): AES-256-GCM under a key derived from SECRET_KEY.

A sealed text is `v1.` and base64 of nonce and ciphertext. It says nothing to who has the database
alone, and it cannot be moved to another purpose or owner.
"""

import base64
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VERSION = "v1."
NONCE_BYTES = 12


class Unsealable(Exception):
    """Sealed under another SECRET_KEY, for another purpose or owner, or altered since."""


def seal(secret_key: str, text: str, *, purpose: str, owner: str) -> str:
    """Encrypt.

    Args:
        secret_key: the setting.
        text: what nobody may read.
        purpose: constant, such as `webhook-secret`; each has a key of its own.
        owner: whose it is; part of what is authenticated.
    """
    nonce = secrets.token_bytes(NONCE_BYTES)
    sealed = _cipher(secret_key, purpose).encrypt(nonce, text.encode(), owner.encode())
    return VERSION + base64.b64encode(nonce + sealed).decode()


def unseal(secret_key: str, sealed: str, *, purpose: str, owner: str) -> str:
    """Decrypt.

    Raises:
        Unsealable: not what `seal` made with these arguments.
    """
    try:
        if not sealed.startswith(VERSION):
            raise ValueError(sealed[:3])
        data = base64.b64decode(sealed.removeprefix(VERSION), validate=True)
        nonce, body = data[:NONCE_BYTES], data[NONCE_BYTES:]
        return _cipher(secret_key, purpose).decrypt(nonce, body, owner.encode()).decode()
    except (InvalidTag, ValueError) as error:
        raise Unsealable("cannot be unsealed: was SECRET_KEY changed?") from error


def _cipher(secret_key: str, purpose: str) -> AESGCM:
    info = f"taskforge {purpose}".encode()
    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=info)
    return AESGCM(derive.derive(secret_key.encode()))
