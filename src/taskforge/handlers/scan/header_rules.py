"""The header rules of a page: transport, content, framing and isolation.

Written from the OWASP Secure Headers Project and the HTTP Headers and HSTS cheat sheets.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from taskforge.handlers.scan import csp
from taskforge.handlers.scan.finding import Rule, Severity
from taskforge.handlers.scan.page import Flaw, Page

OWASP = "https://owasp.org/www-project-secure-headers/"
SHEETS = "https://cheatsheetseries.owasp.org/cheatsheets/"
HEADERS_SHEET = f"{SHEETS}HTTP_Headers_Cheat_Sheet.html"
CSP_SHEET = f"{SHEETS}Content_Security_Policy_Cheat_Sheet.html"
HSTS_SHEET = f"{SHEETS}HTTP_Strict_Transport_Security_Cheat_Sheet.html"
HALF_A_YEAR = 15_552_000
"""Seconds; less HSTS leaves gaps for who comes rarely."""
SAFE_REFERRERS = frozenset({"no-referrer", "same-origin", "strict-origin",
                            "strict-origin-when-cross-origin"})  # fmt: skip


class HeaderRule(NamedTuple):
    """A rule and what tells whether a page breaks it."""

    rule: Rule
    judge: Callable[[Page], Iterable[Flaw]]


def _csp(weakness: Callable[[csp.Policy], str]) -> Callable[[Page], Iterator[Flaw]]:
    def judge(page: Page) -> Iterator[Flaw]:
        seen = csp.always(csp.parse_policies(page.all("content-security-policy")), weakness)
        if seen and page.is_html:
            yield Flaw(seen)

    return judge


def _absent(name: str, *, html: bool = True) -> Callable[[Page], Iterator[Flaw]]:
    def judge(page: Page) -> Iterator[Flaw]:
        if not page.first(name) and (page.is_html or not html):
            yield Flaw(f"no {name} header")

    return judge


def hsts_absent(page: Page) -> Iterator[Flaw]:
    """Browsers heed the header over TLS only (RFC 6797, 7.2)."""
    if page.is_https and not page.first("strict-transport-security"):
        yield Flaw("no strict-transport-security header")


def hsts_short(page: Page) -> Iterator[Flaw]:
    """A header without a valid max-age counts as none (RFC 6797, 6.1)."""
    value = page.first("strict-transport-security")
    age = re.search(r'max-age\s*=\s*"?(\d{1,12})', value, re.IGNORECASE)
    if page.is_https and value and (age is None or int(age[1]) < HALF_A_YEAR):
        yield Flaw(value)


def hsts_not_preloadable(page: Page) -> Iterator[Flaw]:
    """The preload list asks for both words."""
    value = page.first("strict-transport-security").lower()
    if page.is_https and value and not ("includesubdomains" in value and "preload" in value):
        yield Flaw(value)


def _plain_page(page: Page) -> Iterator[Flaw]:
    if not page.is_https:
        yield Flaw(f"the page came from {page.url}")


def _onward_to_plain(page: Page) -> Iterator[Flaw]:
    onward = page.first("location")
    if page.is_https and page.reply.status in range(300, 400) and onward.startswith("http:"):
        yield Flaw(f"status {page.reply.status}, location {onward}")


def _report_only(page: Page) -> Iterator[Flaw]:
    only = page.first("content-security-policy-report-only")
    if only and not page.first("content-security-policy"):
        yield Flaw(only)


def _sniffable(page: Page) -> Iterator[Flaw]:
    value = page.first("x-content-type-options")
    if value.lower() != "nosniff":
        yield Flaw(f"x-content-type-options: {value}" if value else "no such header")


def _framable(page: Page) -> Iterator[Flaw]:
    policies = csp.parse_policies(page.all("content-security-policy"))
    options = page.first("x-frame-options").lower()
    guarded = bool(policies) and not csp.always(policies, csp.open_frames)
    if page.is_html and not guarded and options not in ("deny", "sameorigin"):
        yield Flaw(f"x-frame-options: {options}" if options else "no frame-ancestors, no header")


def _talkative_referrer(page: Page) -> Iterator[Flaw]:
    policies = [word.strip().lower() for word in page.first("referrer-policy").split(",")]
    # The last one that a browser knows counts; the older ones before it are a fallback.
    if page.is_html and policies[-1] not in SAFE_REFERRERS:
        yield Flaw(f"referrer-policy: {policies[-1]}" if policies[-1] else "no such header")


def _charset_open(page: Page) -> Iterator[Flaw]:
    if page.is_html and "charset" not in page.first("content-type").lower():
        yield Flaw(f"content-type: {page.first('content-type')}")


def _rule(
    name: str, severity: Severity, category: str, words: tuple[str, str, str], cwe: int | None,
    *references: str,
) -> Rule:  # fmt: skip
    title, good, remedy = words
    return Rule(
        f"headers.{name}", severity, category, title, good, remedy,
        (OWASP, *references), cwe,
    )  # fmt: skip


_S = Severity
HSTS_RULES = (
    HeaderRule(_rule("hsts_missing", _S.MEDIUM, "transport", (
        "No HTTP Strict Transport Security",
        "HTTP Strict Transport Security is set",
        "Send `Strict-Transport-Security: max-age=31536000; includeSubDomains` over HTTPS."),
        319, HSTS_SHEET), hsts_absent),
    HeaderRule(_rule("hsts_short", _S.LOW, "transport", (
        "HTTP Strict Transport Security is short or not valid",
        "HTTP Strict Transport Security lasts half a year or more",
        "Raise max-age to 31536000 (a year)."), 319, HSTS_SHEET), hsts_short),
    HeaderRule(_rule("hsts_preload", _S.INFO, "transport", (
        "HTTP Strict Transport Security is not fit for the preload list",
        "HTTP Strict Transport Security is fit for the preload list",
        "When every subdomain has HTTPS, add `includeSubDomains; preload`."),
        None, HSTS_SHEET), hsts_not_preloadable),
)  # fmt: skip
"""Judged by `tls` scans too."""

PAGE_RULES = (
    *HSTS_RULES,
    HeaderRule(_rule("plain_page", _S.HIGH, "transport", (
        "The page is served without encryption",
        "The page is served over HTTPS",
        "Serve the page over HTTPS and redirect every plain request there."), 319), _plain_page),
    HeaderRule(_rule("insecure_redirect", _S.HIGH, "transport", (
        "HTTPS redirects to plain HTTP",
        "No redirect leads from HTTPS to plain HTTP",
        "Redirect to an https:// address."), 319), _onward_to_plain),
    HeaderRule(_rule("csp_missing", _S.MEDIUM, "content", (
        "No Content Security Policy",
        "A Content Security Policy is set",
        ("Start with `Content-Security-Policy: default-src 'self'; object-src 'none'; base-uri"
         " 'none'; frame-ancestors 'none'` in report-only mode, then enforce it.")),
        693, CSP_SHEET), _absent("content-security-policy")),
    HeaderRule(_rule("csp_report_only", _S.LOW, "content", (
        "The Content Security Policy only reports",
        "The Content Security Policy is enforced, or none only reports",
        "Send the policy as `Content-Security-Policy` once its reports are clean."),
        693, CSP_SHEET), _report_only),
    HeaderRule(_rule("csp_inline", _S.MEDIUM, "content", (
        "The Content Security Policy lets inline scripts run",
        "Inline scripts need a nonce or a hash",
        "Give scripts a nonce or a hash and remove 'unsafe-inline'."),
        79, CSP_SHEET), _csp(csp.inline_scripts)),
    HeaderRule(_rule("csp_anywhere", _S.MEDIUM, "content", (
        "The Content Security Policy takes scripts from anywhere",
        "Scripts come from named places",
        "Name the hosts that scripts may come from, or use nonces with 'strict-dynamic'."),
        829, CSP_SHEET), _csp(csp.scripts_from_anywhere)),
    HeaderRule(_rule("csp_eval", _S.LOW, "content", (
        "The Content Security Policy lets text become code",
        "Text cannot become code",
        "Remove 'unsafe-eval' and what needs it."), 95, CSP_SHEET), _csp(csp.evaluated_scripts)),
    HeaderRule(_rule("csp_objects", _S.LOW, "content", (
        "The Content Security Policy leaves plug-in content open",
        "Plug-in content is restricted",
        "Add `object-src 'none'`."), 829, CSP_SHEET), _csp(csp.open_objects)),
    HeaderRule(_rule("csp_base", _S.LOW, "content", (
        "The Content Security Policy leaves <base> open",
        "<base> is restricted",
        "Add `base-uri 'none'` or `'self'`."), 693, CSP_SHEET), _csp(csp.open_base)),
    HeaderRule(_rule("sniffing", _S.LOW, "content", (
        "Browsers may guess the content type",
        "Browsers keep to the content type",
        "Send `X-Content-Type-Options: nosniff`."), 693, HEADERS_SHEET), _sniffable),
    HeaderRule(_rule("charset", _S.INFO, "content", (
        "The character set is left open",
        "The character set is named",
        "Send `Content-Type: text/html; charset=utf-8`."), None, HEADERS_SHEET), _charset_open),
    HeaderRule(_rule("framing", _S.MEDIUM, "framing", (
        "Any site may show the page in a frame",
        "Framing is restricted",
        "Send `Content-Security-Policy: frame-ancestors 'none'` (or `'self'`)."),
        1021, f"{SHEETS}Clickjacking_Defense_Cheat_Sheet.html"), _framable),
    HeaderRule(_rule("referrer", _S.LOW, "privacy", (
        "Addresses may leak to other sites by the Referer header",
        "The Referer header is limited",
        "Send `Referrer-Policy: strict-origin-when-cross-origin` or stricter."),
        200, HEADERS_SHEET), _talkative_referrer),
    HeaderRule(_rule("permissions", _S.INFO, "privacy", (
        "No Permissions-Policy",
        "Browser features are restricted",
        "Send `Permissions-Policy: camera=(), microphone=(), geolocation=()` and so on."),
        None, HEADERS_SHEET), _absent("permissions-policy")),
    HeaderRule(_rule("opener", _S.INFO, "isolation", (
        "No Cross-Origin-Opener-Policy",
        "The page keeps its window to itself",
        "Send `Cross-Origin-Opener-Policy: same-origin`."),
        None, HEADERS_SHEET), _absent("cross-origin-opener-policy")),
    HeaderRule(_rule("resource", _S.INFO, "isolation", (
        "No Cross-Origin-Resource-Policy",
        "Other sites may not embed the resource",
        "Send `Cross-Origin-Resource-Policy: same-origin` (or `same-site`)."),
        None, HEADERS_SHEET), _absent("cross-origin-resource-policy", html=False)),
)  # fmt: skip
