"""A crawl from its first page to its result.

Its state is the outcomes so far: each is written to the journal, then applied. A later attempt
applies what it finds there, and goes on where the last one stopped.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from taskforge import __version__
from taskforge.core.failures import (
    BlockedByPolicy,
    InvalidInput,
    JobError,
    RateLimited,
    TargetError,
)
from taskforge.handlers.context import Context
from taskforge.handlers.web.fetching import Fetcher, Refused
from taskforge.handlers.web.frontier import Frontier, Host, Link
from taskforge.handlers.web.journal import Journal, SiteMemory
from taskforge.handlers.web.payload import Scope, WebPayload, check_address
from taskforge.handlers.web.reader import Reader, ReadingStopped
from taskforge.handlers.web.records import Entry, Outcome, Seeds
from taskforge.handlers.web.robots import MAX_DELAY, Robots, fetch_robots
from taskforge.handlers.web.seeds import sitemap_addresses
from taskforge.handlers.web.tally import Tally

MAX_SECONDS = 600
MARGIN_SECONDS = 5
"""How long before the attempt's deadline the crawl ends, to hand over what it has."""
MAX_BYTES = 100 * 1024 * 1024
MAX_REFUSALS = 3
"""Answers in a row that ask for patience, after which a host is left alone."""
MAX_PATIENCE = 60.0
"""Seconds that a crawl waits for a host at most."""
MAX_FETCHERS = 16


