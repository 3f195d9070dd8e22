"""The header rules of a page: cookies, caches, banners, foreign origins and plain HTTP."""

import re
from collections.abc import Iterator

from taskforge.handlers.scan.finding import Rule, Severity
from taskforge.handlers.scan.header_rules import HEADERS_SHEET, OWASP, SHEETS, HeaderRule
from taskforge.handlers.scan.page import Flaw, Page

SESSION_SHEET = f"{SHEETS}Session_Management_Cheat_Sheet.html"
BANNERS = ("server", "x-powered-by", "x-aspnet-version", "x-aspnetmvc-version", "x-generator",
           "x-runtime")  # fmt: skip
OUTDATED = ("x-xss-protection", "public-key-pins", "expect-ct")
_PRIVATE_PATH = re.compile(r"/(account|profile|admin|settings|dashboard|me|user)s?(/|\?|$)")


def _insecure_cookies(page: Page) -> Iterator[Flaw]:
    for cookie in page.cookies():
        if page.is_https and "secure" not in cookie.attributes:
            yield Flaw(f"cookie {cookie.name} without Secure", cookie.name)


def _readable_cookies(page: Page) -> Iterator[Flaw]:
    for cookie in page.cookies():
        if "httponly" not in cookie.attributes:
            severity = Severity.MEDIUM if cookie.is_session else Severity.LOW
            yield Flaw(f"cookie {cookie.name} without HttpOnly", cookie.name, severity)


def _travelling_cookies(page: Page) -> Iterator[Flaw]:
    for cookie in page.cookies():
        said = cookie.attributes.get("samesite", "").lower()
        if said == "none" and "secure" not in cookie.attributes:
            yield Flaw(f"cookie {cookie.name} with SameSite=None and no Secure", cookie.name)
        elif said not in ("lax", "strict", "none"):
            yield Flaw(f"cookie {cookie.name} without SameSite", cookie.name)


def _cached_private_page(page: Page) -> Iterator[Flaw]:
    control = page.first("cache-control").lower()
    sets_session = any(cookie.is_session for cookie in page.cookies())
    is_private = sets_session or bool(_PRIVATE_PATH.search(page.url.lower()))
    if is_private and not re.search(r"\b(no-store|private|no-cache)\b", control):
        yield Flaw(f"cache-control: {control}" if control else "no cache-control header")


def _banners(page: Page) -> Iterator[Flaw]:
    for name in BANNERS:
        value = page.first(name)
        if value and (name not in ("server", "x-powered-by") or re.search(r"\d", value)):
            yield Flaw(f"{name}: {value}", name)


def _outdated(page: Page) -> Iterator[Flaw]:
    for name in OUTDATED:
        value = page.first(name)
        if value and value != "0":
            yield Flaw(f"{name}: {value}", name)


_S = Severity
EXPOSURE_RULES = (
    HeaderRule(Rule("headers.cookie_secure", _S.MEDIUM, "cookies",
        "A cookie may travel without encryption", "Cookies travel over HTTPS only",
        "Add `Secure` to the cookie.", (OWASP, SESSION_SHEET), 614), _insecure_cookies),
    HeaderRule(Rule("headers.cookie_httponly", _S.MEDIUM, "cookies",
        "Scripts can read a cookie", "Scripts cannot read the cookies",
        "Add `HttpOnly` to the cookie, unless a script of the page needs it.",
        (OWASP, SESSION_SHEET), 1004), _readable_cookies),
    HeaderRule(Rule("headers.cookie_samesite", _S.LOW, "cookies",
        "A cookie does not say when other sites may send it",
        "Cookies say when other sites may send them",
        "Add `SameSite=Lax` or `Strict`; `None` only with `Secure`.",
        (OWASP, SESSION_SHEET), 1275), _travelling_cookies),
    HeaderRule(Rule("headers.cache_private", _S.MEDIUM, "caching",
        "A private page may be kept by caches", "Private pages are not kept by caches",
        "Send `Cache-Control: no-store` with pages for one person.",
        (OWASP, HEADERS_SHEET), 525), _cached_private_page),
    HeaderRule(Rule("headers.banner", _S.LOW, "disclosure",
        "The server tells its software and version", "The server keeps its version to itself",
        "Remove the header, or its version.", (OWASP, HEADERS_SHEET), 497), _banners),
    HeaderRule(Rule("headers.outdated", _S.INFO, "disclosure",
        "A header that browsers have given up", "No header that browsers have given up",
        "Remove it; a Content Security Policy does its work.", (OWASP, HEADERS_SHEET)),
        _outdated),
)  # fmt: skip

MIXED_ACTIVE = Rule(
    "headers.mixed_active", _S.HIGH, "content",
    "An encrypted page loads code without encryption",
    "The page loads no code without encryption",
    "Load it over https://.", (OWASP,), 311,
)  # fmt: skip
MIXED_PASSIVE = Rule(
    "headers.mixed_passive", _S.LOW, "content",
    "An encrypted page loads pictures or sends forms without encryption",
    "The page loads no pictures and sends no forms without encryption",
    "Use https:// addresses.", (OWASP,), 311,
)  # fmt: skip
CORS_SHEET = f"{SHEETS}HTML5_Security_Cheat_Sheet.html"
CORS_REFLECTED = Rule(
    "headers.cors_reflected", _S.MEDIUM, "cross-origin",
    "Any site that asks may read the replies",
    "Foreign sites that ask may not read the replies",
    "Answer `Access-Control-Allow-Origin` for the origins on a list of yours only, never with"
    " what the request said.", (OWASP, CORS_SHEET), 942,
)  # fmt: skip
CORS_WILDCARD = Rule(
    "headers.cors_wildcard", _S.INFO, "cross-origin",
    "All sites may read the replies (*)", "The replies are not open to all sites",
    "Fine for public data; otherwise name the origins.", (OWASP, CORS_SHEET), 942,
)  # fmt: skip
PLAIN_HTTP = Rule(
    "headers.plain_http", _S.HIGH, "transport",
    "Plain HTTP is not redirected to HTTPS", "Plain HTTP leads to HTTPS, or is closed",
    "Answer every request on port 80 with a redirect (308) to the same path over HTTPS.",
    (OWASP,), 319,
)  # fmt: skip
