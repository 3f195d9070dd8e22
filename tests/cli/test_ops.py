"""Commands that look after the servers, on real ones."""

import asyncio
import json

import asyncpg
import pytest
from sqlalchemy import make_url

from taskforge.db.revisions import head


@pytest.fixture
async def empty_url(make_database):
    return await make_database(empty=True)


def test_migrate_tells_what_it_did(run, empty_url):
    first = run("migrate", "--json", DATABASE_URL=empty_url)
    second = run("migrate", DATABASE_URL=empty_url)

    assert json.loads(first.stdout) == {"before": None, "after": head()}
    assert second.stdout == f"already at {head()}\n"


def test_who_may_not_migrate_waits_for_who_does(run, empty_url):
    early = run("migrate", "--wait", "0.1", DATABASE_URL=empty_url)
    run("migrate", DATABASE_URL=empty_url)
    late = run("migrate", "--wait", "60", DATABASE_URL=empty_url)

    assert (early.exit_code, early.stderr) == (
        7, f"the database is not at {head()} after 0.1 s\n",
    )  # fmt: skip
    assert (late.exit_code, late.stderr) == (0, f"the database is at {head()}\n")


async def test_a_database_from_a_later_release_is_left_alone(run, make_database):
    url = await make_database()
    connection = await asyncpg.connect(url)
    await connection.execute("UPDATE alembic_version SET version_num = '9999'")
    await connection.close()

    result = await asyncio.to_thread(run, "migrate", DATABASE_URL=url)

    assert result.exit_code == 2
    assert "at revision 9999, which this release does not know" in result.stderr


def test_migrate_without_a_database_is_unreachable(run, empty_url):
    nobody = make_url(empty_url).set(query={"host": "/nonexistent"})

    result = run("migrate", DATABASE_URL=nobody.render_as_string())

    assert result.exit_code == 6
    assert "does not answer" in result.stderr


def test_down_with_nothing_to_stop_says_so(run):
    result = run("down")

    assert (result.exit_code, result.stderr) == (0, "nothing runs here\n")
