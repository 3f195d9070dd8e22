import asyncio
import json

import msgspec
import pytest

from taskforge.core.failures import BlockedByPolicy, TargetError
from taskforge.outside.http.client import SafeHttp


async def test_it_goes_breadth_first_to_the_depth_that_was_asked_for(target, crawl, paths, linked):
    target.pages = {
        "/": linked("/a", "/b"), "/a": linked("/a/a"), "/b": linked("/b/b"),
        "/a/a": linked("/too/deep"), "/b/b": "x",
    }  # fmt: skip

    result = await crawl(depth=2, concurrency=1)

    assert paths(result) == ["/", "/a", "/b", "/a/a", "/b/b"]
    assert [page["depth"] for page in result["pages"]] == [0, 1, 1, 2, 2]
    assert result["stats"]["fetched"] == 5


async def test_links_in_circles_and_other_spellings_are_fetched_once(target, crawl, linked):
    target.pages = {
        "/": linked("/a#x", "/a?", "a", "./a", "/b/../a", "/q?b=2&a=1", "/q?a=1&b=2", "/"),
        "/a": linked("/", "/a"),
        "/q?a=1&b=2": "x",
    }

    await crawl(depth=5)

    assert target.counted() == {"/": 1, "/a": 1, "/q?a=1&b=2": 1}


async def test_an_endless_calendar_ends_with_the_pages_asked_for(target, crawl, linked):
    target.pages["*"] = lambda path, _: linked(*(f"{path}{day}/" for day in range(200)))
    target.pages["/robots.txt"] = (404, {}, b"")

    result = await crawl(depth=5, max_pages=30)

    assert result["stats"]["fetched"] == 30
    assert len(target.counted()) == 30
    assert result["stats"]["skipped"]["max_pages"] > 0


async def test_fields_become_a_table_and_files(target, crawl, ctx):
    target.pages["/"] = (
        "<div class=p><b>=1+1</b><i>£2.50</i><a href=/x>x</a></div><div class=p><b>b</b></div>"
        "<div class=p><i>no name</i></div>"
    )

    result = await crawl(
        depth=0,
        item=".p",
        selectors={
            "name": {"css": "b", "required": True},
            "price": {"css": "i", "type": "number"},
            "to": {"css": "a", "attr": "href", "type": "url"},
        },
    )

    assert result["items"] == {
        "columns": ["page_url", "name", "price", "to"],
        "rows": [[target.url, "=1+1", 2.5, f"{target.url}x"], [target.url, "b", None, None]],
        "total": 2,
    }
    assert result["pages"][0]["notes"] == ["`name` is required and missing"]
    lines = ctx.artifacts["items.ndjson"].read_text().splitlines()
    assert json.loads(lines[1]) == {"page_url": target.url, "name": "b", "price": None, "to": None}
    table = ctx.artifacts["items.csv"].read_text(encoding="utf-8-sig").splitlines()
    assert table[:2] == ["page_url,name,price,to", f"{target.url},'=1+1,2.5,{target.url}x"]


@pytest.mark.parametrize(
    ("wishes", "expected"),
    [
        ({"scope": "path", "url": "shop/"}, {"/shop/", "/shop/a"}),
        ({"include": ["/b*", "/shop/"], "url": "shop/"}, {"/shop/", "/b/c"}),
        ({"exclude": ["*/b/*"], "url": "shop/"}, {"/shop/", "/shop/a", "/z"}),
    ],
)
async def test_the_scope_keeps_a_crawl_in_place(target, crawl, paths, linked, wishes, expected):
    target.pages["*"] = "x"
    target.pages["/robots.txt"] = (404, {}, b"")
    target.pages["/shop/"] = linked("/shop/a", "/b/c", "/z", "http://127.0.0.2:1/", "mailto:a@b")

    result = await crawl(**{**wishes, "url": target.url + wishes["url"]})

    assert set(paths(result)) == expected
    assert result["links"]["external_urls"] == ["http://127.0.0.2:1/"]


