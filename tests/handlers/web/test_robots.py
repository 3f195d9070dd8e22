import pytest

from taskforge.core.outbound import HttpFailed
from taskforge.handlers.web.robots import fetch_robots


async def ask(ctx, target, answer):
    target.pages["/robots.txt"] = answer
    return await fetch_robots(ctx.http, target.url + "any", "TaskForge/1 (x)")


@pytest.mark.parametrize("status", [404, 401, 403, 410, 400])
async def test_a_host_without_robots_allows_everything(ctx, target, status):
    robots = await ask(ctx, target, (status, {}, b"User-agent: *\nDisallow: /"))

    assert robots.allows(target.url)
    assert not robots.found


@pytest.mark.parametrize("status", [500, 503, 429])
async def test_a_host_that_cannot_answer_allows_nothing(ctx, target, status):
    robots = await ask(ctx, target, (status, {}, b""))

    assert not robots.allows(target.url)
    assert str(status) in robots.trouble


async def test_a_redirect_to_the_rules_is_followed(ctx, target):
    target.pages["/r"] = (
        200,
        {},
        b"User-agent: *\nDisallow: /a\nCrawl-delay: 2\nSitemap: http://s/",
    )

    robots = await ask(ctx, target, (301, {"location": "/r"}, b""))

    assert (robots.allows(target.url + "a/b"), robots.allows(target.url + "b")) == (False, True)
    assert (robots.delay, robots.sitemaps) == (2.0, ("http://s/",))


@pytest.mark.parametrize(
    "body",
    [b"\xff\xfe\0\0", b"<html>not found</html>", b"Disallow: /", b"User-agent: *\nDisallow:", b"",
     b"User-agent: *\nCrawl-delay: soon\n", b"a" * 600_000],
)  # fmt: skip
async def test_rules_that_say_nothing_allow_everything(ctx, target, body):
    robots = await ask(ctx, target, (200, {}, body))

    assert robots.allows(target.url)
    assert robots.delay == 0


async def test_rules_made_to_take_for_ever_are_refused(ctx, target):
    robots = await ask(ctx, target, (200, {}, b"User-agent: a\n" * 9_000 + b"Allow: /b\n" * 9_000))

    assert "too large" in robots.trouble


async def test_a_host_that_is_not_there_allows_nothing(ctx, target):
    await target.close()

    robots = await fetch_robots(ctx.http, target.url, "TaskForge/1")

    assert "could not be fetched" in robots.trouble
    with pytest.raises(HttpFailed):
        await ctx.http.fetch(target.url)
