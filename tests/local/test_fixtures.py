"""The suite's own servers keep what `tests/conftest.py` promises."""

import asyncpg
import pytest
from redis.asyncio import Redis


@pytest.mark.parametrize("turn", [1, 2])
async def test_each_test_finds_the_servers_as_the_migrations_leave_them(settings, turn):
    connection = await asyncpg.connect(settings.database_url)
    client = Redis.from_url(settings.redis_url)
    try:
        assert await connection.fetchval("SELECT count(*) FROM queues") == 4
        assert await connection.fetchval("SELECT count(*) FROM facts") == 0
        assert await client.dbsize() == 0

        await connection.execute("DELETE FROM queues")
        await connection.execute("INSERT INTO facts (key, value) VALUES ('a', '1')")
        await client.set("a", 1)
    finally:
        await client.aclose()
        await connection.close()


async def test_a_further_database_is_a_copy_or_empty(make_database):
    copy, empty = await make_database(), await make_database(empty=True)

    assert await _tables(copy) > 20
    assert await _tables(empty) == 0


async def _tables(url):
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        )
    finally:
        await connection.close()
