"""One TLS handshake over a connected socket, on the event loop.

The protocol runs in memory and the loop moves the bytes, so a handshake that hangs is cancelled
like anything else and no thread waits for it.
"""

import asyncio
import ssl
import warnings
from functools import cache
from socket import socket
from typing import NamedTuple

from taskforge.core.outbound import HttpFailed

HANDSHAKE_SECONDS = 4.0
PIECE = 65_536
MOST_BYTES = 1_000_000
"""Of one handshake; a peer that sends more is not speaking TLS."""
ANY_CIPHER = "ALL:COMPLEMENTOFALL:@SECLEVEL=0"
VERSIONS = {
    "TLSv1": ssl.TLSVersion.TLSv1,
    "TLSv1.1": ssl.TLSVersion.TLSv1_1,
    "TLSv1.2": ssl.TLSVersion.TLSv1_2,
    "TLSv1.3": ssl.TLSVersion.TLSv1_3,
}
"""By the name that `SSLObject.version()` gives. Older ones are in no library any more."""


class Handshake(NamedTuple):
    """What was agreed on."""

    version: str
    """From the connection; a cipher's own label may tell an older one."""
    cipher: str
    bits: int
    certificate: bytes
    """The server's own, DER."""


class NotAgreed(Exception):
    """The peer declined, or broke off; the message is OpenSSL's."""


async def shake(connection: socket, context: ssl.SSLContext, name: str | None) -> Handshake:
    """Make a handshake as a client, then close the connection.

    Args:
        connection: connected and non-blocking.
        context: what the client offers.
        name: told to the server (SNI); None for an address.

    Raises:
        NotAgreed: no common version or cipher, or the server broke off.
        ssl.SSLCertVerificationError: the context verifies, and the chain does not hold.
        HttpFailed: it took longer than HANDSHAKE_SECONDS.
    """
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with connection:
        session = context.wrap_bio(incoming, outgoing, server_hostname=name)
        try:
            async with asyncio.timeout(HANDSHAKE_SECONDS):
                await carry(session, incoming, outgoing, connection)
        except TimeoutError as error:
            raise HttpFailed("The TLS handshake took too long.", reason="timeout") from error
        cipher = session.cipher() or ("", "", 0)
        return Handshake(
            version=session.version() or "", cipher=cipher[0], bits=cipher[2],
            certificate=session.getpeercert(binary_form=True) or b"",
        )  # fmt: skip


async def carry(
    session: ssl.SSLObject, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO, connection: socket
) -> None:
    """Move bytes between a session and its socket until the handshake is done; either side.

    Raises:
        NotAgreed, ssl.SSLCertVerificationError: as `shake`.
    """
    loop = asyncio.get_running_loop()
    received = 0
    done = False
    while not done:
        done = _step(session)
        try:
            if outgoing.pending:
                await loop.sock_sendall(connection, outgoing.read())
            data = b"" if done else await loop.sock_recv(connection, PIECE)
        except OSError as error:
            raise NotAgreed("the peer broke off") from error
        received += len(data)
        if received > MOST_BYTES or not (data or done):
            raise NotAgreed("the peer broke off")
        incoming.write(data)


def _step(session: ssl.SSLObject) -> bool:
    """Go on with a handshake; whether that was the last step."""
    try:
        session.do_handshake()
    except ssl.SSLWantReadError:
        return False
    except ssl.SSLCertVerificationError:
        raise
    except ssl.SSLError as error:
        raise NotAgreed(error.reason or "no handshake") from error
    return True


@cache
def context_for(version: str, ciphers: str = ANY_CIPHER) -> ssl.SSLContext | None:
    """A client that offers one version and trusts anybody; None if OpenSSL here cannot.

    Args:
        version: a key of VERSIONS; empty for all that OpenSSL here has by default.
        ciphers: in OpenSSL's words; they do not bind TLS 1.3.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        context.set_ciphers(ciphers)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # to offer old ones is the point
            if version:
                context.minimum_version = context.maximum_version = VERSIONS[version]
    except (ssl.SSLError, ValueError):
        return None
    return context


def verifying_context() -> ssl.SSLContext:
    """A client that offers all, trusts what the system trusts, and leaves names to us."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.set_ciphers(ANY_CIPHER)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
    return context
