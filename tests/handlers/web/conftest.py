import asyncio
from collections import Counter
from typing import Any

import msgspec
import pytest

from taskforge.handlers.builtin.web_scraping import web_scraping
from taskforge.handlers.web.payload import WebPayload
from taskforge.outside.http.client import SafeHttp


class Target:
    """An HTTP/1.1 server on loopback whose pages a test sets; unknown ones are 404.

    A page is HTML text, or `(status, headers, body)`, or a function of the request's path and
    headers that gives one of these.
    """

    def __init__(self):
        self.pages = {}
        self.asked = []
        self.agents = set()
        self._more = asyncio.Condition()

    async def open(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.netloc = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        self.url = f"http://{self.netloc}/"
        return self

    async def close(self):
        self._server.close()

    def counted(self):
        """How often each path was asked for, robots.txt apart."""
        return Counter(path for path in self.asked if path != "/robots.txt")

    async def reached(self, requests):
        """Wait until so many requests have come."""
        async with self._more:
            await self._more.wait_for(lambda: len(self.asked) >= requests)

    async def _serve(self, reader, writer):
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                path = head[0].split(" ")[1]
                headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
                self.agents.add(headers["user-agent"])
                async with self._more:
                    self.asked.append(path)
                    self._more.notify_all()
                writer.write(self._answer(path, headers))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _answer(self, path, headers) -> bytes:
        page: Any = self.pages.get(path, self.pages.get("*", (404, {}, b"nothing here")))
        if callable(page):
            page = page(path, headers)
        if isinstance(page, str):
            page = (200, {"content-type": "text/html; charset=utf-8"}, page.encode())
        status, extra, body = page
        fields = {"content-type": "text/html", "content-length": len(body), **extra}
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        return f"HTTP/1.1 {status} X\r\n{lines}\r\n".encode() + body


@pytest.fixture
async def target():
    opened = await Target().open()
    yield opened
    await opened.close()


@pytest.fixture
async def ctx(ctx, target):
    """The context of a worker that may reach the target."""
    await ctx.http.aclose()
    ctx.http = SafeHttp(frozenset({target.netloc}))
    return ctx


@pytest.fixture
def crawl(ctx, target):
    """Crawls the target as a job would, without pauses."""

    async def run(context=ctx, **payload):
        ask = {"url": target.url, "delay_ms": 0, **payload}
        return await web_scraping(msgspec.convert(ask, WebPayload), context)

    return run


@pytest.fixture
def paths(target):
    """The pages of a result as paths, in order."""

    def of(result):
        return [page["url"].removeprefix(target.url[:-1]) for page in result["pages"]]

    return of


def linked(*links, title="t"):
    """A page with these links."""
    anchors = "".join(f'<a href="{link}">x</a>' for link in links)
    return f"<html><head><title>{title}</title></head><body>{anchors}</body></html>"


@pytest.fixture(name="linked")
def _linked():
    return linked
