"""A browser before the whole service: one stack and one Chromium for a session, a context a test.

Playwright's asynchronous half, on the session's loop: its other half refuses to run beside a loop.
The stack has servers' rooms of its own, which no other test empties; so tests of this folder share
its data, and look for what they made themselves.
"""

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import ExitStack, asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import async_playwright
from sqlalchemy import text

from support.browser import Tab, launch, open_tab
from support.waiting import eventually
from taskforge.config import load
from taskforge.core.people import Role
from taskforge.flows.accounts import create_user
from taskforge.flows.deps import Deps, open_deps
from taskforge.handlers.registry import load as load_types
from taskforge.local.dashboard import WEB, build
from taskforge.local.servers import Servers
from tests.conftest import environment
from tests.journeys.conftest import START_SECONDS, TASKFORGE, free_port, ready, start

PASSWORD = "a long enough password"
STOP_SECONDS = 30
ENDED_SECONDS = 90
LOGIN = "/api/v1/auth/login"
DESK = {"width": 1440, "height": 900}
ROWS = 120
"""Jobs that are there from the start: more than a page has."""
SAMPLES = [
    {"type": "data_processing", "payload": {"dataset": {"file": "nobody-put-this-here.csv"},
                                            "operation": "profile"}},
    {"type": "email", "payload": {"to": "ann@example.com", "subject": "Hello",
                                  "text": "Good morning.", "html": "<b>Good</b> morning."}},
    {"type": "data_processing", "payload": {"dataset": "sales_q1", "operation": "aggregate",
                                            "rows": 1_000}, "delay_seconds": 86_400},
]  # fmt: skip
SCHEDULE = {
    "name": "nightly", "cron": "0 2 * * *", "timezone": "Europe/Oslo",
    "template": {"type": "data_processing",
                 "payload": {"dataset": "sales_q1", "operation": "aggregate"}},
}  # fmt: skip


class Stack:
    """The running service, whose API processes may be stopped and started."""

    def __init__(self, exits: ExitStack, env: dict[str, str], deps: Deps, output: Path) -> None:
        self.deps = deps
        self.output = output
        self.urls = [f"http://127.0.0.1:{free_port()}" for _ in range(2)]
        self.tags = (f"word{number}" for number in count(1))
        self._env = env
        self._exits = exits
        self._sink = exits.enter_context(output.open("w"))
        self._apis: dict[str, subprocess.Popen[bytes]] = {}

    def run(self, *words: str) -> subprocess.Popen[bytes]:
        """Start a role of the service."""
        return start(self._exits, (sys.executable, *TASKFORGE, *words), self._env, self._sink)

    async def start_api(self, url: str) -> None:
        """Start an API process where it was, or is to be, and wait for it."""
        self._apis[url] = self.run("api", "--port", url.rpartition(":")[2])
        async with httpx.AsyncClient(trust_env=False) as client:
            await ready(client, url)

    async def stop_api(self, url: str, with_signal: signal.Signals = signal.SIGTERM) -> None:
        """Stop one, and wait until it has gone."""
        process = self._apis[url]
        process.send_signal(with_signal)
        await asyncio.to_thread(process.wait, STOP_SECONDS)


@asynccontextmanager
async def signed_in(url: str, name: str) -> AsyncGenerator[httpx.AsyncClient]:
    """A client of the API in the name of this account; each role has one of its name."""
    async with httpx.AsyncClient(base_url=f"{url}/api/v1", trust_env=False, timeout=60) as client:
        body = {"username": name, "password": PASSWORD}
        pair = (await client.post("/auth/login", json=body)).json()
        client.headers["Authorization"] = f"Bearer {pair['access_token']}"
        yield client


@pytest.fixture(scope="session")
async def dashboard() -> None:
    """Built, if it was not; whoever comes first builds for all."""
    await asyncio.to_thread(build, WEB)


@pytest.fixture(scope="session")
async def browser():
    async with async_playwright() as playwright:
        browser = await launch(playwright)
        yield browser
        await browser.close()


