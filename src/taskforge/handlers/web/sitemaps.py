"""Addresses from a sitemap, read as a stream (S-34); runs in the child process."""

import zlib
from collections.abc import Iterator
from typing import Any

from taskforge.handlers.web.markup import etree
from taskforge.handlers.web.records import MAX_ADDRESSES, Reading, Sitemap
from taskforge.handlers.web.scope import Boundary, absolute

MAX_FURTHER = 50
"""Sitemaps of one index."""
MAX_UNPACKED = 50 * 1024 * 1024
MAX_RATIO = 100
PIECE = 65_536


def read_sitemap(sitemap: Sitemap, boundary: Boundary) -> Reading:
    """The addresses within the scope that a sitemap names, or the sitemaps that an index does.

    Gzip is unpacked within limits. A plain list of whole addresses, one a line, counts too.
    """
    reading = Reading()
    links: dict[str, None] = {}
    further: dict[str, None] = {}
    try:
        for kind, text in _locations(sitemap.body):
            url = absolute(sitemap.url, text)
            if url is None:
                continue
            if kind == "sitemap" and len(further) < MAX_FURTHER:
                further[url] = None
            elif kind == "url" and boundary.holds(url):
                links[url] = None
            if len(links) >= MAX_ADDRESSES:
                reading.notes.append(f"only {MAX_ADDRESSES:,} addresses are taken from it")
                break
    except (etree.XMLSyntaxError, zlib.error, ValueError) as error:
        reading.error = f"the sitemap cannot be read to its end: {error}"
    reading.links, reading.further = list(links), list(further)
    return reading


def _locations(body: bytes) -> Iterator[tuple[str, str]]:
    pieces = _unpacked(body) if body.startswith(b"\x1f\x8b") else iter([body])
    first = next(pieces, b"")
    if not first.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        lines = first.decode("utf-8", "replace").splitlines()
        yield from (("url", line) for line in lines if line.startswith("http"))
        return
    parser: Any = etree.XMLPullParser(
        events=("end",), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    yield from _fed(parser, first)
    for piece in pieces:
        yield from _fed(parser, piece)


def _fed(parser: Any, data: bytes) -> Iterator[tuple[str, str]]:
    for start in range(0, len(data), PIECE):
        parser.feed(data[start : start + PIECE])
        for _, element in parser.read_events():
            name = etree.QName(element).localname
            if name == "loc" and element.getparent() is not None:
                yield etree.QName(element.getparent()).localname, element.text or ""
            elif name in ("url", "sitemap"):
                element.clear()
                while element.getprevious() is not None:
                    del element.getparent()[0]


def _unpacked(body: bytes) -> Iterator[bytes]:
    """Gzip in pieces; what it unpacks to is bounded in size and in ratio."""
    unpacker = zlib.decompressobj(wbits=31)
    most = min(MAX_UNPACKED, len(body) * MAX_RATIO)
    total = 0
    while body and not unpacker.eof:
        piece = unpacker.decompress(body, PIECE)
        body = unpacker.unconsumed_tail
        total += len(piece)
        if total > most:
            raise ValueError("it unpacks to far more than it should")
        yield piece
