"""Addresses from a site's sitemaps."""

from urllib.parse import urljoin

from taskforge.core.failures import BlockedByPolicy, InvalidInput
from taskforge.core.outbound import HttpFailed, HttpLimits
from taskforge.handlers.context import Context
from taskforge.handlers.web.reader import Reader
from taskforge.handlers.web.records import MAX_ADDRESSES, Reading, Sitemap
from taskforge.handlers.web.robots import Robots

LIMITS = HttpLimits(total_seconds=20.0, body_bytes=10 * 1024 * 1024, cut=True, redirects=5)
MAX_FILES = 20


async def sitemap_addresses(
    ctx: Context, reader: Reader, start: str, agent: str, robots: Robots
) -> Reading:
    """The addresses within the scope that a site's sitemaps name.

    Those that robots.txt names, else /sitemap.xml; of an index, the sitemaps that it names.

    Args:
        ctx: of the attempt.
        reader: reads the files.
        start: the first page.
        agent: the crawler's `user-agent`.
        robots: of the first page's host.

    Returns:
        The addresses as `links`, and as `notes` what could not be read.
    """
    waiting = list(robots.sitemaps) or [urljoin(start, "/sitemap.xml")]
    seen: set[str] = set()
    links: dict[str, None] = {}
    notes: list[str] = []
    while waiting and len(seen) < MAX_FILES and len(links) < MAX_ADDRESSES:
        url = waiting.pop(0)
        if url in seen or not robots.allows(url):
            continue
        seen.add(url)
        found = await _one(ctx, reader, url, agent)
        waiting += found.further
        links |= dict.fromkeys(found.links)
        notes += [f"Sitemap {url[:200]}: {note}" for note in (*found.notes, found.error) if note]
    if waiting:
        notes.append(f"Only {MAX_FILES} sitemaps are read.")
    return Reading(links=list(links)[:MAX_ADDRESSES], notes=notes)


async def _one(ctx: Context, reader: Reader, url: str, agent: str) -> Reading:
    try:
        reply = await ctx.http.fetch(url, headers={"user-agent": agent}, limits=LIMITS)
    except (HttpFailed, BlockedByPolicy, InvalidInput) as error:
        return Reading(error=str(error))
    if reply.status != 200:
        return Reading(error=f"HTTP {reply.status}")
    found = await reader.read(Sitemap(url=url, body=reply.body))
    return found or Reading(error="it takes too long to read")
