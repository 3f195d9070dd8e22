"""What a backup holds, and where it can be put."""

import asyncio
import subprocess
import sys
from pathlib import Path

import asyncpg
import msgspec
import pytest

from support.make import claimer, order, person
from taskforge.core.states import JobStatus
from taskforge.db.claims import claim
from taskforge.flows import submit, tend
from taskforge.flows.deps import open_deps
from taskforge.handlers.registry import load

ROOT = Path(__file__).resolve().parents[2]
BY = person()


async def backup(deed, url, file):
    return await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "ops.backup", deed, file],
        cwd=ROOT, env={"DATABASE_URL": url}, check=False, capture_output=True, text=True,
    )  # fmt: skip


@pytest.fixture(scope="module")
def types():
    return load(["jobs.plain"])


@pytest.fixture
async def file(settings, types, tmp_path):
    """A backup of a database with a job that is queued and one that is for later."""
    async with open_deps(settings, types) as deps:
        await submit.submit(deps, order("say", {"value": "kept"}), BY)
        await submit.submit(deps, order("noop", delay_seconds=3_600), BY)
        await tend.rehint(deps)  # schedulers know the Redis of this installation
    file = tmp_path / "taskforge.dump"
    done = await backup("dump", settings.database_url, file)
    assert done.returncode == 0, done.stderr
    return file


async def test_what_was_waiting_goes_on_in_another_database(settings, types, make_database, file):
    url = await make_database(empty=True)

    done = await backup("restore", url, file)

    assert done.returncode == 0, done.stderr
    elsewhere = msgspec.structs.replace(settings, database_url=url)
    async with open_deps(elsewhere, types) as deps:
        await deps.redis.flushdb()
        assert await tend.rehint(deps) == 1
        async with deps.db.connect() as connection:
            (claimed,) = await claim(connection, claimer(types=["say", "noop"]), [], free=8)
    assert (claimed.row.status, claimed.payload) == (JobStatus.RUNNING, '{"value": "kept"}')


async def test_a_database_with_anything_in_it_is_left_alone(make_database, file):
    url = await make_database()

    done = await backup("restore", url, file)

    assert (done.returncode, done.stderr) == (
        1, "the database is not empty: restore into a new one\n",
    )  # fmt: skip


async def test_of_a_broken_file_nothing_is_restored(make_database, file):
    url = await make_database(empty=True)
    file.write_bytes(file.read_bytes()[:-20_000])

    done = await backup("restore", url, file)

    connection = await asyncpg.connect(url)
    tables = await connection.fetchval(
        "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
    )
    await connection.close()
    assert (done.returncode, tables) == (1, 0)


async def test_a_backup_is_its_owners_alone_and_never_half_of_one(settings, file):
    assert file.stat().st_mode & 0o777 == 0o600

    failed = await backup("dump", "postgresql://nobody@127.0.0.1:1/none", file.with_name("other"))

    assert failed.returncode == 1
    assert "pg_dump" in failed.stderr
    assert [it.name for it in file.parent.iterdir()] == [file.name]
