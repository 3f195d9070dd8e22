"""Servers for the suite: one PostgreSQL and one Valkey for a run, a database for each worker.

The run's own process starts them (with xdist the controller, which hands the addresses on) and
migrates one database; each worker gets a copy of it, and a logical database of Valkey. A test that
uses `settings`, `database_url` or `redis_url` finds both as the migrations leave them. With
DATABASE_URL and REDIS_URL in the environment those servers are used, and left as they were.
"""

import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import asyncpg
import msgspec
import pytest
from redis.asyncio import Redis
from sqlalchemy import make_url

from support.broom import Broom, keep_pristine
from taskforge.config import Settings, load
from taskforge.db.migrate import migrate
from taskforge.local.servers import Servers

SECRETS = {"SECRET_KEY": "s" * 40, "JWT_SECRET_KEY": "j" * 40}

MakeDatabase = Callable[..., Awaitable[str]]


class Site(msgspec.Struct, frozen=True):
    """Where this run's servers are; goes to the xdist workers as a dictionary."""

    template_url: str
    """A migrated database that nobody connects to: copies are made of it."""
    redis_url: str


class Run:
    """The servers of one run, started on first need and gone with all their data at its end."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="taskforge-test-"))
        self._outside = {k: v for k in ("DATABASE_URL", "REDIS_URL") if (v := os.environ.get(k))}
        self._servers = Servers(
            self._folder,
            postgres="DATABASE_URL" not in self._outside,
            valkey="REDIS_URL" not in self._outside,
            throwaway=True,
        )
        self._template_url = ""

    async def start(self) -> Site:
        name = f"taskforge_test_{os.getpid()}"
        await self._servers.start(name)
        found = self._servers.addresses(name) | self._outside
        self._template_url = database_named(found["DATABASE_URL"], name)
        if "DATABASE_URL" in self._outside:
            await on_server(found["DATABASE_URL"], f'CREATE DATABASE "{name}"')
        await migrate(load({"DATABASE_URL": self._template_url}))
        await keep_pristine(self._template_url)
        return Site(self._template_url, found["REDIS_URL"])

    async def stop(self) -> None:
        if "DATABASE_URL" in self._outside:
            name = make_url(self._template_url).database
            await on_server(self._outside["DATABASE_URL"], f'DROP DATABASE "{name}"')
        await self._servers.stop()
        shutil.rmtree(self._folder)


def database_named(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def logical(url: str, number: int) -> str:
    """The same Valkey, another logical database."""
    address, _, query = url.partition("?")
    kept = [(key, value) for key, value in parse_qsl(query) if key != "db"]
    return f"{address}?{urlencode([*kept, ('db', str(number))])}"


async def on_server(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


RUN = pytest.StashKey[Run]()
SITE = pytest.StashKey[dict[str, str]]()


def pytest_make_parametrize_id(val: object) -> str | None:
    """Packed bytes carry the time of day: no two processes would agree on the test's name."""
    return "binary" if isinstance(val, bytes) and not val.isascii() else None


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """In the xdist controller, before a worker starts: give it the addresses."""
    stash = node.config.stash
    if RUN not in stash:
        stash[RUN] = Run()
        stash[SITE] = msgspec.to_builtins(asyncio.run(stash[RUN].start()))
    node.workerinput["site"] = stash[SITE]


def pytest_unconfigure(config: pytest.Config) -> None:
    run = config.stash.get(RUN, None)
    if run is not None:
        asyncio.run(run.stop())


@pytest.fixture(scope="session")
def until() -> Callable[..., Awaitable[None]]:
    """`await until(condition)`: returns once it holds, and fails at the deadline (seconds)."""

    async def wait(condition: Callable[[], Any], *, seconds: float = 20) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"not within {seconds} s: {condition}"
            await asyncio.sleep(0.02)

    return wait


@pytest.fixture(scope="session")
async def site(request: pytest.FixtureRequest) -> Site:
    given = getattr(request.config, "workerinput", None)
    if given is not None:
        return msgspec.convert(given["site"], Site)
    run = request.config.stash[RUN] = Run()
    return await run.start()


@pytest.fixture(scope="session")
async def make_database(site: Site, worker_number: int) -> AsyncIterator[MakeDatabase]:
    """Makes further databases: a copy of the migrated one, or an empty one; answers the address."""
    made: list[str] = []

    async def make(*, empty: bool = False) -> str:
        name = f"{make_url(site.template_url).database}_{worker_number}_{len(made)}"
        template = "template0" if empty else make_url(site.template_url).database
        elsewhere = database_named(site.template_url, "postgres")
        # FILE_COPY is three times as fast as the default where fsync is off
        await on_server(
            elsewhere, f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY'
        )
        made.append(name)
        return database_named(site.template_url, name)

    yield make
    for name in made:
        elsewhere = database_named(site.template_url, "postgres")
        await on_server(elsewhere, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def worker_number() -> int:
    """1 for the first xdist worker, and without xdist."""
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) + 1


@pytest.fixture(scope="session")
async def worker_database(make_database: MakeDatabase) -> str:
    return await make_database()


@pytest.fixture(scope="session")
async def worker_redis(site: Site, worker_number: int) -> AsyncIterator[str]:
    url = logical(site.redis_url, worker_number)
    client = Redis.from_url(url)
    if await client.dbsize():
        pytest.exit(f"the test database {url} is not empty; tests would erase it", 2)
    yield url
    await client.flushdb()
    await client.aclose()


@pytest.fixture(scope="session")
def database_url(worker_database: str) -> str:
    """This worker's database."""
    return worker_database


@pytest.fixture
async def plain(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A bare connection to it, for looking and for turning clocks."""
    it = await asyncpg.connect(database_url)
    yield it
    await it.close()


@pytest.fixture(scope="session")
def redis_url(worker_redis: str) -> str:
    """This worker's logical database of Valkey."""
    return worker_redis


@pytest.fixture(scope="session")
def settings(
    database_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    """Settings for this worker's servers; `msgspec.structs.replace` makes variants."""
    return load(environment(database_url, redis_url, tmp_path_factory.mktemp("data")))


def environment(database_url: str, redis_url: str, folder: Path) -> dict[str, str]:
    return {
        **SECRETS,
        "ENVIRONMENT": "test",
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "DATA_DIR": str(folder),
        "DATASETS_DIR": str(folder / "datasets"),
        "ARTIFACTS_DIR": str(folder / "artifacts"),
    }


@pytest.fixture(scope="session")
def process_environment(settings: Settings) -> dict[str, str]:
    """The environment in which a child process has the same settings."""
    ours = environment(settings.database_url, settings.redis_url, settings.data_dir)
    return {"PATH": os.environ["PATH"], **ours}


@pytest.fixture(scope="session")
async def _broom(worker_database: str, worker_redis: str) -> AsyncIterator[Broom]:
    broom = Broom(worker_database, worker_redis)
    yield broom
    await broom.close()


@pytest.fixture
async def _pristine(_broom: Broom) -> None:
    await _broom.sweep()


@pytest.fixture(autouse=True)
def _fresh(request: pytest.FixtureRequest) -> None:
    """Before each test that can reach the servers; the others never start them."""
    if {"worker_database", "worker_redis"} & set(request.fixturenames):
        request.getfixturevalue("_pristine")
