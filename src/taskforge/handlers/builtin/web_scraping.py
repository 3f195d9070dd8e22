"""Crawl a site politely, and take named fields of its pages to a table."""

from typing import Any
from urllib.parse import urlsplit

from taskforge.core.job import Estimate
from taskforge.handlers.base import Context, job_type
from taskforge.handlers.web.crawl import MAX_SECONDS, Crawl
from taskforge.handlers.web.payload import DEMO, WebPayload

PRODUCT_FIELDS: dict[str, Any] = {
    "name": {"css": "h3 a", "required": True},
    "price": {"css": ".price", "type": "number"},
    "address": {"css": "h3 a::attr(href)", "type": "url"},
    "in_stock": ".stock::text",
}

EXAMPLES: list[dict[str, Any]] = [
    {
        "url": f"{DEMO}products",
        "depth": 1,
        "item": ".product",
        "selectors": PRODUCT_FIELDS,
        "include": ["/products*"],
        "delay_ms": 50,
    },
    {"url": DEMO, "depth": 1, "delay_ms": 100},
    {
        "url": f"{DEMO}products/1",
        "depth": 0,
        "selectors": {
            "name": "h1::text",
            "price": {"css": ".price", "type": "number"},
            "released": {"xpath": "//time/@datetime", "type": "date"},
        },
        "extract": ["fields", "meta", "text", "jsonld", "hash"],
    },
    {
        "url": DEMO,
        "depth": 0,
        "sitemap": True,
        "max_pages": 40,
        "delay_ms": 20,
        "selectors": {"heading": "h1::text", "price": {"css": "main .price", "type": "number"}},
    },
]


def summarise(ask: WebPayload) -> str:
    """One line, such as `crawl of demo.taskforge.test, depth 1, at most 50 pages`."""
    host = urlsplit(ask.url).netloc
    host = host if len(host) <= 60 else f"{host[:59]}…"
    if ask.depth == 0 and not ask.sitemap:
        return f"one page of {host}"
    seeds = ", from its sitemap" if ask.sitemap else ""
    return f"crawl of {host}{seeds}, depth {ask.depth}, at most {ask.max_pages:,} pages"


def estimate(ask: WebPayload) -> Estimate:
    """Pauses are what a polite crawl consists of."""
    pages = 1 if ask.depth == 0 and not ask.sitemap else ask.max_pages
    seconds = 0.5 + pages * max(ask.delay_ms / 1000, 0.01)
    return Estimate(seconds=round(min(seconds, MAX_SECONDS), 1), note=f"at most {pages:,} pages")


@job_type(
    "web_scraping",
    WebPayload,
    title="Web scraping",
    examples=EXAMPLES,
    viewer="table",
    icon="globe",
    concurrency=8,
    timeout_seconds=MAX_SECONDS + 60,
    summarise=summarise,
    estimate=estimate,
)
async def web_scraping(ask: WebPayload, ctx: Context) -> Any:
    """Crawl a site and read named fields from its pages.

    Breadth first from one address, within a scope, obeying robots.txt and keeping a pause between
    requests. Fields come by CSS or XPath, one row per page or per repeated block, as a table and as
    NDJSON and CSV files. Pages that have not changed since the last crawl are not fetched again.
    No cookies, no forms, no JavaScript.
    """
    if not ask.respect_robots:
        ctx.log("warning", "robots.txt is not obeyed", url=ask.url)
    return await Crawl(ctx, ask).run()
