"""The migrations make what the tables say, and can be taken back."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import create_async_engine

from taskforge.config import Settings
from taskforge.core.states import JobStatus
from taskforge.db.engine import driver_url
from taskforge.db.migrate import alembic_config, current, migrate
from taskforge.db.people_tables import Person
from taskforge.db.revisions import head, history

MakeDatabase = Callable[..., Awaitable[str]]


@pytest.fixture
async def empty(settings: Settings, make_database: MakeDatabase) -> Settings:
    """Settings for a database without any table."""
    return msgspec.structs.replace(settings, database_url=await make_database(empty=True))


async def read(settings: Settings, look: Callable[[Connection], Any]) -> Any:
    engine = create_async_engine(driver_url(settings))
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(look)
    finally:
        await engine.dispose()


def shape(connection: Connection) -> list[tuple[str, ...]]:
    """Every column, index and constraint of the schema as PostgreSQL describes it."""
    columns = text(
        "SELECT table_name, column_name, data_type, is_nullable, coalesce(column_default, '')"
        " FROM information_schema.columns WHERE table_schema = 'public'"
        " AND table_name <> 'alembic_version'"
    )
    indexes = text("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'")
    constraints = text(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE connamespace = 'public'::regnamespace"
    )
    storage = text(
        "SELECT relname, array_to_string(reloptions, ',') FROM pg_class"
        " WHERE relnamespace = 'public'::regnamespace AND reloptions IS NOT NULL"
    )
    return sorted(
        tuple(row)
        for query in (columns, indexes, constraints, storage)
        for row in connection.execute(query)
    )


def test_there_is_one_head():
    assert len(ScriptDirectory.from_config(alembic_config()).get_heads()) == 1


def test_the_names_of_files_tell_the_history_as_alembic_does():
    walked = ScriptDirectory.from_config(alembic_config()).walk_revisions()

    assert history() == tuple(it.revision for it in walked)


async def test_an_empty_database_becomes_what_the_tables_say(empty: Settings):
    assert await current(empty) is None

    await migrate(empty)

    def differences(connection: Connection) -> list[Any]:
        options = {"compare_type": True, "compare_server_default": True}
        return compare_metadata(
            MigrationContext.configure(connection, opts=options), Person.metadata
        )

    assert await current(empty) == head()
    assert await read(empty, differences) == []


async def test_the_tables_themselves_make_the_same_schema(
    settings: Settings, empty: Settings, make_database: MakeDatabase
):
    declared = msgspec.structs.replace(settings, database_url=await make_database(empty=True))
    engine = create_async_engine(driver_url(declared))
    async with engine.begin() as connection:
        await connection.run_sync(Person.metadata.create_all)
    await engine.dispose()

    await migrate(empty)

    ours = [line for line in await read(empty, shape) if "alembic_version" not in line[0]]
    assert ours == await read(declared, shape)


async def test_every_step_down_and_up_again_leaves_the_same_schema(empty: Settings):
    await migrate(empty)
    before = await read(empty, shape)
    steps = len(list(ScriptDirectory.from_config(alembic_config()).walk_revisions()))

    for _ in range(steps):
        await migrate(empty, "-1")
    left = await read(empty, lambda connection: inspect(connection).get_table_names())
    await migrate(empty)

    assert left == ["alembic_version"]
    assert await read(empty, shape) == before


async def test_two_processes_may_migrate_at_once(empty: Settings):
    program = (
        "import sys; from taskforge.config import load; from taskforge.db.migrate import upgrade;"
        " upgrade(load({'DATABASE_URL': sys.argv[1]}))"
    )
    processes = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", program, empty.database_url)
        for _ in range(2)
    ]

    assert [await process.wait() for process in processes] == [0, 0]
    assert await current(empty) == head()


async def test_migrating_again_changes_nothing(empty: Settings):
    await migrate(empty)
    before = await read(empty, shape)

    await migrate(empty)

    assert await read(empty, shape) == before


async def test_the_database_knows_the_same_states(empty: Settings):
    await migrate(empty)

    def check(connection: Connection) -> str:
        return " ".join(
            definition
            for (definition,) in connection.execute(
                text(
                    "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
                    " WHERE conrelid = 'jobs'::regclass AND contype = 'c'"
                )
            )
        )

    constraints = await read(empty, check)

    assert all(f"'{status}'" in constraints for status in JobStatus)