async def test_redirects_are_followed_inside_the_scope(target, crawl, linked):
    target.pages = {
        "/": linked("/old", "/away", "/circle"),
        "/old": (301, {"location": "/new"}, b""),
        "/new": "here",
        "/away": (302, {"location": "http://169.254.169.254/latest"}, b""),
        "/circle": (302, {"location": "/circle"}, b""),
    }

    result = await crawl()

    by_path = {page["url"].removeprefix(target.url): page for page in result["pages"]}
    assert by_path["old"]["final_url"] == f"{target.url}new"
    assert by_path["new"]["depth"] == 1
    assert by_path["away"]["error"] == "it redirects to an address outside of the scope"
    assert "circle" in by_path["circle"]["error"]


async def test_redirects_end_after_five(target, crawl):
    target.pages["*"] = lambda path, _: (302, {"location": f"{path}x"}, b"")
    target.pages["/robots.txt"] = (404, {}, b"")

    result = await crawl(depth=0)

    assert result["stats"]["fetched"] == 6
    assert "more than 5 times" in result["pages"][-1]["error"]


async def test_broken_links_are_listed_with_where_they_stand(target, crawl, linked):
    target.pages = {"/": linked("/gone"), "/robots.txt": (404, {}, b"")}

    result = await crawl()

    assert result["links"]["broken"] == [
        {"url": f"{target.url}gone", "status": 404, "error": "HTTP 404", "found_on": target.url}
    ]


async def test_what_is_no_text_is_named_and_the_crawl_goes_on(target, crawl, linked):
    target.pages = {
        "/": linked("/image", "/liar", "/huge", "/json", "/empty", "/fine"),
        "/image": (200, {"content-type": "image/png"}, b"\x89PNG"),
        "/liar": (200, {"content-type": "text/html"}, bytes(range(256)) * 40),
        "/huge": "<p>" + "x" * 3_000_000,
        "/json": (200, {"content-type": "application/json"}, b'{"a": 1}'),
        "/empty": (200, {"content-type": "text/html"}, b""),
        "/fine": "x",
    }

    result = await crawl()

    by_path = {page["url"].removeprefix(target.url): page for page in result["pages"]}
    assert "neither HTML" in by_path["image"]["error"]
    assert "binary" in by_path["liar"]["error"]
    assert by_path["huge"]["bytes"] == 2 * 1024 * 1024
    assert by_path["huge"]["notes"] == ["only its first 2 MiB are read"]
    assert by_path["empty"]["error"] == "the page is empty"
    assert "error" not in by_path["json"]
    assert "error" not in by_path["fine"]


async def test_a_selector_that_never_ends_costs_one_page_and_not_the_crawl(target, crawl, linked):
    target.pages = {
        "/": linked("/heavy", "/light"),
        "/heavy": "<p>" * 200 + "<i></i>" * 6_000 + '<a href="/behind">x</a>',
        "/light": "<b>fine</b>",
        "/behind": "<b>behind</b>",
    }

    result = await crawl(
        depth=2,
        selectors={"n": {"xpath": "//*[count(//*[count(//*) > 0]) > 0]"}, "b": "b::text"},
    )

    by_path = {page["url"].removeprefix(target.url): page for page in result["pages"]}
    assert "simpler selectors" in by_path["heavy"]["error"]
    assert by_path["light"]["fields"]["b"] == "fine"
    assert by_path["behind"]["fields"]["b"] == "behind"


async def test_a_first_page_that_fails_fails_the_attempt(target, crawl, ctx):
    target.pages = {"/": (500, {}, b""), "/robots.txt": (404, {}, b"")}

    with pytest.raises(TargetError, match="HTTP 500"):
        await crawl()

    assert ctx.kept == {}


async def test_a_private_address_is_refused(crawl):
    with pytest.raises(BlockedByPolicy):
        await crawl(url="http://127.0.0.1:8080/")


async def test_a_later_attempt_goes_on_where_the_last_one_stopped(target, crawl, ctx, linked):
    target.pages = {f"/{n}": f"<title>{n}</title>" for n in range(40)}
    target.pages["/"] = linked(*(f"/{n}" for n in range(40)))
    first = asyncio.create_task(crawl(delay_ms=20, concurrency=1))
    async with asyncio.timeout(20):
        await target.reached(10)
    first.cancel()
    await asyncio.wait({first})

    result = await crawl()

    assert result["stats"]["fetched"] == 41
    assert result["stats"]["resumed"] >= 8
    repeated = [path for path, times in target.counted().items() if times > 1]
    assert len(repeated) <= 1  # what was under way when it stopped
    titles = [json.loads(line)["title"] for line in _lines(ctx, "pages.ndjson")]
    assert sorted(titles) == sorted(["t", *map(str, range(40))])


