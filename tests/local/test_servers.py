"""The embedded servers, with nothing in between: real ones, in folders of their own."""

import os
import shutil
import subprocess
from contextlib import asynccontextmanager

import asyncpg
import pytest
from redis.asyncio import Redis

from taskforge.local.errors import CannotStart
from taskforge.local.servers import Servers


@asynccontextmanager
async def started(place):
    servers = Servers(place, throwaway=True)
    try:
        await servers.start()
        yield servers
    finally:
        await servers.stop()


async def query(servers, statement):
    connection = await asyncpg.connect(servers.addresses()["DATABASE_URL"])
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def ping(servers):
    client = Redis.from_url(servers.addresses()["REDIS_URL"])
    try:
        return await client.ping()
    finally:
        await client.aclose()


@pytest.fixture
def place(tmp_path_factory):
    """As `mkdir` would make it: pytest's own folders are closed to every other account."""
    return tmp_path_factory.mktemp("place") / "data"


async def test_a_start_takes_over_what_a_lost_owner_left_and_keeps_the_data(place):
    async with started(place) as lost:
        await query(lost, "CREATE TABLE kept AS SELECT 7 AS n")

        async with started(place) as heir:
            assert not any(server.alive() for server in lost.members)
            assert await query(heir, "SELECT n FROM kept") == 7

        assert [server.residents() for server in heir.members] == [[], []]


async def test_a_lock_file_with_a_reused_pid_does_not_block_the_start(place):
    async with started(place):
        pass
    for name in ("postmaster.pid", ".s.PGSQL.5432.lock"):  # this very process has the pid now
        (place / "postgres" / name).write_text(f"{os.getppid()}\n{place / 'postgres'}\n0\n5432\n")

    async with started(place) as servers:
        assert await query(servers, "SELECT 1") == 1


async def test_two_folders_do_not_disturb_each_other_however_they_are_named(place):
    strange = place / ("a folder, with 'näme' % ? & =" + "x" * 90)
    async with started(place / "plain") as plain:
        async with started(strange) as other:
            assert await query(other, "SELECT 1") == 1
            assert await ping(other)

        assert await query(plain, "SELECT 1") == 1
        assert await ping(plain)


async def test_the_database_role_is_no_superuser(place):
    async with started(place) as servers:
        assert await query(servers, "SELECT usesuper FROM pg_user WHERE usename = user") is False
        release = await query(servers, "SHOW server_version")
        assert release.startswith("18")


@pytest.fixture
def strangers(place):
    """A process of the server's name elsewhere, and one of another name in the server's home."""
    home, elsewhere = place / "postgres", place / "elsewhere"
    home.mkdir(parents=True)
    elsewhere.mkdir()
    shutil.copy("/bin/sleep", elsewhere / "postgres")
    commands = {elsewhere: elsewhere / "postgres", home: "/bin/sleep"}
    running = [
        subprocess.Popen([program, "60"], cwd=folder)  # noqa: S603 - sleep, under two names
        for folder, program in commands.items()
    ]
    yield running
    for process in running:
        process.kill()
        process.wait()


async def test_a_strangers_process_is_not_ours(place, strangers):
    await Servers(place, throwaway=True).stop()

    assert [process.poll() for process in strangers] == [None, None]


async def test_a_server_that_cannot_start_says_why(place):
    home = place / "postgres"
    home.mkdir(parents=True)
    (home / "PG_VERSION").write_text("12\n")

    with pytest.raises(CannotStart, match="made by PostgreSQL 12"):
        await Servers(place, valkey=False, throwaway=True).start()


def test_a_file_in_the_way_of_the_data_directory_is_named(tmp_path):
    (tmp_path / "data").write_text("")

    with pytest.raises(CannotStart, match=r"data directory .* cannot be used"):
        Servers(tmp_path / "data")
