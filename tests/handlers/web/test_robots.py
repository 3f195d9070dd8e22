import pytest

from taskforge.core.outbound import HttpFailed
from taskforge.handlers.web.robots import fetch_robots


async def ask(ctx, site, answer):
    site.pages["/robots.txt"] = answer
    return await fetch_robots(ctx.http, site.url + "any", "TaskForge/1 (x)")


@pytest.mark.parametrize("status", [404, 401, 403, 410, 400])
async def test_a_host_without_robots_allows_everything(ctx, site, status):
    robots = await ask(ctx, site, (status, {}, b"User-agent: *\nDisallow: /"))

    assert robots.allows(site.url)
    assert not robots.found


@pytest.mark.parametrize("status", [500, 503, 429])
async def test_a_host_that_cannot_answer_allows_nothing(ctx, site, status):
    robots = await ask(ctx, site, (status, {}, b""))

    assert not robots.allows(site.url)
    assert str(status) in robots.trouble


async def test_a_redirect_to_the_rules_is_followed(ctx, site):
    site.pages["/r"] = (200, {}, b"User-agent: *\nDisallow: /a\nCrawl-delay: 2\nSitemap: http://s/")

    robots = await ask(ctx, site, (301, {"location": "/r"}, b""))

    assert (robots.allows(site.url + "a/b"), robots.allows(site.url + "b")) == (False, True)
    assert (robots.delay, robots.sitemaps) == (2.0, ("http://s/",))


@pytest.mark.parametrize(
    "body",
    [b"\xff\xfe\0\0", b"<html>not found</html>", b"Disallow: /", b"User-agent: *\nDisallow:", b"",
     b"User-agent: *\nCrawl-delay: soon\n", b"a" * 600_000],
)  # fmt: skip
async def test_rules_that_say_nothing_allow_everything(ctx, site, body):
    robots = await ask(ctx, site, (200, {}, body))

    assert robots.allows(site.url)
    assert robots.delay == 0


async def test_rules_made_to_take_for_ever_are_refused(ctx, site):
    robots = await ask(ctx, site, (200, {}, b"User-agent: a\n" * 9_000 + b"Allow: /b\n" * 9_000))

    assert "too large" in robots.trouble


async def test_a_host_that_is_not_there_allows_nothing(ctx, site):
    await site.close()

    robots = await fetch_robots(ctx.http, site.url, "TaskForge/1")

    assert "could not be fetched" in robots.trouble
    with pytest.raises(HttpFailed):
        await ctx.http.fetch(site.url)