async def test_pages_that_have_not_changed_are_not_sent_again(target, crawl, ctx, linked):
    def page(path, headers):
        if headers.get("if-none-match") == '"1"' and path != "/b":
            return (304, {}, b"")
        return (200, {"etag": '"1"'}, linked("/a", "/b", title=path).encode())

    target.pages = {"/": page, "/a": page, "/b": page}
    first = await crawl(concurrency=1)  # rows stand in the order in which pages came
    ctx.kept.clear()

    second = await crawl(concurrency=1)

    assert first["stats"]["unchanged"] == 0
    assert second["stats"]["unchanged"] == 2
    assert second["items"] == first["items"]
    ctx.kept.clear()
    other = await crawl(selectors={"x": "p"})
    assert other["stats"]["unchanged"] == 0


async def test_time_that_is_up_ends_with_a_partial_result(target, crawl, ctx, linked):
    target.pages["*"] = lambda path, _: linked(f"{path}1", f"{path}2")
    target.pages["/robots.txt"] = (404, {}, b"")
    ctx.deadline = ctx.deadline.replace(year=2000)

    result = await crawl(depth=5)

    assert result["stats"]["fetched"] == 0
    assert result["warnings"] == ["The time is up: the result is partial."]


async def test_progress_tells_how_far_it_is_and_where(target, crawl, ctx, linked):
    target.pages = {"/": linked("/a", "/b"), "/a": "x", "/b": "x"}

    await crawl(concurrency=1)

    told = [(p.current, p.total, p.stage) for p in ctx.told]
    assert told == [(0, None, "prepare"), (0, 1, "crawl"), (1, 3, "crawl"), (2, 3, "crawl"),
                    (3, 3, "write")]  # fmt: skip
    assert ctx.told[2].message == f"{target.url}a"


async def test_a_large_crawl_fits_into_a_result_and_says_what_is_left_out(
    target, crawl, ctx, linked
):
    text = "word " * 390
    target.pages["*"] = lambda path, _: (
        linked(
            *(f"{path}{'y' * 50}{n}/" for n in range(40)), *(f"http://{n}.x/" for n in range(99))
        )
        + f"<p>{text}</p>" * 20
    )
    target.pages["/robots.txt"] = (200, {}, b"User-agent: *\nDisallow: /*y3")

    result = await crawl(depth=3, max_pages=150, selectors={"p": {"css": "p", "many": True}})

    assert len(msgspec.json.encode(result)) <= 256 * 1024
    assert any("pages.ndjson has all of them" in warning for warning in result["warnings"])
    assert len(_lines(ctx, "pages.ndjson")) == 150


async def test_the_sitemap_gives_starting_points(target, crawl, paths):
    target.pages = {
        "/": "x", "/deep/1": "x", "/deep/2": "x",
        "/maps/index.xml": (200, {}, f"<sitemapindex><sitemap><loc>{target.url}maps/1.xml</loc>"
                            "</sitemap></sitemapindex>".encode()),
        "/maps/1.xml": (200, {}, f"<urlset><url><loc>{target.url}deep/1</loc></url><url><loc>"
                        f"{target.url}deep/2</loc></url><url><loc>http://a.b/</loc></url></urlset>"
                        .encode()),
        "/robots.txt": (200, {}, f"Sitemap: {target.url}maps/index.xml".encode()),
    }  # fmt: skip

    result = await crawl(depth=0, sitemap=True, concurrency=1)

    assert paths(result) == ["/", "/deep/1", "/deep/2"]


async def test_a_list_of_hosts_is_crawled_each_with_its_own_robots(target, crawl, ctx, linked):
    port = target.netloc.rpartition(":")[2]
    other = f"localhost:{port}"
    await ctx.http.aclose()
    ctx.http = SafeHttp(frozenset({target.netloc, other}))
    target.pages = {"/": linked(f"http://{other}/a", "http://127.0.0.9/"), "/a": "x"}

    result = await crawl(scope="list", hosts=["localhost"])

    assert {page["url"] for page in result["pages"]} == {target.url, f"http://{other}/a"}
    assert target.asked.count("/robots.txt") == 2


def _lines(ctx, name):
    return ctx.artifacts[name].read_text().splitlines()
