"""Which address comes next: breadth first, politely, each once."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from taskforge.handlers.web.robots import Robots

MAX_KNOWN = 20_000
"""Addresses that one crawl knows of; endless sites have more."""
MAX_HOSTS = 50


@dataclass(kw_only=True)
class Link:
    """An address to be fetched."""

    url: str
    depth: int
    parent: str = ""
    """The page that it was found on."""
    hops: int = 0
    """Redirects that led here."""


@dataclass(kw_only=True)
class Host:
    """One host of the crawl."""

    name: str
    """With its port, if it has one."""
    queue: deque[Link] = field(default_factory=deque[Link])
    active: int = 0
    ready_at: float = 0.0
    """When the next request may begin, on the loop's clock."""
    delay: float = 0.0
    """Seconds between requests."""
    refusals: int = 0
    """Answers in a row that asked for patience."""
    ended: str = ""
    """Why nothing more is asked of it."""
    robots: dict[str, Robots] = field(default_factory=dict[str, Robots])
    """By scheme."""
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def turn(self, most: float) -> None:
        """Wait until the next request may begin, at most so many seconds."""
        now = asyncio.get_running_loop().time()
        at = max(now, self.ready_at)
        self.ready_at = at + self.delay
        await asyncio.sleep(min(at - now, most))

    def hold(self, seconds: float) -> None:
        """Let no further request begin for a while."""
        self.ready_at = max(self.ready_at, asyncio.get_running_loop().time() + seconds)


class Frontier:
    """The addresses that are known, and those that wait.

    Args:
        concurrency: requests under way per host.
        delay: seconds between two of them.
        pages: how many may be taken in all.
    """

    def __init__(self, *, concurrency: int, delay: float, pages: int) -> None:
        self._concurrency = concurrency
        self._delay = delay
        self._left = pages
        self._known: set[str] = set()
        self._settled: set[str] = set()
        self._hosts: dict[str, Host] = {}
        self._changed = asyncio.Condition()
        self.closed = False
        self.turned_away = 0
        """Addresses that found no room."""

    @property
    def known(self) -> int:
        """How many addresses are known, done ones included."""
        return len(self._known)

    @property
    def waiting(self) -> int:
        """How many addresses wait."""
        return sum(len(host.queue) for host in self._hosts.values())

    def hosts(self) -> list[Host]:
        """All hosts, in the order they came."""
        return list(self._hosts.values())

    def add(self, link: Link) -> None:
        """Queue an address unless it is known."""
        if link.url in self._known:
            return
        host = self.host(link.url)
        if host is None or host.ended or len(self._known) >= MAX_KNOWN:
            self.turned_away += 1
            return
        self._known.add(link.url)
        host.queue.append(link)

    def settle(self, url: str) -> None:
        """Count an address that an earlier attempt has dealt with."""
        self._known.add(url)
        self._settled.add(url)
        self._left -= 1

    def tidy(self) -> None:
        """Take what is settled out of the queues."""
        for host in self._hosts.values():
            host.queue = deque(link for link in host.queue if link.url not in self._settled)
        self._settled.clear()

    def host(self, url: str) -> Host | None:
        """The host of an address; None when there are too many."""
        name = urlsplit(url).netloc
        if name not in self._hosts and len(self._hosts) < MAX_HOSTS:
            self._hosts[name] = Host(name=name, delay=self._delay)
        return self._hosts.get(name)

    async def take(self) -> tuple[Host, Link] | None:
        """The next address whose host has a free place; None when nothing can come any more."""
        async with self._changed:
            while not self.closed:
                if self._left > 0:
                    for host in self._hosts.values():
                        if host.queue and host.active < self._concurrency:
                            host.active += 1
                            self._left -= 1
                            # To the back, so that hosts take turns.
                            self._hosts[host.name] = self._hosts.pop(host.name)
                            return host, host.queue.popleft()
                if not any(host.active for host in self._hosts.values()):
                    return None
                await self._changed.wait()
        return None

    async def done(self, host: Host, *, counted: bool) -> None:
        """Free the place of an address that was taken.

        Args:
            host: whose.
            counted: whether it was fetched; otherwise another may be in its stead.
        """
        host.active -= 1
        self._left += not counted
        async with self._changed:
            self._changed.notify_all()

    def close(self) -> None:
        """Give out nothing more."""
        self.closed = True

    def drop(self, host: Host, reason: str) -> int:
        """Ask nothing more of a host; returns how many addresses waited for it."""
        dropped = len(host.queue)
        host.ended = reason
        host.queue.clear()
        return dropped
