"""What a job may ask of the guarded HTTP client, and what it gets back (S-30)."""

from typing import Annotated

import msgspec
from msgspec import Meta

from taskforge.core.failures import TargetError

HEADER_LIMIT = 65_536
"""Bytes of a reply's header block."""

URL_LIMIT = 2_048
"""Characters of an address."""


class HttpLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How far one request may go; the attempt's own deadline also applies."""

    connect_seconds: float = 5.0
    first_byte_seconds: float = 10.0
    total_seconds: float = 30.0
    """From the call to the last byte, redirects included."""
    body_bytes: int = 5 * 1024 * 1024
    """Of the reply's body after decompression, which stops there."""
    cut: bool = False
    """Whether a longer body is cut and marked, in place of a failure."""
    redirects: Annotated[int, Meta(ge=0, le=5)] = 0
    """How many redirects are followed; each goes through every check, and none from https to http.
    When they are used up the redirect itself is the reply."""


class Hop(msgspec.Struct, frozen=True, kw_only=True):
    """One redirect that was followed."""

    url: str
    status: int
    headers: list[tuple[str, str]]


class HttpReply(msgspec.Struct, frozen=True, kw_only=True):
    """What came back, whatever its status."""

    url: str
    """Of the last request."""
    status: int
    headers: list[tuple[str, str]]
    """In order, names in lower case, repeated ones repeated."""
    body: bytes
    """Decompressed."""
    cut: bool = False
    """Whether the body goes on."""
    hops: list[Hop] = []
    elapsed_seconds: float

    def header(self, name: str) -> str | None:
        """The first header of this name, in any case."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key == wanted), None)


class HttpFailed(TargetError):
    """A request that brought no usable reply.

    Args:
        message: for people; names no address and repeats nothing that the target said.
        reason: one of

            dns        the host has no address, or its name server does not answer
            connect    no connection, or it was lost
            timeout    connecting, the first byte, the next one or the whole took too long
            tls        no connection that can be trusted
            protocol   not HTTP, shorter than promised, or packed in a way not asked for
            too_large  the headers, the body, or what it unpacks to
            redirect   it leads from https to http, to no address, or would take a body elsewhere
    """

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.reason = reason
