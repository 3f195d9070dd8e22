"""A server's certificate, judged: names, dates, key and signature."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa

from taskforge.core.failures import TargetError
from taskforge.core.plain import plain_text
from taskforge.handlers.scan.finding import Rule, Severity

SOON = timedelta(days=14)
LONGEST = timedelta(days=398)
"""What browsers take of public certificates since 2020 (CA/Browser Forum, BR 6.3.2)."""
LEAST_RSA = 2_048
LEAST_EC = 224
WEAK_HASHES = frozenset({"md5", "sha1"})
MOST_NAMES = 20
NIST = "https://csrc.nist.gov/pubs/sp/800/57/pt1/r5/final"
BASELINE = "https://cabforum.org/working-groups/server/baseline-requirements/"

_S = Severity
EXPIRED = Rule(
    "tls.expired", _S.CRITICAL, "certificate", "The certificate has expired or is not yet valid",
    "The certificate is valid today", "Renew the certificate, and let a program do it from now on.",
    (BASELINE,), 298,
)  # fmt: skip
EXPIRES = Rule(
    "tls.expires_soon", _S.MEDIUM, "certificate", "The certificate expires within 14 days",
    "The certificate is valid for 14 days or more", "Renew it; check why it did not renew itself.",
    (BASELINE,), 298,
)  # fmt: skip
LONG_LIVED = Rule(
    "tls.long_lived", _S.LOW, "certificate", "The certificate was issued for too long a time",
    "The certificate was issued for at most 398 days", "Ask for a shorter one and renew it by"
    " program.", (BASELINE,),
)  # fmt: skip
WRONG_NAME = Rule(
    "tls.wrong_name", _S.HIGH, "certificate", "The certificate is for another name",
    "The certificate names the host", "Get a certificate whose subject alternative names have the"
    " host.", ("https://www.rfc-editor.org/rfc/rfc9525",), 297,
)  # fmt: skip
WEAK_KEY = Rule(
    "tls.weak_key", _S.HIGH, "certificate", "The certificate's key is weak",
    "The certificate's key is strong", "Make a new key: ECDSA P-256, or RSA with 2048 bits or"
    " more.", (NIST,), 326,
)  # fmt: skip
WEAK_SIGNATURE = Rule(
    "tls.weak_signature", _S.HIGH, "certificate", "The certificate's signature is weak",
    "The certificate's signature is strong", "Get one that is signed with SHA-256 or better.",
    ("https://www.rfc-editor.org/rfc/rfc9155",), 328,
)  # fmt: skip
RULES = (EXPIRED, EXPIRES, LONG_LIVED, WRONG_NAME, WEAK_KEY, WEAK_SIGNATURE)


class Defect(NamedTuple):
    """A broken rule and what shows it."""

    rule: Rule
    evidence: str


def read_certificate(der: bytes) -> x509.Certificate:
    """Parse a certificate.

    Raises:
        TargetError: it is none.
    """
    try:
        return x509.load_der_x509_certificate(der)
    except ValueError as error:
        raise TargetError("The server's certificate cannot be read.") from error


def defects(certificate: x509.Certificate, host: str, now: datetime) -> Iterator[Defect]:
    """What is wrong with a certificate for a host.

    Args:
        certificate: the server's own.
        host: a name or an address.
        now: with a time zone.
    """
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if now < begins:
        yield Defect(EXPIRED, f"valid from {begins:%Y-%m-%d}")
    elif now > ends:
        yield Defect(EXPIRED, f"expired on {ends:%Y-%m-%d}")
    elif ends - now < SOON:
        yield Defect(EXPIRES, f"expires on {ends:%Y-%m-%d}")
    if ends - begins > LONGEST:
        yield Defect(LONG_LIVED, f"issued for {(ends - begins).days} days")
    names = names_in(certificate)
    if not any(covers(name, host) for name in names):
        yield Defect(WRONG_NAME, f"it names {', '.join(names[:MOST_NAMES]) or 'no host at all'}")
    kind, bits, strong = key_of(certificate)
    if not strong:
        yield Defect(WEAK_KEY, f"{kind} with {bits} bits")
    signed = signature_of(certificate)
    if signed in WEAK_HASHES:
        yield Defect(WEAK_SIGNATURE, signed)


def described(certificate: x509.Certificate, now: datetime) -> dict[str, Any]:
    """A certificate for people."""
    kind, bits, _ = key_of(certificate)
    ends = certificate.not_valid_after_utc
    return {
        "subject": _name(certificate.subject),
        "issuer": _name(certificate.issuer),
        "names": [plain_text(name, 253) for name in names_in(certificate)[:MOST_NAMES]],
        "valid_from": certificate.not_valid_before_utc.isoformat(),
        "valid_until": ends.isoformat(),
        "days_left": (ends - now).days,
        "key": f"{kind} {bits}",
        "signature": signature_of(certificate),
    }


def names_in(certificate: x509.Certificate) -> list[str]:
    """The host names and addresses that it is for; the common name has not counted since 2017."""
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except (x509.ExtensionNotFound, ValueError):  # malformed ones name nobody
        return []
    names = extension.value.get_values_for_type(x509.DNSName)
    return [*names, *map(str, extension.value.get_values_for_type(x509.IPAddress))]


def covers(name: str, host: str) -> bool:
    """Whether a name of a certificate stands for a host (RFC 9525, 6.3).

    A wildcard stands for one whole label, the leftmost.
    """
    try:
        return ip_address(host) == ip_address(name)
    except ValueError:
        pass
    name, host = name.lower().rstrip("."), host.lower().rstrip(".")
    if name.startswith("*."):
        return host.partition(".")[2] == name[2:] and "." in name[2:]
    return name == host


def key_of(certificate: x509.Certificate) -> tuple[str, int, bool]:
    """Kind, size in bits, and whether that is strong."""
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return "unreadable", 0, False
    match key:
        case rsa.RSAPublicKey():
            return "RSA", key.key_size, key.key_size >= LEAST_RSA
        case ec.EllipticCurvePublicKey():
            return f"EC {key.curve.name}", key.key_size, key.key_size >= LEAST_EC
        case dsa.DSAPublicKey():
            return "DSA", key.key_size, False
        case _:
            return type(key).__name__.removesuffix("PublicKey"), 256, True


def signature_of(certificate: x509.Certificate) -> str:
    """The hash that it is signed with, in lower case; the scheme's name where that has none."""
    try:
        hashed = certificate.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return "unknown"
    return hashed.name if hashed else certificate.signature_algorithm_oid.dotted_string


def _name(name: x509.Name) -> str:
    return plain_text(name.rfc4514_string(), 200)
