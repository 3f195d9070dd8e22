"""Unpacking a reply piece by piece, never more of it than somebody asked for (S-34)."""

import zlib
from collections.abc import Iterator

from taskforge.core.outbound import HttpFailed

CODINGS = frozenset({"gzip", "deflate", "identity"})
"""What we can unpack, and therefore what we ask for."""

RATIO = 100
"""A reply may unpack to so many times its size."""
RATIO_FROM = 1 << 20
"""Unpacked bytes up to which the ratio is nobody's concern."""
PIECE = 65_536
MOST_MEMBERS = 100
"""A gzip stream may be several in a row; each costs more than its bytes."""

_GZIP_MAGIC = b"\x1f\x8b"
_HEADER_BYTES = 2


class Unpacker:
    """One reply's body: wire bytes in, the body in pieces of at most PIECE out.

    Args:
        coding: the reply's `content-encoding`, empty if it has none.
        asked: the codings that were asked for.
    """

    def __init__(self, coding: str, asked: frozenset[str]) -> None:
        self._coding = "gzip" if coding == "x-gzip" else coding or "identity"
        self._known = self._coding in asked or self._coding == "identity"
        self._inflate = zlib.decompressobj()
        self._within = False
        """Whether a member has begun and not ended."""
        self._held = b""
        self._members = 0
        self._packed = 0
        self._unpacked = 0
        self._over = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Unpack as the caller goes on; what the caller does not take is never made.

        Raises:
            HttpFailed: `protocol` for a coding that was not asked for or data that is none,
                `too_large` for data that unpacks beyond all measure.
        """
        if not self._known:
            raise _garbled("in a way that was not asked for")
        if self._coding == "identity":
            yield data
            return
        self._packed += len(data)
        data, self._held = self._held + data, b""
        full = False  # then zlib may hold more back, though it has taken all there was
        while (data or full) and not self._over:
            if not self._within and len(data) < _HEADER_BYTES:
                self._held = data
                return
            if not self._within:
                self._begin(data)
                continue
            piece, data = self._more(data)
            full = len(piece) == PIECE
            if piece:
                self._measure(len(piece))
                yield piece

    def finish(self) -> None:
        """The wire has ended.

        Raises:
            HttpFailed: in the middle of what was packed (`protocol`).
        """
        if self._within or (self._held and not self._members):
            raise _garbled("and ends in the middle")

    def _begin(self, data: bytes) -> None:
        """Start with the next gzip member, or with the only deflate stream."""
        if self._members and not data.startswith(_GZIP_MAGIC):
            self._over = True  # padding behind the last member, which everybody ignores
            return
        self._members += 1
        if self._members > MOST_MEMBERS:
            raise _garbled("in too many parts")
        bits = zlib.MAX_WBITS | 16
        if self._coding == "deflate":  # RFC 9110 means zlib's format; some send it bare
            zlibbed = data[0] & 0x0F == zlib.DEFLATED and int.from_bytes(data[:2]) % 31 == 0
            bits = zlib.MAX_WBITS if zlibbed else -zlib.MAX_WBITS
        self._inflate = zlib.decompressobj(bits)
        self._within = True

    def _more(self, data: bytes) -> tuple[bytes, bytes]:
        """The next piece of the body, and the wire bytes that are left."""
        try:
            piece = self._inflate.decompress(data, PIECE)
        except zlib.error as error:
            raise _garbled("and damaged") from error
        if not self._inflate.eof:
            return piece, self._inflate.unconsumed_tail
        self._within = False
        self._over = self._coding == "deflate"
        return piece, self._inflate.unused_data

    def _measure(self, size: int) -> None:
        self._unpacked += size
        if self._unpacked > max(RATIO_FROM, RATIO * self._packed):
            raise HttpFailed(
                f"The reply unpacks to more than {RATIO} times its size.", reason="too_large"
            )


def _garbled(how: str) -> HttpFailed:
    return HttpFailed(f"The body of the reply is packed {how}.", reason="protocol")
