"""Running Alembic from code: `taskforge migrate`, `taskforge up` and the tests."""

import asyncio
import random
import time
from typing import Final

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, NullPool, text
from sqlalchemy.exc import DBAPIError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from taskforge.config import Settings
from taskforge.db.engine import driver_url, lock_was_busy
from taskforge.db.revisions import migrations
from taskforge.log import get_logger

LOCK: Final = 0x7A5F_0001
"""Advisory lock of the one that migrates (R-93)."""
LOCK_SECONDS: Final = 1
"""How long a statement of a migration, and all that queues up behind it, waits for a lock."""
PAUSE_SECONDS: Final = 2.0
"""Between two tries; in them the others go on."""
PATIENCE_SECONDS: Final = 300.0

log = get_logger(__name__)


def alembic_config(connection: Connection | None = None) -> Config:
    """Alembic's configuration; `migrations/env.py` takes the connection from it."""
    config = Config()
    config.set_main_option("script_location", str(migrations()))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


async def migrate(
    settings: Settings, revision: str = "head", *, patience: float = PATIENCE_SECONDS
) -> None:
    """Bring the database to `revision`, up or down; safe to run from many processes at once.

    Safe under load, too: a statement waits a second for a lock, for whoever comes after it waits
    as well, and is tried again until it finds a gap (R-93).

    Args:
        settings: where the database is.
        revision: `head`, a revision, or `-n` for so many steps down.
        patience: seconds to go on trying.

    Raises:
        DBAPIError: the database is away, or a lock was never free (`engine.lock_was_busy`).
    """
    engine = create_async_engine(
        driver_url(settings),
        poolclass=NullPool,
        connect_args={"server_settings": {"lock_timeout": f"{LOCK_SECONDS}s"}},
    )
    deadline = time.monotonic() + patience
    try:
        # The lock is a transaction's, which poolers carry too, on a connection of its own.
        async with engine.begin() as guard:
            await guard.execute(text(f"SET LOCAL lock_timeout = {max(int(patience * 1_000), 1)}"))
            await guard.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
            await guard.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            await _persist(engine, revision, deadline)
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


async def _persist(engine: AsyncEngine, revision: str, deadline: float) -> None:
    while True:
        try:
            async with engine.connect() as connection:
                await connection.run_sync(_run, revision)
            return
        except DBAPIError as error:
            # What was done of several steps down stays done, and they are counted from here.
            if not lock_was_busy(error) or _is_down(revision) or time.monotonic() > deadline:
                raise
            log.warning("migration.postponed", error=str(error.orig))
        await asyncio.sleep(PAUSE_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311 - spread only


def _run(connection: Connection, revision: str) -> None:
    config = alembic_config(connection)
    if _is_down(revision):
        command.downgrade(config, revision)
    else:
        command.upgrade(config, revision)


def _is_down(revision: str) -> bool:
    return revision == "base" or revision.startswith("-")
