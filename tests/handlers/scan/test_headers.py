import pytest

from taskforge.core.failures import BlockedByPolicy
from taskforge.core.outbound import HttpFailed

GOOD = (
    "200 OK",
    "content-type: text/html; charset=utf-8",
    "content-security-policy: default-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options: nosniff",
    "referrer-policy: no-referrer",
    "permissions-policy: camera=()",
    "cross-origin-opener-policy: same-origin",
    "cross-origin-resource-policy: same-origin",
    "server: front",
    "set-cookie: session=1; Secure; HttpOnly; SameSite=Lax",
    "cache-control: no-store",
)


async def test_the_demo_site_breaks_about_every_rule(scans, rules):
    result = await scans("headers")

    assert result["backend"] == "demo site"
    assert result["grade"] == "F"
    broken = rules(result)
    assert broken["headers.cors_reflected"] == "high"
    assert broken["headers.mixed_active"] == "high"
    assert broken["headers.plain_http"] == "high"
    assert broken["headers.cache_private"] == "medium"
    assert len(broken) >= 20
    assert result["facts"]["page"]["status"] == 200


async def test_a_careful_site_breaks_only_what_plain_http_breaks(scans, rules, serve_http):
    await scans.reach("127.0.0.1")
    async with serve_http(*GOOD) as port:
        result = await scans("headers", f"http://127.0.0.1:{port}/")

    assert rules(result) == {"headers.plain_page": "high"}
    assert result["grade"] == "C"
    assert result["backend"] == "guarded http"
    assert {"rule": "headers.csp_missing", "title": "A Content Security Policy is set"} in (
        result["passed"]
    )


async def test_only_two_plain_requests_reach_the_site(scans, serve_http):
    await scans.reach("127.0.0.1")
    seen = []
    async with serve_http(*GOOD, seen=seen) as port:
        await scans("headers", f"http://127.0.0.1:{port}/shop?x=1")

    assert [request.splitlines()[0] for request in seen] == ["GET /shop?x=1 HTTP/1.1"] * 2
    assert "origin: https://origin.taskforge.test" in seen[1].lower()


@pytest.mark.parametrize(
    ("line", "rule", "severity"),
    [
        ("set-cookie: sid=1; SameSite=Lax", "headers.cookie_httponly", "medium"),
        ("set-cookie: theme=1; SameSite=Lax", "headers.cookie_httponly", "low"),
        ("set-cookie: a=1; HttpOnly", "headers.cookie_samesite", "low"),
        ("content-security-policy: script-src 'unsafe-inline'", "headers.csp_inline", "medium"),
        ("content-security-policy: default-src https:", "headers.csp_anywhere", "medium"),
        ("content-security-policy: default-src 'self'", "headers.csp_base", "low"),
        ("content-security-policy-report-only: default-src 'self'", "headers.csp_report_only",
         "low"),
        ("server: nginx/1.25.3", "headers.banner", "low"),
        ("x-aspnet-version: 4", "headers.banner", "low"),
        ("expect-ct: max-age=1", "headers.outdated", "info"),
        ("access-control-allow-origin: *", "headers.cors_wildcard", "info"),
        ("access-control-allow-origin: https://origin.taskforge.test", "headers.cors_reflected",
         "medium"),
        ("referrer-policy: no-referrer, unsafe-url", "headers.referrer", "low"),
        ("x-content-type-options: no", "headers.sniffing", "low"),
    ],
)  # fmt: skip
async def test_a_weak_header_is_found(scans, rules, serve_http, line, rule, severity):
    await scans.reach("127.0.0.1")
    async with serve_http("200 OK", "content-type: text/html", line) as port:
        result = await scans("headers", f"http://127.0.0.1:{port}/")

    assert rules(result)[rule] == severity


async def test_a_cookie_that_is_taken_away_is_no_risk(scans, rules, serve_http):
    await scans.reach("127.0.0.1")
    async with serve_http(*GOOD, "set-cookie: old=; Max-Age=0") as port:
        result = await scans("headers", f"http://127.0.0.1:{port}/")

    assert set(rules(result)) == {"headers.plain_page"}


async def test_an_error_page_is_judged_with_a_warning(scans, serve_http):
    await scans.reach("127.0.0.1")
    async with serve_http("503 Away", "content-type: text/html") as port:
        result = await scans("headers", f"http://127.0.0.1:{port}/")

    assert any("status 503" in warning for warning in result["warnings"])


async def test_header_values_full_of_rubbish_are_shown_cut_and_clean(scans, serve_http):
    await scans.reach("127.0.0.1")
    value = "server: x/1." + "\u00ff" * 5_000
    async with serve_http("200 OK", "content-type: text/html", value) as port:
        result = await scans("headers", f"http://127.0.0.1:{port}/")

    shown = next(f["evidence"] for f in result["findings"] if f["rule"] == "headers.banner")
    assert len(shown) <= 300


async def test_a_private_address_is_refused(scans, serve_http):
    async with serve_http(*GOOD) as port:
        with pytest.raises(BlockedByPolicy):
            await scans("headers", f"http://127.0.0.1:{port}/")


async def test_a_site_that_is_down_fails_the_job(scans, listen):
    await scans.reach("127.0.0.1")

    async def hang_up(reader, writer):
        return None

    async with listen(hang_up) as port:
        pass
    with pytest.raises(HttpFailed):
        await scans("headers", f"http://127.0.0.1:{port}/")
