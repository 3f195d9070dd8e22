"""Bytes from anywhere to a tree of elements; runs in the child process."""

import re
from typing import Any, NamedTuple
from urllib.parse import urljoin

from w3lib.encoding import html_to_unicode, resolve_encoding

from taskforge.handlers.web.markup import etree, html

CONTROLS = frozenset(range(32)) - frozenset(b"\t\n\f\r\x1b")
MAX_CONTROLS = 0.02
"""Share of control characters beyond which bytes are not text."""
_XML_START = re.compile(rb"\s*<\?xml\b[^>]*>\s*(?!<!DOCTYPE html|<html)", re.IGNORECASE)
_ENDS = re.compile(r"</(?:body|html)\s{0,9}>", re.IGNORECASE)
_base_href = etree.XPath("string(//base[@href][1]/@href)", smart_strings=False)


class Document(NamedTuple):
    """A parsed page."""

    root: Any
    """Its topmost element; None when there is none."""
    base: str
    """What relative links stand on."""
    encoding: str
    xml: bool
    text: str
    """Its text, decoded."""


class NotText(ValueError):
    """Bytes that are not the text that they call themselves."""


def parse(body: bytes, content_type: str, url: str) -> Document:
    """Read HTML or XML, however broken.

    Nothing is fetched, no entity is resolved, and trees deeper than libxml2's limit are cut.

    Raises:
        NotText: it is binary, or XML with entities of its own (S-34).
    """
    encoding, text = decode(body, content_type)
    if _is_xml(body, content_type):
        # From bytes: XML says its encoding itself. `huge_tree` stays off, its limits stay on.
        parser: Any = etree.XMLParser(
            recover=True, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
        )
        root = _root(body, parser)
        if root is not None and _declares_entities(root):
            raise NotText("it declares entities of its own, which are not read")
        return Document(root, url, encoding, xml=True, text=text)
    parser = html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False)
    # libxml2 reads nothing after the end of the document, where browsers do and sites have things.
    root = _root(_ENDS.sub("", text).encode("utf-8", "replace"), parser)
    base = urljoin(url, _base_href(root)) if root is not None else url
    return Document(root, base, encoding, xml=False, text=text)


def decode(body: bytes, content_type: str) -> tuple[str, str]:
    """The encoding of a text, and the text.

    By byte order mark, header, declaration in the document, then UTF-8 and Windows-1252.

    Raises:
        NotText: it is binary.
    """
    sample = body[:65_536]
    encoding, text = html_to_unicode(content_type or None, body, auto_detect_fun=_detected)
    if "utf-16" not in encoding and "utf-32" not in encoding:
        controls = sum(map(CONTROLS.__contains__, sample))
        if controls > max(2, len(sample) * MAX_CONTROLS):
            raise NotText("it is binary, whatever its content type says")
    return encoding, text.replace("\0", "")


def _detected(body: bytes) -> str:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        # A character cut in two by the size limit is no sign of another encoding.
        cut = error.start >= len(body) - 3
        return "utf-8" if cut else resolve_encoding("windows-1252") or "cp1252"
    return "utf-8"


def _is_xml(body: bytes, content_type: str) -> bool:
    kind = content_type.partition(";")[0].strip().lower()
    if kind in ("text/html", "application/xhtml+xml"):
        return False
    return kind.endswith(("/xml", "+xml")) or bool(_XML_START.match(body[:200]))


def _declares_entities(root: Any) -> bool:
    dtd = root.getroottree().docinfo.internalDTD
    return dtd is not None and next(iter(dtd.iterentities()), None) is not None


def _root(body: bytes, parser: Any) -> Any:
    try:
        return etree.fromstring(body, parser) if body.strip() else None
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None
