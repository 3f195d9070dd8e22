"""Scan type `headers`: one page by GET, its headers judged, and two requests more.

The other two ask for the page as a foreign origin, and for its plain-HTTP twin.
"""

from collections.abc import Awaitable, Callable, Iterable
from urllib.parse import urlsplit

from taskforge.core.outbound import HttpFailed, HttpLimits, HttpReply
from taskforge.core.sandbox import SandboxLimits
from taskforge.handlers.scan.exposure_rules import (
    CORS_REFLECTED,
    CORS_WILDCARD,
    EXPOSURE_RULES,
    MIXED_ACTIVE,
    MIXED_PASSIVE,
    PLAIN_HTTP,
)
from taskforge.handlers.scan.finding import Check, Finding, Outcome, Severity, found
from taskforge.handlers.scan.header_rules import HSTS_RULES, PAGE_RULES, HeaderRule
from taskforge.handlers.scan.page import Page
from taskforge.handlers.scan.scene import Once, Scene

FOREIGN_ORIGIN = "https://origin.taskforge.test"
"""Reserved (RFC 2606): nobody's, so a reply that allows it allows anybody."""
REDIRECTS = 3
PAGE_BYTES = 1024 * 1024
MIXED = "taskforge.handlers.scan.mixed:find_mixed"
MIXED_LIMITS = SandboxLimits(memory_mb=256, seconds=10, cpu_seconds=5, file_mb=1)

RULES = (*PAGE_RULES, *EXPOSURE_RULES)
CATEGORIES = tuple(dict.fromkeys(each.rule.category for each in RULES))


def checks(scene: Scene) -> list[Check]:
    """The steps of this scan, in order."""
    page = Once(lambda: _get(scene))
    return [
        Check("page", lambda: _page(page)),
        *(Check(f"{name} headers", _judge(scene, page, name)) for name in CATEGORIES),
        Check("mixed content", lambda: _mixed(scene, page)),
        Check("foreign origin", lambda: _cors(scene, page)),
        *_plain_check(scene),
    ]


def hsts_checks(scene: Scene) -> list[Check]:
    """The part that a `tls` scan takes over."""
    page = Once(lambda: _get(scene))

    async def judge() -> Outcome:
        return judged(scene, await page(), HSTS_RULES)

    return [Check("strict transport security", judge)]


def judged(scene: Scene, page: Page, rules: Iterable[HeaderRule]) -> Outcome:
    """Judge a page by rules."""
    rules = list(rules)
    findings: list[Finding] = []
    for rule, judge in rules:
        for flaw in judge(page):
            # Not the page's last address: a redirect may carry something new each time.
            place = scene.place(page.url, key=flaw.spot or urlsplit(page.url).path)
            findings.append(found(rule, place, flaw.evidence, severity=flaw.severity))
    return Outcome(findings, [rule for rule, _ in rules])


async def _get(scene: Scene) -> Page:
    return Page(await _ask(scene, scene.target.url(scene.options.path), redirects=REDIRECTS))


async def _ask(
    scene: Scene, url: str, *, redirects: int = 0, headers: dict[str, str] | None = None
) -> HttpReply:
    limits = HttpLimits(
        total_seconds=scene.options.timeout_s, body_bytes=PAGE_BYTES, cut=True, redirects=redirects
    )
    return await scene.ctx.http.fetch(url, headers=headers, limits=limits)


async def _page(page: Once[Page]) -> Outcome:
    reply = (await page()).reply
    warnings: list[str] = []
    if reply.status >= 400:
        warnings.append(f"The page answered with status {reply.status}; its headers were judged.")
    if reply.cut:
        warnings.append(f"Only the first {PAGE_BYTES >> 20} MiB of the page were read.")
    facts = {
        "page": {
            "url": reply.url,
            "status": reply.status,
            "redirects": [{"url": hop.url, "status": hop.status} for hop in reply.hops],
        }
    }
    return Outcome(facts=facts, warnings=warnings)


def _judge(scene: Scene, page: Once[Page], category: str) -> Callable[[], Awaitable[Outcome]]:
    async def judge() -> Outcome:
        rules = [each for each in RULES if each.rule.category == category]
        return judged(scene, await page(), rules)

    return judge


async def _mixed(scene: Scene, page: Once[Page]) -> Outcome:
    seen = await page()
    if not (seen.is_https and seen.is_html):
        return Outcome()
    text = seen.reply.body.decode(errors="replace").replace("\0", " ")
    mixed = await scene.ctx.sandbox(MIXED, text, limits=MIXED_LIMITS)
    kinds = ((MIXED_ACTIVE, mixed["active"]), (MIXED_PASSIVE, mixed["passive"]))
    findings = [
        found(rule, scene.place(seen.url, key=loaded), loaded)
        for rule, all_loaded in kinds
        for loaded in all_loaded
    ]
    return Outcome(findings, [rule for rule, _ in kinds])


async def _cors(scene: Scene, page: Once[Page]) -> Outcome:
    seen = await page()
    reply = await _ask(scene, seen.url, headers={"origin": FOREIGN_ORIGIN})
    allowed = (reply.header("access-control-allow-origin") or "").strip()
    credentials = reply.header("access-control-allow-credentials") == "true"
    findings: list[Finding] = []
    if allowed == FOREIGN_ORIGIN:
        words = "with cookies" if credentials else "without cookies"
        severity = Severity.HIGH if credentials else Severity.MEDIUM
        evidence = f"asked as {FOREIGN_ORIGIN}; the answer allows it, {words}"
        place = scene.place(seen.url, key="cors")
        findings.append(found(CORS_REFLECTED, place, evidence, severity=severity))
    elif allowed == "*":
        place = scene.place(seen.url, key="cors")
        findings.append(found(CORS_WILDCARD, place, "access-control-allow-origin: *"))
    return Outcome(findings, [CORS_REFLECTED, CORS_WILDCARD])


def _plain_check(scene: Scene) -> list[Check]:
    # A site on a port of its own has no twin that could be known.
    if scene.target.scheme == "https" and scene.target.port in (None, 443):
        return [Check("plain http", lambda: _plain(scene))]
    return []


async def _plain(scene: Scene) -> Outcome:
    url = scene.target._replace(scheme="http", port=None).url(scene.options.path)
    try:
        reply = await _ask(scene, url)
    except HttpFailed as error:
        if error.reason not in ("connect", "timeout"):
            raise
        return Outcome(judged=[PLAIN_HTTP], facts={"plain_http": "closed"})
    onward = reply.header("location") or ""
    if 300 <= reply.status < 400 and onward.lower().startswith("https://"):
        return Outcome(judged=[PLAIN_HTTP], facts={"plain_http": "redirects to https"})
    evidence = f"{url} answered with status {reply.status}"
    if onward:
        evidence += f", location {onward}"
    findings = [found(PLAIN_HTTP, scene.place(url, key="plain"), evidence)]
    return Outcome(findings, [PLAIN_HTTP], {"plain_http": "open"})
