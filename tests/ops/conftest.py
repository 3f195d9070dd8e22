"""API processes behind nginx, and people who are signed in there."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from support.nginx import Nginx, nginx
from support.ports import free_port
from support.waiting import eventually
from taskforge.config import Settings
from taskforge.core.people import Role
from taskforge.flows.accounts import create_user
from taskforge.flows.deps import open_deps
from taskforge.handlers.registry import load

TESTS = Path(__file__).parents[1]
PASSWORD = "a long enough password"
SHARED, OWN = "/assets/shared-1.js", "/assets/own-{}.js"


class Api:
    """An API process that can be started again, in the same place.

    Args:
        number: sets its dashboard apart: each release has files that the other has not.
        environment: all of it.
        folder: for its dashboard and its log.
    """

    def __init__(self, number: int, environment: dict[str, str], folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = environment
        self._log = folder / f"api-{number}.log"
        self._dashboard = folder / f"dashboard-{number}"
        (self._dashboard / "assets").mkdir(parents=True)
        (self._dashboard / "index.html").write_text("<!doctype html><title>TaskForge</title>")
        for path in (SHARED, OWN.format(number)):
            file = self._dashboard / path.lstrip("/")
            file.write_text(f"// {path}")
            file.with_name(file.name + ".br").write_bytes(b"packed by brotli")
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "support.served", str(self.port), self._dashboard,
                env=self._environment, stdout=log, stderr=log,
            )  # fmt: skip
        async with httpx.AsyncClient(base_url=self.url, trust_env=False) as client:
            await eventually(lambda: is_ready(client), within=60)

    async def stop(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(30):
            assert await self._process.wait() == 0, self._log.read_text()[-2_000:]


async def is_ready(client: httpx.AsyncClient) -> bool:
    return (await client.get("/health/ready")).is_success


@pytest.fixture(scope="module")
async def apis(process_environment, tmp_path_factory) -> AsyncIterator[list[Api]]:
    """Two processes; what a test stops, it starts again."""
    environment = process_environment | {
        "PYTHONPATH": str(TESTS),
        "RATE_LIMIT_REQUESTS": "1000000",
        "TRUSTED_PROXY_HOPS": "1",
    }
    apis = [Api(n, environment, tmp_path_factory.mktemp("api")) for n in range(2)]
    await asyncio.gather(*(api.start() for api in apis))
    yield apis
    await asyncio.gather(*(api.stop() for api in apis))


@pytest.fixture(scope="module")
async def proxy(apis, tmp_path_factory) -> AsyncIterator[Nginx]:
    """nginx before both."""
    folder = tmp_path_factory.mktemp("nginx")
    async with nginx(folder, [api.port for api in apis]) as it:
        yield it


@pytest.fixture
async def web(proxy) -> AsyncIterator[httpx.AsyncClient]:
    """A client of nginx, of nobody yet."""
    async with httpx.AsyncClient(base_url=proxy.url, trust_env=False, timeout=30) as client:
        yield client


@pytest.fixture
async def operator(web, settings: Settings) -> httpx.AsyncClient:
    """The same, signed in."""
    async with open_deps(settings, load([])) as deps:
        await create_user(
            deps, username="op", email="op@example.com", password=PASSWORD, role=Role.OPERATOR
        )
    login = {"username": "op", "password": PASSWORD}
    answer = await web.post("/api/v1/auth/login", json=login)
    web.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    return web
