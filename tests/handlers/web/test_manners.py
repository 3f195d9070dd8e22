"""What a crawl owes to the hosts that it visits."""

import pytest

from taskforge.core.failures import BlockedByPolicy, RateLimited, TargetError
from taskforge.outside.http.client import SafeHttp


async def test_robots_are_obeyed(target, crawl, paths, linked, ctx):
    target.pages = {
        "/": linked("/open", "/closed/x"),
        "/open": "x",
        "/robots.txt": (200, {}, b"User-agent: *\nDisallow: /closed"),
    }

    result = await crawl()

    assert paths(result) == ["/", "/open"]
    assert result["robots"] == {
        "found": {target.netloc: True},
        "blocked": [f"{target.url}closed/x"],
    }
    assert "/closed/x" not in target.asked
    assert ("info", "page forbidden", {"url": f"{target.url}closed/x", "reason": "robots.txt"}) in (
        ctx.logged
    )


async def test_robots_may_be_ignored_and_the_log_says_so(target, crawl, paths, linked, ctx):
    target.pages = {
        "/": linked("/closed"),
        "/closed": "x",
        "/robots.txt": (200, {}, b"User-agent: *\nDisallow: /"),
    }

    result = await crawl(respect_robots=False)

    assert paths(result) == ["/", "/closed"]
    assert ctx.logged[0] == ("warning", "robots.txt is not obeyed", {"url": target.url})


@pytest.mark.parametrize(
    ("robots", "failure"),
    [
        ((200, {}, b"User-agent: *\nDisallow: /"), BlockedByPolicy),
        ((200, {}, b"User-agent: TaskForge\nDisallow: /"), BlockedByPolicy),
        ((500, {}, b""), TargetError),
        ((429, {}, b""), TargetError),
        ((200, {}, b"User-agent: a\n" * 2_000 + b"Disallow: /x\n" * 2_000), TargetError),
    ],
)
async def test_a_site_that_wants_no_crawlers_is_left_alone(target, crawl, robots, failure):
    target.pages = {"/": "x", "/robots.txt": robots}

    with pytest.raises(failure, match=r"robots\.txt"):
        await crawl()

    assert target.asked == ["/robots.txt"]


async def test_a_crawl_delay_wins_over_a_shorter_pause(target, crawl, linked):
    target.pages = {
        "/": linked("/a", "/b"), "/a": "x", "/b": "x",
        "/robots.txt": (200, {}, b"User-agent: *\nCrawl-delay: 0.3"),
    }  # fmt: skip

    result = await crawl(concurrency=4)

    assert result["stats"]["duration_ms"] >= 600


async def test_the_agent_says_who_it_is(target, crawl):
    target.pages["/"] = "x"

    await crawl(user_agent="(a test)")

    (agent,) = target.agents
    assert agent.startswith("taskforge/")
    assert agent.endswith(" (a test)")


async def test_a_host_that_asks_for_patience_gets_it(target, crawl, linked):
    busy = iter([(503, {"retry-after": "1"}, b"")])
    target.pages = {"/": linked("/a"), "/a": lambda *_: next(busy, "x")}

    result = await crawl()

    assert target.counted()["/a"] == 2
    assert result["stats"]["duration_ms"] >= 1_000
    assert result["stats"]["fetched"] == 2


async def test_a_host_that_goes_on_asking_ends_with_a_partial_result(target, crawl, linked):
    target.pages = {"/": linked("/a", "/b", "/c"), "*": (429, {"retry-after": "0"}, b"")}
    target.pages["/robots.txt"] = (404, {}, b"")

    result = await crawl(concurrency=1)

    assert result["stats"]["fetched"] == 1
    assert result["stats"]["skipped"] == {"host_ended": 3}
    assert "asks for patience" in result["warnings"][0]
    assert sum(target.counted().values()) == 4


async def test_a_first_page_that_asks_for_patience_has_the_job_come_back(target, crawl):
    target.pages = {"/": (429, {"retry-after": "120"}, b""), "/robots.txt": (404, {}, b"")}

    with pytest.raises(RateLimited) as caught:
        await crawl()

    assert caught.value.retry_after == 120


async def test_a_redirect_from_https_to_http_is_not_followed(ctx, crawl):
    async def app(scope, receive, send):
        missing = scope["path"] == "/robots.txt"
        headers = [] if missing else [(b"location", b"http://a.test/x")]
        status = 404 if missing else 302
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    await ctx.http.aclose()
    ctx.http = SafeHttp(demos={"a.test": app})

    result = await crawl(url="https://a.test/")

    assert [page["error"] for page in result["pages"]] == ["it redirects from https to http"]