class Crawl:
    """One attempt at a crawl.

    Args:
        ctx: of the attempt.
        ask: the job's payload.
    """

    def __init__(self, ctx: Context, ask: WebPayload) -> None:
        self._ctx = ctx
        self._ask = ask
        self._start = check_address(ask.url)
        self._agent = f"TaskForge/{__version__} {ask.user_agent}".strip()
        self._reader = Reader(ctx, ask)
        self._journal = Journal(ctx)
        self._memory = SiteMemory(ctx, ask)
        self._tally = Tally(ask, ctx.workdir())
        self._frontier = Frontier(
            concurrency=ask.concurrency, delay=ask.delay_ms / 1000, pages=ask.max_pages
        )
        self._warnings: list[str] = []
        self._resumed = 0
        self._sown = False
        self._ends_at = min(
            ctx.deadline - timedelta(seconds=MARGIN_SECONDS),
            datetime.now(UTC) + timedelta(seconds=MAX_SECONDS),
        )

    async def run(self) -> dict[str, Any]:
        """Crawl, and make the result.

        Raises:
            BlockedByPolicy: the first page may not be reached, or not by robots.txt.
            TargetError: the first page cannot be fetched.
            RateLimited: the first page's host asks for patience.
        """
        try:
            await self._ctx.progress(current=0, stage="prepare", message=self._start)
            self._fetcher = Fetcher(
                self._ctx.http, self._reader, self._agent, await self._memory.recall()
            )
            self._frontier.add(Link(url=self._start, depth=0))
            async for entry in self._journal.replay():
                self._replay(entry)
            self._frontier.tidy()
            self._resumed = self._tally.fetched
            if self._resumed:
                self._ctx.log("info", "crawl resumed", fetched=self._resumed)
            if self._ask.sitemap and not self._sown:
                await self._sow()
            await self._fetch_all()
        finally:
            await self._reader.close()
            self._tally.close()
        return await self._finish()

    def _replay(self, entry: Entry) -> None:
        if entry.seeds is not None:
            self._seed(entry.seeds)
        for outcome in entry.outcomes:
            self._frontier.settle(outcome.url)
            self._apply(outcome)

    async def _sow(self) -> None:
        host = self._frontier.host(self._start)
        if host is None:
            return
        await self._ctx.progress(stage="sitemap", message=self._start)
        robots = await self._robots(host, self._start)
        found = await sitemap_addresses(self._ctx, self._reader, self._start, self._agent, robots)
        for note in found.notes:
            self._warn(note)
        seeds = Seeds(urls=found.links[: self._ask.max_pages * 2])
        await self._journal.sow(seeds)
        self._seed(seeds)

    def _seed(self, seeds: Seeds) -> None:
        self._sown = True
        for url in seeds.urls:
            self._frontier.add(Link(url=url, depth=0))

    async def _fetch_all(self) -> None:
        one_host = self._ask.scope in (Scope.HOST, Scope.PATH)
        count = self._ask.concurrency if one_host else MAX_FETCHERS
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._work()) for _ in range(count)]
        except BaseExceptionGroup as failures:
            raise _first(failures) from failures
        if any(task.cancelled() for task in tasks):
            raise asyncio.CancelledError  # the job has passed to another worker

    async def _work(self) -> None:
        while (taken := await self._frontier.take()) is not None:
            host, link = taken
            fetched = False
            try:
                fetched = await self._visit(host, link)
            except ReadingStopped as error:
                self._stop(str(error))
            finally:
                await self._frontier.done(host, counted=fetched)

    async def _visit(self, host: Host, link: Link) -> bool:
        """Fetch one address, if that is allowed and there is time; whether it was."""
        robots = await self._robots(host, link.url)
        if self._ask.respect_robots and not robots.allows(link.url):
            self._forbidden(link, robots)
            return False
        await host.turn(max((self._ends_at - datetime.now(UTC)).total_seconds(), 0))
        self._watch_limits()
        if host.ended or self._frontier.closed:
            self._tally.skip("host_ended" if host.ended else "stopped", link.url)
            return False
        await self._ctx.progress(
            current=self._tally.fetched,
            total=min(self._ask.max_pages, self._frontier.known),
            stage="crawl",
            message=link.url,
        )
        outcome = await self._fetcher.fetch(link)
        if isinstance(outcome, Refused):
            self._refused(host, link, outcome)
            return False
        host.refusals = 0
        self._check_first(link, outcome)
        await self._journal.add(outcome)
        self._apply(outcome)
        return True

    def _apply(self, outcome: Outcome) -> None:
        if outcome.error:
            self._ctx.log("warning", "page skipped", url=outcome.url, reason=outcome.error)
        self._memory.keep(outcome)
        self._tally.take(outcome)
        if outcome.redirect:
            self._frontier.add(
                Link(url=outcome.redirect, depth=outcome.depth, parent=outcome.parent,
                     hops=outcome.hops + 1)
            )  # fmt: skip
        if outcome.depth < self._ask.depth:
            for url in outcome.reading.links:
                self._frontier.add(Link(url=url, depth=outcome.depth + 1, parent=outcome.url))

    async def _robots(self, host: Host, url: str) -> Robots:
        scheme = url.partition(":")[0]
        async with host.asking:
            if scheme not in host.robots:
                robots = await self._ask_robots(url)
                host.robots[scheme] = robots
                host.delay = max(host.delay, min(robots.delay, MAX_DELAY))
                self._tally.robots_found[host.name] = robots.found
                if robots.delay > MAX_DELAY:
                    self._ctx.log("warning", "crawl-delay shortened", host=host.name)
        return host.robots[scheme]

    async def _ask_robots(self, url: str) -> Robots:
        if not self._ask.respect_robots:
            return Robots()
        try:
            return await fetch_robots(self._ctx.http, url, self._agent)
        except (BlockedByPolicy, InvalidInput) as error:
            if url == self._start:
                raise
            return Robots(trouble=str(error))

    def _forbidden(self, link: Link, robots: Robots) -> None:
        if link.url == self._start:
            if robots.trouble:
                raise TargetError(f"The site cannot be crawled: {robots.trouble.rstrip('.')}.")
            raise BlockedByPolicy(
                "robots.txt forbids this address. For a site of your own, set"
                " `respect_robots` to false."
            )
        self._tally.skip("robots_unreadable" if robots.trouble else "robots", link.url)
        self._ctx.log("info", "page forbidden", url=link.url, reason=robots.trouble or "robots.txt")

    def _check_first(self, link: Link, outcome: Outcome) -> None:
        """Fail the attempt where nothing can come of it; not recorded, so that a retry asks anew.

        Raises:
            BlockedByPolicy: the first page may not be reached.
            TargetError: it cannot be, or its server fails.
        """
        if link.url != self._start:
            return
        if not outcome.status:
            blocked = outcome.blocked
            raise BlockedByPolicy(outcome.error) if blocked else TargetError(outcome.error)
        if outcome.status >= 500:
            raise TargetError(f"The first page answers with HTTP {outcome.status}.")

    def _refused(self, host: Host, link: Link, refused: Refused) -> None:
        host.refusals += 1
        wait = 2.0**host.refusals if refused.seconds is None else refused.seconds
        if host.refusals < MAX_REFUSALS and wait <= MAX_PATIENCE:
            self._ctx.log(
                "warning", "host asks for patience", host=host.name, status=refused.status,
                seconds=wait,
            )  # fmt: skip
            host.hold(wait)
            host.queue.appendleft(link)
            return
        if not self._tally.fetched:
            raise RateLimited(
                f"The site answers with HTTP {refused.status} and asks for patience.",
                retry_after=wait,
            )
        if host.ended:
            self._tally.skip("host_ended", link.url)
            return
        reason = (
            f"{host.name} asks for patience (HTTP {refused.status}); the rest of it is left out"
        )
        self._tally.skip("host_ended", link.url, times=1 + self._frontier.drop(host, reason))
        self._warn(reason)

    def _watch_limits(self) -> None:
        if self._tally.bytes > MAX_BYTES:
            self._stop(f"More than {MAX_BYTES >> 20} MiB were fetched: the result is partial.")
        elif datetime.now(UTC) >= self._ends_at:
            self._stop("The time is up: the result is partial.")

    def _stop(self, reason: str) -> None:
        if not self._frontier.closed:
            self._frontier.close()
            self._warn(reason)

    def _warn(self, text: str) -> None:
        self._ctx.log("warning", text)
        if len(self._warnings) < 20:
            self._warnings.append(text)

    async def _finish(self) -> dict[str, Any]:
        ctx, tally = self._ctx, self._tally
        await ctx.progress(
            current=tally.fetched, total=tally.fetched, stage="write", message="artifacts"
        )
        left = self._frontier.waiting
        if left:
            tally.skip("max_pages" if not self._frontier.closed else "stopped", "", times=left)
        if self._frontier.turned_away:
            tally.skip("frontier_full", "", times=self._frontier.turned_away)
        result = tally.result(self._frontier.known, self._warnings)
        result["stats"]["resumed"] = self._resumed
        result["artifacts"] = await tally.publish(ctx)
        await self._memory.remember()
        ctx.log("info", "crawl finished", fetched=tally.fetched, items=result["items"]["total"])
        return result


def _first(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    """The failure that says most: one of a handler's classes, if there is one."""
    found = [error for error in failures.exceptions if isinstance(error, JobError)]
    return (found or list(failures.exceptions))[0]
