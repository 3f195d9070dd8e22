"""A thousand events a second over the real stream: what a person feels of it, and what memory does.

`just e2e` runs the full minute; the suite a short one, which counts frames and leaves time alone.
"""

import asyncio
import time
from contextlib import asynccontextmanager

import msgspec
import pytest
from playwright.async_api import WebSocket

from taskforge.core.ids import new_id
from taskforge.db.job_filters import JobFilters
from taskforge.db.job_lists import list_jobs
from taskforge.flows.frames import moved
from tests.e2e.conftest import order, submit

PER_SECOND = 1_000
BEAT = 0.05
FRAMES_PER_SECOND = 10
LONG_TASK_MS = 100
INTERACTION_MS = 200
HEAP_BYTES = 20 * 1024**2
WATCH = """() => { window.__slow = []; window.__felt = [];
    new PerformanceObserver((list) => window.__slow.push(...list.getEntries().map((it) =>
        it.duration))).observe({ type: 'longtask' });
    new PerformanceObserver((list) => window.__felt.push(...list.getEntries().filter((it) =>
        it.interactionId).map((it) => it.duration))).observe(
            { type: 'event', durationThreshold: 16 }); }"""
HEAP = "() => { gc(); return performance.memory.usedJSHeapSize }"


@asynccontextmanager
async def flood(stack, tag):
    """Frames of these jobs, and of as many that no list shows, over the stream of the service."""
    async with stack.deps.db.connect() as connection:
        page = await list_jobs(connection, JobFilters(tag=tag), after=None, limit=100)
    rows = [page.items[n % len(page.items)] for n in range(200)]
    rows = [
        msgspec.structs.replace(it, id=new_id()) if n >= 100 else it for n, it in enumerate(rows)
    ]
    sent = 0

    async def pour():
        nonlocal sent
        started = time.monotonic()
        while True:
            due = int((time.monotonic() - started) * PER_SECOND) - sent
            frames = [
                msgspec.structs.replace(
                    moved(row, row.created_at), version=row.version + sent + n + 1
                )
                for n, row in ((n, rows[(sent + n) % len(rows)]) for n in range(due))
            ]
            await stack.deps.stream.announce(frames)
            sent += len(frames)
            await asyncio.sleep(BEAT)

    pouring = asyncio.create_task(pour())
    try:
        yield lambda: sent
    finally:
        pouring.cancel()


def count_frames(page):
    """Messages that come over the page's sockets, as a list that grows."""
    heard = []

    def hear(text):  # Playwright marks what it is given, and cannot mark a method
        heard.append(text)

    def opened(socket: WebSocket):
        socket.on("framereceived", hear)

    page.on("websocket", opened)
    return heard


async def watched(tabs, operator, tag):
    await submit(operator, *(order(tag, delay_seconds=86_400) for _ in range(100)))
    tab = await tabs()
    heard = count_frames(tab.page)
    await tab.open(f"/jobs?q=tag:{tag}")
    await tab.page.get_by_role("button", name="Live").wait_for()
    rows = tab.page.locator("tr[data-id]")
    await rows.nth(3).focus()
    await tab.page.keyboard.press("x")
    await tab.page.locator("tr[aria-selected=true]").wait_for()
    return tab, heard


async def stands(tab):
    """What must not move by itself: the choice, the focus and the place."""
    return await tab.page.evaluate(
        """() => [document.activeElement?.dataset?.id,
            [...document.querySelectorAll('tr[aria-selected=true]')].map((it) => it.dataset.id),
            document.querySelector('table')?.parentElement?.scrollTop]"""
    )


async def test_the_browser_hears_few_frames_whatever_happens(stack, tabs, operator, tag, until):
    tab, heard = await watched(tabs, operator, tag)
    before, held = len(heard), await stands(tab)
    started = time.monotonic()

    async with flood(stack, tag) as sent:
        await until(lambda: sent() > 3 * PER_SECOND and len(heard) > before + 1)
        seconds = time.monotonic() - started
        frames = len(heard) - before

    assert frames <= seconds * FRAMES_PER_SECOND
    assert await stands(tab) == held


@pytest.mark.chaos
async def test_a_minute_of_1000_events_a_second_is_not_felt(stack, tabs, operator, tag):
    tab, heard = await watched(tabs, operator, tag)
    await tab.page.evaluate(WATCH)
    before, held = len(heard), await stands(tab)

    async with flood(stack, tag) as sent:
        for _ in range(60):
            await tab.page.keyboard.press("x")
            await tab.page.keyboard.press("x")
            await asyncio.sleep(1)

    assert sent() > 50 * PER_SECOND
    assert len(heard) - before <= 65 * FRAMES_PER_SECOND
    assert await stands(tab) == held
    assert max(await tab.page.evaluate("() => window.__slow"), default=0) <= LONG_TASK_MS
    assert max(await tab.page.evaluate("() => window.__felt"), default=0) <= INTERACTION_MS


@pytest.mark.chaos
async def test_ten_minutes_of_it_leave_no_more_than_20_mb_behind(stack, tabs, operator, tag):
    tab, _ = await watched(tabs, operator, tag)
    async with flood(stack, tag):
        await asyncio.sleep(30)  # what grows once has grown
        began = await tab.page.evaluate(HEAP)
        await asyncio.sleep(600)
        grown = await tab.page.evaluate(HEAP) - began

    assert grown <= HEAP_BYTES
