import asyncio
import time

import msgspec
import pytest

from taskforge.core.errors import Invalid
from taskforge.handlers.builtin.web_scraping import summarise, web_scraping
from taskforge.handlers.demo.sites import DEMOS
from taskforge.handlers.registry import load
from taskforge.handlers.web.payload import WebPayload
from taskforge.outside.http.client import SafeHttp


@pytest.fixture(scope="module")
def registry():
    return load()


@pytest.fixture
async def ctx(ctx):
    await ctx.http.aclose()
    ctx.http = SafeHttp(demos=DEMOS)
    return ctx


async def run(ctx, **payload):
    return await web_scraping(msgspec.convert(payload, WebPayload), ctx)


@pytest.mark.parametrize("number", range(4))
async def test_every_example_runs_offline_and_is_told_in_one_line(ctx, registry, number):
    job_type = registry.get("web_scraping")
    assert len(job_type.examples) == 4

    _, ask = registry.check_payload("web_scraping", job_type.examples[number])
    result = await job_type.run(ask, ctx)

    assert result["stats"]["items"] > 0
    assert result["stats"]["duration_ms"] < 10_000
    assert len(job_type.summarise(ask)) <= 120


async def test_the_first_example_finds_every_product_of_the_shop(ctx, registry):
    _, ask = registry.check_payload("web_scraping", registry.get("web_scraping").examples[0])

    result = await web_scraping(ask, ctx)

    assert result["items"]["columns"] == ["page_url", "name", "price", "address", "in_stock"]
    assert result["items"]["total"] == 30
    assert ["Oak desk lamp", 49.5] in [row[1:3] for row in result["items"]["rows"]]
    assert set(ctx.artifacts) == {"pages.ndjson", "items.ndjson", "items.csv"}


async def test_an_empty_payload_crawls_the_shop_and_meets_all_that_is_in_it(ctx):
    result = await run(ctx, delay_ms=0)

    by_path = {page["url"].partition("test")[2]: page for page in result["pages"]}
    assert result["robots"]["blocked"] == ["https://demo.taskforge.test/admin"]
    assert by_path["/new"]["final_url"] == "https://demo.taskforge.test/products"
    assert by_path["/gone"]["error"] == "HTTP 404"
    assert by_path["/history"]["encoding"] == "cp1252"
    assert by_path["/history"]["title"] == "Our history | Demo shop"
    assert by_path["/delivery"]["elapsed_ms"] >= 1_000
    assert "neither HTML" in by_path["/catalogue.bin"]["error"]
    assert result["links"]["external_urls"] == ["https://example.com/"]
    assert result["tree"][0]["pages"] == result["stats"]["fetched"]
    assert result["warnings"] == []


async def test_one_product_is_read_in_every_way(ctx, registry):
    _, ask = registry.check_payload("web_scraping", registry.get("web_scraping").examples[2])

    result = await web_scraping(ask, ctx)

    (page,) = result["pages"]
    assert page["fields"] == {"name": "Oak desk lamp", "price": 49.5, "released": "2021-02-02"}
    assert page["meta"]["description"] == "Oak desk lamp, made by hand."
    assert page["jsonld"][0]["offers"]["price"] == "49.50"
    assert page["text"].startswith("The oak desk lamp is turned from oak")
    assert len(page["hash"]) == 64


async def test_a_second_crawl_finds_the_shop_unchanged(ctx):
    first = await run(
        ctx, delay_ms=0, include=["/products*"], url="https://demo.taskforge.test/products"
    )
    ctx.kept.clear()

    second = await run(
        ctx, delay_ms=0, include=["/products*"], url="https://demo.taskforge.test/products"
    )

    assert second["stats"]["unchanged"] == first["stats"]["fetched"] > 0
    assert second["items"] == first["items"]


async def test_cancelling_stops_it_within_a_second(ctx):
    task = asyncio.create_task(run(ctx, delay_ms=60_000))
    async with asyncio.timeout(20):
        while not any(told.stage == "crawl" for told in ctx.told):
            await asyncio.wait({task}, timeout=0.01)
    before = time.monotonic()

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert time.monotonic() - before < 1


@pytest.mark.parametrize(
    ("payload", "line"),
    [
        ({}, "crawl of demo.taskforge.test, depth 1, at most 50 pages"),
        ({"url": "http://a.example/x", "depth": 0}, "one page of a.example"),
        ({"url": "http://a.example", "depth": 0, "sitemap": True},
         "crawl of a.example, from its sitemap, depth 0, at most 50 pages"),
    ],
)  # fmt: skip
def test_a_job_is_told_in_one_line(payload, line):
    assert summarise(msgspec.convert(payload, WebPayload)) == line


def selectors(**fields):
    return {"selectors": fields}


@pytest.mark.parametrize(
    ("payload", "pointer", "words"),
    [
        ({"url": "ftp://a.b/"}, "/payload", "`url`"),
        ({"url": "example.com"}, "/payload", "`url`"),
        ({"url": "http://user:secret@a.b/"}, "/payload", "user name"),
        ({"url": "http://a.b:99999/"}, "/payload", "`url`"),
        ({"url": "http://[::1/"}, "/payload", "`url`"),
        ({"url": "http://a.b/\0"}, "/payload", "`url`"),
        ({"url": "http://a.b/" + "x" * 2_048}, "/payload/url", "2048"),
        ({"depth": 6}, "/payload/depth", "5"),
        ({"max_pages": 1_001}, "/payload/max_pages", "1000"),
        ({"concurrency": 5}, "/payload/concurrency", "4"),
        ({"extract": ["screenshot"]}, "/payload/extract/0", "screenshot"),
        ({"user_agent": "a\nb"}, "/payload/user_agent", ""),
        ({"scope": "list"}, "/payload", "`hosts`"),
        ({"hosts": ["a.b"]}, "/payload", "`hosts`"),
        ({"item": "p::text"}, "/payload", "`item`"),
        ({"item": "p["}, "/payload", "`item`"),
        ({"cookies": {}}, "/payload/cookies", "not a field"),
        (selectors(**{f"f{n}": "a" for n in range(31)}), "/payload/selectors", "30"),
        (selectors(t="a["), "/payload", "`selectors.t`"),
        (selectors(t="p::before"), "/payload", "`selectors.t`"),
        (selectors(t="a" * 513), "/payload/selectors", "512"),
        (selectors(t="a " * 21), "/payload", "21 parts"),
        (selectors(t="a:has(b:has(c))"), "/payload", "`:has`"),
        (selectors(t={"css": "a["}), "/payload/selectors", "'a['"),
        (selectors(t={}), "/payload/selectors", "`css` or `xpath`"),
        (selectors(t={"css": "a", "xpath": "//a"}), "/payload/selectors", "`css` or `xpath`"),
        (selectors(t={"xpath": "//a["}), "/payload/selectors", "no XPath"),
        (selectors(t={"xpath": "foo(1)"}), "/payload/selectors", "no XPath"),
        (selectors(t={"xpath": "//a[re:test(., 'x')]"}), "/payload/selectors", "prefix"),
        (selectors(t={"css": "a", "type": "regex"}), "/payload/selectors", "regex"),
        ({"item": "p", **selectors(t={"xpath": "//a"})}, "/payload", "`selectors.t`"),
        (None, "/payload", ""),
    ],
)
def test_a_bad_payload_is_refused_where_it_is_bad(registry, payload, pointer, words):
    with pytest.raises(Invalid) as caught:
        registry.check_payload("web_scraping", payload)

    (fault,) = caught.value.faults
    assert fault.pointer == pointer
    assert words in fault.message
