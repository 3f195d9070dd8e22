"""What is read from one page: fields, rows, links and the rest; runs in the child process."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from taskforge.handlers.web.documents import Document, NotText, decode, parse
from taskforge.handlers.web.markup import etree
from taskforge.handlers.web.patterns import css_query
from taskforge.handlers.web.payload import WebPayload
from taskforge.handlers.web.records import Page, Reading, Row
from taskforge.handlers.web.scope import Boundary, absolute
from taskforge.handlers.web.values import plain, value_of

MAX_LINKS = 1_000
"""Within the scope; and as many outside of it."""
MAX_LINK_CHARACTERS = 64_000
"""Of the addresses on either side. With the content this bounds what a page takes in the journal,
which has 10,000 keys of 64 kB for at most 1,000 pages."""
MAX_ROWS = 500
MAX_CONTENT = 64_000
"""Bytes of JSON that the fields, the rows, the text and the linked data of a page may each have."""
MAX_TITLE = 300

ReadText = Callable[[Document, str], str]
"""From a document and its address to its main text as Markdown."""

_links = etree.XPath("//a[@href] | //area[@href]", smart_strings=False)
_metas = etree.XPath("//meta[@content][@name or @property]", smart_strings=False)
_title = etree.XPath("//title", smart_strings=False)
_canonical = etree.XPath("//link[@rel='canonical']/@href", smart_strings=False)
_jsonld = etree.XPath("//script[@type='application/ld+json']", smart_strings=False)


class PageReader:
    """Reads pages as one job asks.

    Args:
        ask: the job's payload.
        boundary: its scope.
        read_text: how the main text is found.
    """

    def __init__(self, ask: WebPayload, boundary: Boundary, read_text: ReadText) -> None:
        self._ask = ask
        self._boundary = boundary
        self._read_text = read_text
        self._fields = ask.fields()

    def read(self, page: Page) -> Reading:
        """Read a page; what is wrong with it is said in the reading."""
        reading = Reading()
        if "hash" in self._ask.extract:
            reading.hash = hashlib.sha256(page.body).hexdigest()
        try:
            if not _has_elements(page.content_type):
                reading.encoding, text = decode(page.body, page.content_type)
                if "text" in self._ask.extract:
                    reading.text = _cut(text, reading)
                return reading
            document = parse(page.body, page.content_type, page.url)
        except NotText as error:
            reading.error = str(error)
            return reading
        reading.encoding = document.encoding
        if document.root is None:
            reading.error = "the page is empty" if not page.body.strip() else "nothing in it parses"
            return reading
        self._describe(document, reading)
        if not page.bare:
            self._extract(document, page.url, reading)
        return reading

    def _describe(self, document: Document, reading: Reading) -> None:
        titles = _title(document.root)
        reading.title = plain(titles[0])[:MAX_TITLE] if titles else ""
        meta = _meta(document)
        if "meta" in self._ask.extract:
            reading.meta = meta
        if self._ask.respect_robots and "nofollow" in meta.get("robots", "").lower():
            reading.notes.append("its links are not followed: the page asks for that (nofollow)")
        else:
            self._follow(document, reading)

    def _follow(self, document: Document, reading: Reading) -> None:
        inside: dict[str, None] = {}
        outside: dict[str, None] = {}
        for link in _links(document.root):
            if self._ask.respect_robots and "nofollow" in link.get("rel", "").lower().split():
                continue
            url = absolute(document.base, link.get("href"))
            if url is None or url in inside or url in outside:
                continue
            if self._boundary.holds(url):
                inside[url] = None
            elif self._boundary.leaves(url):
                outside[url] = None
        reading.links, reading.external = _bounded(inside), _bounded(outside)
        if len(reading.links) < len(inside):
            reading.notes.append(f"of its links only the first {len(reading.links):,} are followed")

    def _extract(self, document: Document, url: str, reading: Reading) -> None:
        if "fields" in self._ask.extract and self._fields:
            self._read_fields(document, reading)
        if "jsonld" in self._ask.extract:
            reading.jsonld = list(_within(_linked_data(document.root, reading), "JSON-LD", reading))
        if "text" in self._ask.extract:
            reading.text = _cut(self._read_text(document, url), reading)

    def _read_fields(self, document: Document, reading: Reading) -> None:
        try:
            if self._ask.item is None:
                rows = [self._row(document.root, document, reading)]
                reading.fields = next(_within(rows, "the fields", reading), None)
            else:
                blocks = css_query(self._ask.item, xml=document.xml)(document.root)
                rows = (self._row(block, document, reading) for block in blocks[:MAX_ROWS])
                reading.rows = list(_within(rows, "the items", reading))
                if len(blocks) > MAX_ROWS:
                    reading.notes.append(f"only {MAX_ROWS} of its {len(blocks):,} items are read")
        except etree.XPathError as error:
            reading.error = f"a selector cannot be used on it: {error}"

    def _row(self, element: Any, document: Document, reading: Reading) -> Row | None:
        row: Row = {}
        for name, field in self._fields.items():
            found = field.query(xml=document.xml)(element)
            row[name] = value_of(field, found, document.base)
            if field.required and row[name] in (None, []):
                reading.notes.append(f"`{name}` is required and missing")
                return None
        return row


def _has_elements(content_type: str) -> bool:
    kind = content_type.partition(";")[0].strip().lower()
    return not kind or kind.endswith(("html", "xml"))


def _within(values: Any, what: str, reading: Reading) -> Iterator[Any]:
    """Values but None, up to the content limit."""
    size = 0
    for value in values:
        if value is None:
            continue
        size += len(msgspec.json.encode(value))
        if size > MAX_CONTENT:
            reading.notes.append(
                f"{what} have more than {MAX_CONTENT:,} bytes; the rest are left out"
            )
            return
        yield value


def _bounded(urls: Iterable[str]) -> list[str]:
    kept: list[str] = []
    room = MAX_LINK_CHARACTERS
    for url in urls:
        room -= len(url)
        if room < 0 or len(kept) == MAX_LINKS:
            break
        kept.append(url)
    return kept


def _cut(text: str, reading: Reading) -> str:
    if len(text) > MAX_CONTENT // 2:
        reading.notes.append(f"its text is cut after {MAX_CONTENT // 2:,} characters")
    return text[: MAX_CONTENT // 2]


def _meta(document: Document) -> dict[str, str]:
    meta: dict[str, str] = {}
    for element in _metas(document.root):
        name = (element.get("name") or element.get("property")).strip().lower()[:100]
        if name and len(meta) < 40:
            meta.setdefault(name, plain(element.get("content"))[:500])
    language = document.root.get("lang")
    if language:
        meta["lang"] = language[:35]
    for href in _canonical(document.root)[:1]:
        meta["canonical"] = (absolute(document.base, href) or "")[:500]
    return meta


def _linked_data(root: Any, reading: Reading) -> Iterator[Any]:
    for script in _jsonld(root)[:50]:
        try:
            yield msgspec.json.decode(script.text or "")
        except (msgspec.DecodeError, RecursionError):
            reading.notes.append("it has JSON-LD that is no JSON")
