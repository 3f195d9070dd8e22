"""Where mail goes: the installation's server, as SMTP_URL names it, or the worker's own sink."""

import ssl
from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from taskforge.core.failures import NotConfigured

PORTS = {"smtp": 587, "smtps": 465, "sink": 25}
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
HOW = "such as smtp://user:password@mail.example.com:587"


class Server(NamedTuple):
    """A mail server and how to speak to it."""

    scheme: str
    """`smtp` (STARTTLS), `smtps` (TLS from the start) or `sink`."""
    host: str
    port: int
    user: str | None = None
    password: str | None = None
    starttls: bool = False

    @property
    def transport(self) -> str:
        """As the result tells it."""
        return "sink" if self.scheme == "sink" else "smtp"

    def tls(self) -> ssl.SSLContext | None:
        """What verifies the server's certificate; None for a connection in clear text.

        Trusts what the system trusts, or the file that SSL_CERT_FILE names. Blocks for a moment.
        """
        if self.scheme == "smtps" or self.starttls:
            return ssl.create_default_context()
        return None


def server_of(url: str, *, production: bool) -> Server:
    """Read SMTP_URL.

    Args:
        url: `smtp://[user:password@]host[:port][?starttls=off]` or `smtps://…`; `sink://host:port`
            is what a worker puts in the place of an empty one.
        production: whether clear text is refused, but for this host itself.

    Raises:
        NotConfigured: it is empty, cannot be used, or asks for less safety than it may.
    """
    if not url:
        raise NotConfigured(
            f"No mail server is set: give SMTP_URL, {HOW}, or MAIL_SINK=true for the mailbox,"
            " and start the worker again."
        )
    try:
        server = _read(url)
    except ValueError as error:
        # Nothing of the address is told: it may hold a password.
        raise NotConfigured(f"SMTP_URL cannot be used: {error}; {HOW}.") from error
    in_clear = server.scheme == "smtp" and not server.starttls
    if production and in_clear and server.host not in LOOPBACK:
        raise NotConfigured(
            "SMTP_URL has starttls=off, which production allows for this host itself alone:"
            " take it out, or use smtps://."
        )
    return server


def _read(url: str) -> Server:
    parts = urlsplit(url)
    if parts.scheme not in PORTS:
        raise ValueError("it begins with smtp:// or smtps://")
    if not parts.hostname:
        raise ValueError("it names no host")
    options = parse_qs(parts.query, keep_blank_values=True)
    choice = options.pop("starttls", ["on"])[-1]
    if options or choice not in ("on", "off") or parts.path not in ("", "/"):
        raise ValueError("after the host it takes ?starttls=off and nothing else")
    if parts.scheme == "sink" and parts.hostname not in LOOPBACK:
        raise ValueError("a sink is on this host")
    return Server(
        scheme=parts.scheme,
        host=parts.hostname,
        port=parts.port or PORTS[parts.scheme],
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        starttls=parts.scheme == "smtp" and choice == "on",
    )
