import re

import pytest

from taskforge.handlers.demo.sites import DEMOS
from taskforge.outside.http.client import SafeHttp

HOME = "https://demo.taskforge.test"


@pytest.fixture
async def fetch():
    http = SafeHttp(demos=DEMOS)

    async def get(path, **options):
        return await http.fetch(HOME + path, **options)

    yield get
    await http.aclose()


async def test_it_sells_thirty_products_on_four_pages(fetch):
    pages = [await fetch(f"/products?page={number}") for number in range(1, 5)]

    found = [name for page in pages for name in re.findall(rb"/products/(\d+)\"", page.body)]
    assert [page.status for page in pages] == [200] * 4
    assert sorted(map(int, found)) == list(range(1, 31))


@pytest.mark.parametrize(
    "path",
    ["/gone", "/products?page=5", "/products?page=0", "/products?page=x", "/products/31",
     "/products/" + "9" * 5_000, "/category/cars", "/%00"],
)  # fmt: skip
async def test_what_it_does_not_have_is_not_found(fetch, path):
    path = path if len(path) < 2_000 else path[:1_000]

    assert (await fetch(path)).status == 404


async def test_every_address_of_its_sitemap_is_there(fetch):
    sitemap = await fetch("/sitemap.xml")

    urls = re.findall(r"<loc>(.*?)</loc>", sitemap.body.decode())
    replies = [await fetch(url.removeprefix(HOME)) for url in urls]
    assert len(urls) == 37
    assert {reply.status for reply in replies} == {200}


async def test_a_page_with_a_validator_is_sent_once(fetch):
    first = await fetch("/products/1")

    again = await fetch("/products/1", headers={"if-none-match": first.header("etag")})

    assert (again.status, again.body) == (304, b"")


async def test_the_history_says_its_encoding_in_its_head_alone(fetch):
    reply = await fetch("/history")

    assert reply.header("content-type") == "text/html"
    assert b'charset="windows-1252"' in reply.body
    assert "Café Zürich".encode("windows-1252") in reply.body


async def test_other_methods_are_refused(fetch):
    assert (await fetch("/", method="POST", body=b"x")).status == 405
    assert (await fetch("/", method="HEAD")).body == b""
