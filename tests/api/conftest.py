"""The application on this worker's servers, and clients that are signed in."""

import asyncio
import shutil
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

import httpx
import pytest
import structlog
from argon2 import PasswordHasher
from litestar import Litestar

from support.people import sign_up
from taskforge.api.app import create_app
from taskforge.config import Settings
from taskforge.core.people import Role
from taskforge.flows.deps import Deps

PASSWORD = "a long enough password"
HASHED = PasswordHasher(time_cost=1, memory_cost=47_104, parallelism=1).hash(PASSWORD)
"""As an account has it: no sign-in finds it outdated."""
ADA = {"username": "ada", "email": "Ada@Example.com", "password": "correct horse battery"}


@pytest.fixture(scope="session", autouse=True)
def _plain_logs() -> None:
    """The default draws every local variable of a traceback, which takes seconds."""
    structlog.configure(
        processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()]
    )


@asynccontextmanager
async def living(app: Litestar) -> AsyncGenerator[Litestar]:
    """The application between the two ends of its lifespan; it may live again afterwards.

    In a task of its own, for the two halves of a fixture run in two, and Litestar's must not.
    """
    before = app.state.dict()
    started, stop = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        async with app.lifespan():
            started.set()
            await stop.wait()

    life, start = asyncio.create_task(live()), asyncio.create_task(started.wait())
    await asyncio.wait([life, start], return_when=asyncio.FIRST_COMPLETED)
    try:
        yield app
    finally:
        start.cancel()
        stop.set()
        await life
        app.state.clear()
        app.state.update(before)


@pytest.fixture
def own_store(settings: Settings) -> Iterator[Path]:
    """The folder of artifacts and uploads, where nobody has been."""
    shutil.rmtree(settings.artifacts_dir, ignore_errors=True)
    yield settings.artifacts_dir
    shutil.rmtree(settings.artifacts_dir, ignore_errors=True)


built = cache(create_app)
"""Making one takes a quarter of a second, and one may live again and again."""


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[Litestar]:
    async with living(built(settings)) as app:
        yield app


@pytest.fixture
def deps(app: Litestar) -> Deps:
    return app.state["deps"]


@pytest.fixture
async def client(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    """Nobody: no credential."""
    async with http_client(app) as client:
        yield client


@pytest.fixture
async def viewer(app: Litestar, deps: Deps) -> AsyncIterator[httpx.AsyncClient]:
    async with await signed_in(app, deps, Role.VIEWER) as client:
        yield client


@pytest.fixture
async def operator(app: Litestar, deps: Deps) -> AsyncIterator[httpx.AsyncClient]:
    async with await signed_in(app, deps, Role.OPERATOR) as client:
        yield client


@pytest.fixture
async def admin(app: Litestar, deps: Deps) -> AsyncIterator[httpx.AsyncClient]:
    async with await signed_in(app, deps, Role.ADMIN) as client:
        yield client


def http_client(app: Litestar, **headers: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)  # pyright: ignore[reportArgumentType] - two spellings of ASGI
    return httpx.AsyncClient(transport=transport, base_url="http://testserver", headers=headers)


async def signed_in(app: Litestar, deps: Deps, role: Role) -> httpx.AsyncClient:
    """A client of a fresh account with this role and PASSWORD; its token is in `client.headers`."""
    made = await sign_up(deps.db, deps.settings, role.value, role, password_hash=HASHED)
    return http_client(app, **made.headers)


async def sign_in(client: httpx.AsyncClient, **changes: str) -> httpx.Response:
    """Ada signs in."""
    body = {"username": "ada", "password": ADA["password"], **changes}
    return await client.post("/api/v1/auth/login", json=body)


@pytest.fixture
async def ada(client: httpx.AsyncClient) -> dict[str, str]:
    """Ada's tokens; she is a viewer."""
    assert (await client.post("/api/v1/auth/register", json=ADA)).status_code == 201
    return (await sign_in(client)).json()
