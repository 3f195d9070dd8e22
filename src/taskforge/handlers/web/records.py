"""What the parts of a crawl tell each other: pages, what is in them, what became of them."""

from typing import Any

import msgspec

ASK, ANSWER, ASKED, ANSWERED = "ask", "answer", "asked", "answered"
"""Files that worker and child share: two with content, two pipes that tell its length."""
LENGTH_BYTES = 4
MAX_ADDRESSES = 10_000
"""That a site's sitemaps may give."""

Row = dict[str, Any]
"""Field name to text, number, list of these, or None."""


class Page(msgspec.Struct, frozen=True, kw_only=True, tag="page"):
    """A fetched document for the child process to read."""

    url: str
    """Where it came from, for relative links."""
    content_type: str
    body: bytes
    bare: bool = False
    """Whether to read the links alone: after the selectors have killed a child."""


class Sitemap(msgspec.Struct, frozen=True, kw_only=True, tag="sitemap"):
    """A fetched sitemap for the child process to read."""

    url: str
    body: bytes


class Addresses(msgspec.Struct, frozen=True, kw_only=True, tag="addresses"):
    """Addresses to be made canonical and held against the scope."""

    urls: list[str]


Ask = Page | Sitemap | Addresses


class Reading(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What the child process found."""

    title: str = ""
    encoding: str = ""
    fields: Row | None = None
    """None where the document has no elements, or a required field is missing."""
    rows: list[Row] = []
    """One for each `item`."""
    links: list[str] = []
    """Canonical addresses within the scope, in the order of the page."""
    external: list[str] = []
    """Canonical addresses outside of it."""
    further: list[str] = []
    """Of a sitemap index: the sitemaps that it names."""
    meta: dict[str, str] = {}
    text: str = ""
    """Main text as Markdown."""
    jsonld: list[Any] = []
    hash: str = ""
    """SHA-256 of the body."""
    notes: list[str] = []
    """What was left out, and why."""
    error: str = ""
    """Why there is nothing."""


class Outcome(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What became of one address; the state of a crawl is these, applied in order."""

    url: str
    depth: int
    parent: str = ""
    """The page that it was found on."""
    hops: int = 0
    """Redirects that led here."""
    redirect: str = ""
    """The address within the scope that it pointed at."""
    status: int = 0
    content_type: str = ""
    bytes: int = 0
    """Of the body, decoded."""
    elapsed_ms: int = 0
    error: str = ""
    blocked: bool = False
    """Whether it was refused on our side, so that asking again would not help."""
    unchanged: bool = False
    """Answered 304: the reading is the one of an earlier job."""
    etag: str = ""
    modified: str = ""
    """The `Last-Modified` header."""
    reading: Reading = msgspec.field(default_factory=Reading)


class Seeds(msgspec.Struct, kw_only=True):
    """Addresses that a sitemap named; read once in the life of a job."""

    urls: list[str]


class Entry(msgspec.Struct):
    """One line of the journal."""

    seeds: Seeds | None = None
    outcomes: list[Outcome] = []
