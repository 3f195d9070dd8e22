"""What a `web_scraping` job asks for."""

import re
from enum import StrEnum
from typing import Annotated, Literal
from urllib.parse import urlsplit

from msgspec import Meta, field
from w3lib.url import canonicalize_url

from taskforge.core.outbound import URL_LIMIT
from taskforge.handlers.base import Payload
from taskforge.handlers.web.patterns import MAX_SELECTOR, Query, css_query, xpath_query

DEMO = "https://demo.taskforge.test/"
MAX_FIELDS = 30
MAX_PAGES = 1_000

Name = Annotated[str, Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_ .-]{0,63}$(?!\n)")]
Css = Annotated[str, Meta(min_length=1, max_length=MAX_SELECTOR, description="A CSS selector.")]
Glob = Annotated[
    str, Meta(min_length=1, max_length=MAX_SELECTOR, pattern=r"^[^\x00-\x1f\x7f]+$(?!\n)")
]
HostName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$(?!\n)")]
_UNSAID = {"http": ":80", "https": ":443"}
_ADDRESS = re.compile(r"https?://[^\s\x00-\x20\x7f]+", re.IGNORECASE)


class Kind(StrEnum):
    """What becomes of what a selector finds."""

    TEXT = "text"
    HTML = "html"
    NUMBER = "number"
    DATE = "date"
    URL = "url"


class Scope(StrEnum):
    """Which addresses belong to the crawl."""

    HOST = "host"
    DOMAIN = "domain"
    PATH = "path"
    LIST = "list"


class Field(Payload, frozen=True):
    """Where to find a value; of several that a selector finds the first, unless `many` is set."""

    css: Css | None = None
    """With `::text` and `::attr(name)`; one of `css` and `xpath`."""
    xpath: (
        Annotated[
            str, Meta(min_length=1, max_length=MAX_SELECTOR, description="XPath 1.0; in an `item`"
                      " begin with `.//`.")
        ]
        | None
    ) = None  # fmt: skip
    attr: Annotated[str, Meta(pattern=r"^[A-Za-z_:][\w:.-]{0,63}$(?!\n)")] | None = None
    """Take this attribute of the element in place of its text."""
    many: bool = False
    """All that is found, up to 50."""
    type: Kind = Kind.TEXT
    """`number` and `date` give null where there is none; `date` gives ISO 8601; `url` is made
    absolute; `html` is source text, never to be shown unescaped."""
    required: bool = False
    """Rows without it are left out."""

    def __post_init__(self) -> None:
        if (self.css is None) == (self.xpath is None):
            raise ValueError("Give either `css` or `xpath`")
        self.query()

    def query(self, *, xml: bool = False) -> Query:
        """The compiled selector.

        Raises:
            ValueError: it cannot be compiled.
        """
        if self.css is not None:
            return css_query(self.css, xml=xml)
        return xpath_query(self.xpath or "")


Part = Literal["fields", "meta", "links", "text", "jsonld", "hash"]


def _default_selectors() -> dict[Name, Css | Field]:
    return {
        "title": "title::text",
        "headings": Field(css="h1, h2", many=True),
        "links": Field(css="a::attr(href)", many=True, type=Kind.URL),
    }


def _default_parts() -> list[Part]:
    return ["fields", "meta", "links"]


class WebPayload(Payload, frozen=True):
    """Where to begin, how far to go, and what to take along."""

    url: Annotated[str, Meta(max_length=URL_LIMIT)] = DEMO
    """http or https; the first page."""
    depth: Annotated[int, Meta(ge=0, le=5)] = 1
    """How many links away from the first page; 0 for that page alone."""
    selectors: Annotated[dict[Name, Css | Field], Meta(max_length=MAX_FIELDS)] = field(
        default_factory=_default_selectors
    )
    """Name to selector: a CSS selector, or an object that says more."""
    item: Css | None = None
    """A repeated block: the fields are read inside each, which gives a row per block."""
    max_pages: Annotated[int, Meta(ge=1, le=MAX_PAGES)] = 50
    scope: Scope = Scope.HOST
    """`host` and `path` stay on the first page's host (and folder), `domain` takes its subdomains
    and siblings too, `list` the hosts that `hosts` names."""
    hosts: Annotated[list[HostName], Meta(max_length=20)] = field(default_factory=list[HostName])
    """For `scope: list`, beside the first page's own."""
    include: Annotated[list[Glob], Meta(max_length=20)] = field(default_factory=list[Glob])
    """Globs: only addresses that fit one. `/blog/*` is held against the path."""
    exclude: Annotated[list[Glob], Meta(max_length=20)] = field(default_factory=list[Glob])
    """Globs: no address that fits one."""
    respect_robots: bool = True
    """Whether robots.txt is obeyed; turn it off for sites of your own only."""
    delay_ms: Annotated[int, Meta(ge=0, le=60_000)] = 250
    """Pause between two requests to a host; a longer one in robots.txt wins."""
    concurrency: Annotated[int, Meta(ge=1, le=4)] = 2
    """Requests under way per host."""
    sitemap: bool = False
    """Whether addresses from the site's sitemap are taken as starting points, up to 10,000."""
    extract: Annotated[list[Part], Meta(max_length=6)] = field(default_factory=_default_parts)
    """Parts of each page to keep: `text` is its main text as Markdown."""
    user_agent: Annotated[str, Meta(max_length=100, pattern=r"^[ -~]*$(?!\n)")] = ""
    """Added to the name that requests carry, which always begins with TaskForge."""

    def __post_init__(self) -> None:
        check_address(self.url)
        for name, selector in self.selectors.items():
            if isinstance(selector, str):
                _named(f"selectors.{name}", selector)
            elif self.item and selector.xpath and selector.xpath.startswith("/"):
                raise ValueError(
                    f"`selectors.{name}`: inside an `item` an XPath begins with `.//`,"
                    " or it would search the whole page"
                )
        if self.item is not None:
            _named("item", self.item)
            if "::" in self.item:
                raise ValueError("`item` selects elements, without `::text` or `::attr()`")
        if bool(self.hosts) != (self.scope is Scope.LIST):
            raise ValueError("`hosts` and `scope: list` belong together")

    def fields(self) -> dict[str, Field]:
        """The selectors in their long form."""
        return {
            name: Field(css=selector) if isinstance(selector, str) else selector
            for name, selector in self.selectors.items()
        }


def _named(name: str, css: str) -> None:
    try:
        css_query(css)
    except ValueError as error:
        raise ValueError(f"`{name}`: {error}") from error


def tidied(url: str) -> str:
    """The canonical form of an address: arguments sorted, no fragment, no port that goes unsaid.

    Raises:
        ValueError: it cannot be taken apart.
    """
    made = canonicalize_url(url)
    scheme, _, rest = made.partition("://")
    netloc, slash, path = rest.partition("/")
    return f"{scheme}://{netloc.removesuffix(_UNSAID.get(scheme, ':'))}{slash}{path}"


def check_address(url: str) -> str:
    """The canonical form of an address that a crawl may begin with.

    Raises:
        ValueError: not an http(s) address, or one with a user name in it.
    """
    try:
        if not _ADDRESS.fullmatch(url) or not urlsplit(url).hostname:
            raise ValueError("it begins with http:// or https://, and names a host")
        parts = urlsplit(url)
        if parts.username is not None or parts.password is not None:
            raise ValueError("it may not hold a user name or password")
        parts.port  # noqa: B018 - raises where it is no port
        return tidied(url)
    except ValueError as error:
        raise ValueError(f"`url` is no web address: {error}") from error
