"""Running Alembic from code: `taskforge migrate`, `taskforge up` and the tests."""

import asyncio
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import create_async_engine

from taskforge.config import Settings
from taskforge.db.engine import driver_url

_HERE = Path(__file__).resolve()
_PLACES = (_HERE.parents[1] / "migrations", _HERE.parents[3] / "migrations")
"""In an installed wheel, and in a checkout."""


def alembic_config(connection: Connection | None = None) -> Config:
    """Alembic's configuration; `migrations/env.py` takes the connection from it."""
    config = Config()
    place = next(path for path in _PLACES if (path / "env.py").exists())
    config.set_main_option("script_location", str(place))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def head() -> str:
    """The newest revision that this code knows."""
    return ScriptDirectory.from_config(alembic_config()).get_current_head() or ""


async def migrate(settings: Settings, revision: str = "head") -> None:
    """Bring the database to `revision`, up or down; safe to run from many processes at once."""
    engine = create_async_engine(driver_url(settings))
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_run, revision)
    finally:
        await engine.dispose()


async def current(settings: Settings) -> str | None:
    """The revision that the database is at; None when it is empty."""
    engine = create_async_engine(driver_url(settings))
    try:
        async with engine.connect() as connection:
            return await connection.scalar(text("SELECT version_num FROM alembic_version"))
    except ProgrammingError:
        return None
    finally:
        await engine.dispose()


def upgrade(settings: Settings) -> None:
    """Bring the database to the newest revision; for callers without a loop."""
    asyncio.run(migrate(settings))


def _run(connection: Connection, revision: str) -> None:
    config = alembic_config(connection)
    if revision == "base" or revision.startswith("-"):
        command.downgrade(config, revision)
    else:
        command.upgrade(config, revision)
