"""A TLS server with a weak certificate, started by the job itself for the demo host.

It listens nowhere: each connection is a pair of sockets inside this process, so no payload can
name it and nobody else can reach it. The handshake is a real one.
"""

import asyncio
import ssl
import warnings
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from socket import socket, socketpair

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from taskforge.handlers.scan.handshake import ANY_CIPHER, NotAgreed, carry

NAME = "old-shop.taskforge.test"
KEY_BITS = 1_024
EXPIRED_FOR = timedelta(days=30)
LIVED_FOR = timedelta(days=3_650)


class WeakServer:
    """Old versions, any cipher, and what certificate it is given.

    Args:
        certificate: PEM, with its key.
        folder: for the certificate, while the context reads it.
    """

    def __init__(self, certificate: bytes, folder: Path) -> None:
        path = folder / "weak.pem"
        path.write_bytes(certificate)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.set_ciphers(ANY_CIPHER)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            self._context.minimum_version = ssl.TLSVersion.TLSv1
        self._context.maximum_version = ssl.TLSVersion.TLSv1_2
        self._context.load_cert_chain(path)
        path.unlink()
        self._serving: set[asyncio.Task[None]] = set()

    async def connect(self) -> socket:
        """A connection to it, non-blocking."""
        ours, theirs = socketpair()
        ours.setblocking(False)
        theirs.setblocking(False)
        task = asyncio.create_task(self._serve(theirs))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        return ours

    async def _serve(self, connection: socket) -> None:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        session = self._context.wrap_bio(incoming, outgoing, server_side=True)
        with connection, suppress(NotAgreed):
            await carry(session, incoming, outgoing, connection)


def weak_certificate(now: datetime) -> bytes:
    """A key that is too short and a certificate: self-signed, expired, for another name; PEM."""
    key = rsa.generate_private_key(65_537, KEY_BITS)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - LIVED_FOR)
        .not_valid_after(now - EXPIRED_FOR)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private + certificate.public_bytes(Encoding.PEM)
