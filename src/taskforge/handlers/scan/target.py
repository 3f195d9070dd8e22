"""What a scan is pointed at: a site, a host, an upload or a text."""

import hashlib
import re
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

from taskforge.core.outbound import URL_LIMIT

DEMO_HOST = "broken.taskforge.test"
"""Reserved (RFC 2606), and answered inside this process: no address stands behind it."""
DEMO_URL = f"https://{DEMO_HOST}/"

_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
_UPLOAD = re.compile(r"upload:(.*)", re.DOTALL)


class Target(NamedTuple):
    """A target, taken apart; either a host or a text."""

    host: str = ""
    """Lower case, IDNA-encoded; an IPv6 address without brackets."""
    port: int | None = None
    """As given, or None."""
    scheme: str = "https"
    path: str = "/"
    """With the query."""
    upload: UUID | None = None
    text: str = ""

    @property
    def is_demo(self) -> bool:
        """Whether the bundled demo answers."""
        return self.host == DEMO_HOST

    @property
    def is_address(self) -> bool:
        """Whether the host is an IP address."""
        return _address(self.host)

    @property
    def shown_host(self) -> str:
        """The host as it stands in a URL."""
        return f"[{self.host}]" if ":" in self.host else self.host

    def url(self, path: str = "") -> str:
        """The address of the page, or of another one there."""
        port = "" if self.port is None else f":{self.port}"
        return f"{self.scheme}://{self.shown_host}{port}{path or self.path}"

    def identity(self, path: str = "") -> str:
        """What makes two scans ones of the same target.

        An inline text is known by the file name it is given, or else by its content.
        """
        if self.host:
            return self.url(path) if self.port or self.path != "/" or path else self.host
        if self.upload:
            return f"upload:{self.upload}"
        digest = hashlib.sha256(self.text.encode(errors="replace")).hexdigest()[:16]
        return f"text:{path or digest}"

    def label(self) -> str:
        """The target for people; never the text itself, which may hold secrets."""
        if self.host:
            return self.url() if self.path != "/" or self.port else self.host
        return (
            f"upload {self.upload}" if self.upload else f"a text of {len(self.text):,} characters"
        )


def parse_target(target: str, *, text: bool) -> Target:
    """Take a target apart.

    Args:
        target: as the client wrote it.
        text: whether the scan reads a text, and no site.

    Raises:
        ValueError: it does not fit the scan; the message is for the client.
    """
    given = target.strip()
    upload = _UPLOAD.fullmatch(given)
    if text and upload:
        try:
            return Target(upload=UUID(upload[1]))
        except ValueError:
            raise ValueError("`target` is `upload:` and the id that the upload got") from None
    if text:
        if re.fullmatch(r"https?://\S+", given):
            raise ValueError("`target` is a URL; this scan reads a text or `upload:<id>`")
        if not given:
            raise ValueError("`target` is empty; give a text or `upload:<id>`")
        return Target(text=target)
    if upload or "\n" in given:
        raise ValueError("`target` is a URL or `host[:port]`; this scan reads no text")
    return _site(given)


def _site(given: str) -> Target:
    if len(given) > URL_LIMIT or not given.isprintable() or " " in given:
        raise ValueError(f"`target` is a URL or `host[:port]` of at most {URL_LIMIT} characters")
    bare = "://" not in given
    if bare and given.count(":") > 1 and not given.startswith("["):
        given = f"[{given}]"
    try:
        parts = urlsplit(f"https://{given}" if bare else given)
        port = parts.port
    except ValueError:
        raise ValueError("`target` is not a URL, nor `host[:port]`") from None
    if parts.scheme not in ("http", "https"):
        raise ValueError("`target` begins with http:// or https://, or is `host[:port]`")
    if "@" in parts.netloc:
        raise ValueError("`target` must hold no user name or password")
    if port == 0:
        raise ValueError("`target` has a port from 1 to 65535")
    path = parts.path or "/"
    if parts.query:
        path = f"{path}?{parts.query}"
    return Target(host=_host(parts.hostname or ""), port=port, scheme=parts.scheme, path=path)


def _host(name: str) -> str:
    if _address(name):
        return name.lower()
    try:
        encoded = name.rstrip(".").encode("idna").decode().lower()
    except UnicodeError:
        encoded = ""
    labels = encoded.split(".")
    # An all-digit last label is a number to some resolvers, and so an address in disguise.
    if len(encoded) > 253 or labels[-1].isdigit() or not all(map(_LABEL.fullmatch, labels)):
        raise ValueError("`target` has no host name that can be looked up")
    return encoded


def _address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