@asynccontextmanager
async def open_stack(database_url: str, folder: Path) -> AsyncGenerator[Stack]:
    """Two API processes, a scheduler and a worker on a Redis of their own; three accounts."""
    servers = Servers(folder / "valkey", postgres=False, throwaway=True)
    await servers.start()
    assert servers.valkey
    more = {"RATE_LIMIT_REQUESTS": "100000", "RATE_LIMIT_BULK_ITEMS": "1000000",
            "DRAIN_SECONDS": "1", "RETRY_BASE_SECONDS": "1", "MAIL_HTML": "true"}  # fmt: skip
    env = environment(database_url, servers.valkey.url(0), folder) | more
    try:
        async with open_deps(load(env), load_types([])) as deps:
            for role in Role:
                await add_account(deps, role.value, role)
            with ExitStack() as exits:
                stack = Stack(exits, env, deps, folder / "output")
                for url in stack.urls:
                    await stack.start_api(url)
                stack.run("scheduler")
                stack.run("worker")
                await eventually(lambda: works(deps), within=START_SECONDS)
                yield stack
    finally:
        await servers.stop()


async def works(deps: Deps) -> bool:
    """Whether there is a worker."""
    async with deps.db.connect() as connection:
        return bool(await connection.scalar(text("SELECT EXISTS (SELECT FROM workers)")))


async def add_account(deps: Deps, name: str, role: Role) -> None:
    email = f"{name}@example.com"
    await create_user(deps, username=name, email=email, password=PASSWORD, role=role)


@pytest.fixture(scope="session")
async def stack(dashboard, make_database, tmp_path_factory):
    """The service with something on every page."""
    async with open_stack(await make_database(), tmp_path_factory.mktemp("e2e")) as stack:
        async with signed_in(stack.urls[0], "operator") as operator:
            await submit(operator, *(order("first") for _ in range(ROWS)), *SAMPLES)
            made = await operator.post("/schedules", json=SCHEDULE)
            assert made.status_code == 201, made.text
        yield stack


@pytest.fixture
async def operator(stack):
    """The API, in an operator's name."""
    async with signed_in(stack.urls[0], "operator") as client:
        yield client


@pytest.fixture
def tag(stack):
    """A word that no other test of the session uses."""
    return next(stack.tags)


@pytest.fixture
async def tabs(stack, browser):
    """`await tabs(name, **options)`: a tab of a new context, signed in if an account is named.

    Whatever went wrong in one of them fails the test: an error in the console, a script's or a
    promise's, and all that the policy of the page had to stop.
    """
    opened: list[Tab] = []

    async def make(name: str | None = "operator", *, url: str = stack.urls[0], **options) -> Tab:
        context = await browser.new_context(**{"viewport": DESK, **options})
        context.set_default_timeout(15_000)
        tab = await open_tab(context, url)
        opened.append(tab)
        if name is not None:
            body = {"username": name, "password": PASSWORD, "session": "cookie"}
            answer = await context.request.post(f"{url}{LOGIN}", data=body)
            assert answer.ok, await answer.text()
        return tab

    yield make
    faults = [fault for tab in opened for fault in tab.faults]
    for tab in opened:
        await tab.page.context.close()
    assert faults == []


def order(tag: str, **more):
    """A job that succeeds within a moment."""
    rows = [{"city": "Oslo", "degrees": n} for n in range(3)]
    payload = {"dataset": {"inline": rows}, "operation": "profile"}
    return {"type": "data_processing", "payload": payload, "tags": [tag], **more}


async def submit(client: httpx.AsyncClient, *orders) -> list[str]:
    """Their ids, in order."""
    answer = await client.post("/jobs/bulk", json={"jobs": orders})
    assert answer.status_code == 200, answer.text
    return [item["job"]["id"] for item in answer.json()["items"]]


async def ended(client: httpx.AsyncClient, job_id: str) -> dict[str, Any]:
    """The job once it is over; those that came first are before it."""

    async def look() -> dict[str, Any]:
        job = (await client.get(f"/jobs/{job_id}", params={"wait": 20})).json()
        return job if job["finished_at"] else {}

    return await eventually(look, within=ENDED_SECONDS)
