"""robots.txt: what a host allows (RFC 9309)."""

import asyncio
from dataclasses import dataclass
from urllib.parse import urlsplit

from protego import Protego

from taskforge.core.outbound import HttpFailed, HttpLimits, HttpReply
from taskforge.handlers.context import Outbound

LIMITS = HttpLimits(total_seconds=10.0, body_bytes=512 * 1024, cut=True, redirects=5)
MAX_WORK = 1_000_000
"""Rules times the agents that they are for."""
MAX_DELAY = 30.0
"""Seconds; a longer wait in robots.txt is not kept, and the log says so."""


@dataclass(frozen=True, kw_only=True)
class Robots:
    """What one host allows."""

    found: bool = False
    rules: Protego | None = None
    """None: everything is allowed, or nothing where `trouble` is set."""
    trouble: str = ""
    agent: str = ""
    sitemaps: tuple[str, ...] = ()

    def allows(self, url: str) -> bool:
        """Whether an address may be fetched."""
        if self.trouble:
            return False
        return self.rules is None or self.rules.can_fetch(url, self.agent)

    @property
    def delay(self) -> float:
        """Seconds that the host wants between requests."""
        return (self.rules and self.rules.crawl_delay(self.agent)) or 0.0


async def fetch_robots(http: Outbound, url: str, agent: str) -> Robots:
    """What the host of an address allows.

    A host that answers with 4xx allows everything; one that does not answer, or with 5xx or 429,
    nothing (RFC 9309 §2.3.1).

    Args:
        http: the guarded client.
        url: any address of the host.
        agent: the crawler's `user-agent`.

    Raises:
        BlockedByPolicy: jobs may not reach the host.
        InvalidInput: the address is none.
    """
    parts = urlsplit(url)
    address = f"{parts.scheme}://{parts.netloc}/robots.txt"
    try:
        reply = await http.fetch(address, headers={"user-agent": agent}, limits=LIMITS)
    except HttpFailed as error:
        return Robots(trouble=f"robots.txt could not be fetched: {error}")
    return await _judged(reply, agent)


async def _judged(reply: HttpReply, agent: str) -> Robots:
    if reply.status == 429 or reply.status >= 500:
        return Robots(trouble=f"robots.txt answers with HTTP {reply.status}")
    if reply.status != 200:
        return Robots()
    text = reply.body.decode("utf-8", "replace").replace("\0", "")
    if _work(text) > MAX_WORK:
        return Robots(trouble="robots.txt is too large to be obeyed")
    # In a thread: half a megabyte of rules takes a while.
    rules = await asyncio.to_thread(Protego.parse, text)
    return Robots(found=True, rules=rules, agent=agent, sitemaps=tuple(rules.sitemaps)[:20])


def _work(text: str) -> int:
    """How many rules a parser would make: each line counts for every agent of its group."""
    work = agents = 0
    named = False
    for line in text.splitlines():
        word = line.strip().lower()
        if word.startswith("user"):
            agents = agents + 1 if named else 1
            named = True
        elif word and not word.startswith(("#", "sitemap", "site-map", "host")):
            work += agents
            named = False
    return work
