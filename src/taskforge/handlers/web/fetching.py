"""One request of a crawl, and what its answer means."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple
from urllib.parse import urljoin

from taskforge.core.failures import BlockedByPolicy, InvalidInput
from taskforge.core.outbound import HttpFailed, HttpLimits, HttpReply
from taskforge.handlers.context import Outbound
from taskforge.handlers.web.frontier import Link
from taskforge.handlers.web.reader import Reader
from taskforge.handlers.web.records import Addresses, Outcome, Page, Reading

PAGE_BYTES = 2 * 1024 * 1024
LIMITS = HttpLimits(total_seconds=10.0, body_bytes=PAGE_BYTES, cut=True)
"""Redirects are not followed here: where one leads is an address like any other."""
MAX_HOPS = 5
ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,application/json;q=0.8,text/*;q=0.7"
REDIRECTS = frozenset({301, 302, 303, 307, 308})
PATIENCE = frozenset({429, 503})


class Refused(NamedTuple):
    """The host asks for patience."""

    status: int
    seconds: float | None
    """How long; None when it does not say."""


class Fetcher:
    """Fetches and reads pages.

    Args:
        http: the guarded client.
        reader: reads what comes.
        agent: the crawler's `user-agent`.
        kept: what an earlier job found, by address.
    """

    def __init__(
        self, http: Outbound, reader: Reader, agent: str, kept: dict[str, Outcome]
    ) -> None:
        self._http = http
        self._reader = reader
        self._headers = {"user-agent": agent, "accept": ACCEPT}
        self._kept = kept

    async def fetch(self, link: Link) -> Outcome | Refused:
        """Fetch one address and read what comes.

        Raises:
            ReadingStopped: too many pages have killed the process that reads them.
        """
        outcome = Outcome(url=link.url, depth=link.depth, parent=link.parent, hops=link.hops)
        kept = self._kept.get(link.url)
        try:
            reply = await self._http.fetch(
                link.url, headers={**self._headers, **_conditions(kept)}, limits=LIMITS
            )
        except (HttpFailed, BlockedByPolicy, InvalidInput) as error:
            outcome.error, outcome.blocked = str(error), not isinstance(error, HttpFailed)
            return outcome
        if reply.status in PATIENCE:
            return Refused(reply.status, _retry_after(reply))
        outcome.status = reply.status
        outcome.content_type = (reply.header("content-type") or "")[:100]
        outcome.bytes = len(reply.body)
        outcome.elapsed_ms = round(reply.elapsed_seconds * 1000)
        outcome.etag = (reply.header("etag") or "")[:200]
        outcome.modified = (reply.header("last-modified") or "")[:100]
        await self._judge(reply, outcome, kept)
        return outcome

    async def _judge(self, reply: HttpReply, outcome: Outcome, kept: Outcome | None) -> None:
        if reply.status == 304 and kept is not None:
            outcome.unchanged = True
            outcome.reading, outcome.content_type = kept.reading, kept.content_type
            outcome.etag, outcome.modified = kept.etag, kept.modified
        elif reply.status in REDIRECTS:
            await self._redirected(reply, outcome)
        elif reply.status >= 400:
            outcome.error = f"HTTP {reply.status}"
        elif not _is_text(outcome.content_type):
            outcome.error = f"{outcome.content_type} is not read: neither HTML, XML, JSON nor text"
        elif reply.body or reply.status != 204:
            await self._read(reply, outcome)

    async def _redirected(self, reply: HttpReply, outcome: Outcome) -> None:
        onward = urljoin(outcome.url, reply.header("location") or "")
        if outcome.url.startswith("https:") and onward.lower().startswith("http:"):
            outcome.error = "it redirects from https to http"  # never followed (S-30)
            return
        found = await self._reader.read(Addresses(urls=[onward]))
        if found is None or not found.links:
            outcome.error = "it redirects to an address outside of the scope"
        elif found.links[0] == outcome.url or outcome.hops >= MAX_HOPS:
            outcome.error = f"it redirects in circles, or more than {MAX_HOPS} times"
        else:
            outcome.redirect = found.links[0]

    async def _read(self, reply: HttpReply, outcome: Outcome) -> None:
        page = Page(url=outcome.url, content_type=outcome.content_type, body=reply.body)
        reading = await self._reader.read(page)
        if reading is None:
            # Once more without the selectors, for the links: the crawl is to go on.
            bare = Page(url=page.url, content_type=page.content_type, body=reply.body, bare=True)
            reading = await self._reader.read(bare) or Reading()
            reading.error = (
                "reading it was stopped: it took too much processor time or memory;"
                " simpler selectors may help"
            )
        if reply.cut:
            reading.notes.append(f"only its first {PAGE_BYTES >> 20} MiB are read")
        outcome.error, reading.error = reading.error, ""
        outcome.reading = reading


def _conditions(kept: Outcome | None) -> dict[str, str]:
    """Headers that ask for a page only if it has changed (RFC 9110 §13.1)."""
    if kept is None:
        return {}
    headers = {"if-none-match": kept.etag, "if-modified-since": kept.modified}
    return {name: value for name, value in headers.items() if value and value.isascii()}


def _is_text(content_type: str) -> bool:
    kind = content_type.partition(";")[0].strip().lower()
    return not kind or kind.startswith("text/") or kind.endswith(("xml", "json"))


def _retry_after(reply: HttpReply) -> float | None:
    text = (reply.header("retry-after") or "").strip()
    if text.isdecimal() and text.isascii():
        return float(text[:9])
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max((at - datetime.now(UTC)).total_seconds(), 0.0)
