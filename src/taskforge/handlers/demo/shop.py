"""A small shop with most of what crawlers meet: an ASGI application.

Thirty products on four pages, categories, prices, linked data and validators; and also a path that
robots.txt forbids, a sitemap, a redirect, a broken link, a slow page, a page in Windows-1252, and
a file that is no text.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from taskforge.handlers.demo.shop_pages import (
    CATEGORIES,
    HOME,
    PRODUCTS,
    category_page,
    history_page,
    home_page,
    listing_page,
    listing_pages,
    product_page,
    text_page,
)

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

SLOW_SECONDS = 1.0
"""How long the slow page takes: what it is there to show."""
ROBOTS = f"User-agent: *\nDisallow: /admin\nSitemap: {HOME}sitemap.xml\n"
HTML = "text/html; charset=utf-8"


class Answer(NamedTuple):
    """What the shop answers."""

    body: bytes = b""
    media_type: str = HTML
    status: int = 200
    location: str = ""
    validated: bool = False
    """Whether it carries an ETag, and may be answered with 304."""


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one request; GET and HEAD."""
    if scope["type"] != "http":
        return
    if scope["method"] not in ("GET", "HEAD"):
        answer = Answer(b"Only GET and HEAD.", "text/plain", 405)
    else:
        answer = await answer_to(scope["path"], scope["query_string"].decode("ascii", "replace"))
    headers = [(b"content-type", answer.media_type.encode())]
    body, status = answer.body, answer.status
    if answer.location:
        headers.append((b"location", answer.location.encode()))
    if answer.validated:
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'.encode()
        headers.append((b"etag", etag))
        if dict(scope["headers"]).get(b"if-none-match") == etag:
            body, status = b"", 304
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


async def answer_to(path: str, query: str) -> Answer:
    """The page at a path."""
    if path == "/delivery":
        await asyncio.sleep(SLOW_SECONDS)
        return _page(text_page("Delivery", "Most orders leave our workshop within two days."))
    if path == "/products":
        return _listing(query)
    for start, find in (("/products/", _product), ("/category/", _category)):
        if path.startswith(start):
            return find(path.removeprefix(start))
    fixed = FIXED.get(path)
    return fixed() if fixed else _page(text_page("Not found", "There is no such page."), status=404)


def _page(text: str, *, status: int = 200, validated: bool = False) -> Answer:
    return Answer(text.encode(), status=status, validated=validated)


def _listing(query: str) -> Answer:
    number = query.removeprefix("page=") if query else "1"
    if not (number.isdecimal() and 1 <= int(number[:4]) <= listing_pages()):
        return _page(text_page("Not found", "There is no such page."), status=404)
    return _page(listing_page(int(number)), validated=True)


def _product(number: str) -> Answer:
    if not (number.isdecimal() and 1 <= int(number[:4]) <= len(PRODUCTS)):
        return _page(text_page("Not found", "There is no such product."), status=404)
    return _page(product_page(PRODUCTS[int(number) - 1]), validated=True)


def _category(name: str) -> Answer:
    if name not in CATEGORIES:
        return _page(text_page("Not found", "There is no such category."), status=404)
    return _page(category_page(name), validated=True)


def _sitemap() -> Answer:
    paths = ["", "products", "about", "history"]
    paths += [f"category/{name}" for name in CATEGORIES]
    paths += [f"products/{product.number}" for product in PRODUCTS]
    urls = "".join(f"<url><loc>{HOME}{path}</loc></url>" for path in paths)
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>\n'
    )
    return Answer(text.encode(), "application/xml")


FIXED: dict[str, Callable[[], Answer]] = {
    "/": lambda: _page(home_page(), validated=True),
    "/robots.txt": lambda: Answer(ROBOTS.encode(), "text/plain"),
    "/sitemap.xml": _sitemap,
    "/about": lambda: _page(
        text_page("About us", "We make lamps, chairs and tables, and mend them too.")
    ),
    "/history": lambda: Answer(history_page().encode("windows-1252"), "text/html"),
    "/new": lambda: Answer(status=302, location="/products"),
    "/admin": lambda: _page(text_page("Office", "For those who work here.")),
    "/catalogue.bin": lambda: Answer(bytes(range(256)) * 16, "application/octet-stream"),
}
"""Pages with one address each; `/gone`, which the footer links, is not among them."""
