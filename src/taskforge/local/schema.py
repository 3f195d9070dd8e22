"""Bringing a database up to date, with errors for people."""

import asyncio

from alembic.util.exc import CommandError
from sqlalchemy.exc import DBAPIError

from taskforge.config import Settings
from taskforge.core.errors import Unavailable
from taskforge.db.engine import lock_was_busy
from taskforge.db.migrate import PATIENCE_SECONDS, current, migrate
from taskforge.db.revisions import head, is_behind
from taskforge.local.errors import CannotStart

LOOK_SECONDS = 1.0
"""Between two looks at how far somebody else's migration is."""


async def bring_up_to_date(
    settings: Settings, *, patience: float = PATIENCE_SECONDS
) -> tuple[str | None, str]:
    """Migrate when there is something to migrate; the revisions before and after.

    Args:
        settings: where the database is.
        patience: seconds to wait for a gap between transactions that hold what is to be changed.

    Raises:
        Unavailable: the database does not answer, or is too busy to be changed.
        CannotStart: it is at a revision that this release does not know.
    """
    newest = head()
    before = None
    try:
        before = await current(settings)
        if before != newest:  # loading the migrations alone takes most of a second
            await migrate(settings, patience=patience)
    except (OSError, DBAPIError) as error:
        if lock_was_busy(error):
            raise Unavailable(
                "other transactions hold locks that the migration needs, and did so for minutes;"
                " pg_stat_activity tells which: let them end, and migrate again",
                retry_after=60,
            ) from error
        raise Unavailable(f"the database does not answer: {error}", retry_after=1) from error
    except CommandError as error:
        raise CannotStart(
            f"the database is at revision {before}, which this release does not know: {error}"
        ) from error
    return before, newest


async def await_migration(settings: Settings, seconds: float) -> str:
    """Wait until the database has what this release needs, and change nothing; its revision.

    Raises:
        TimeoutError: nobody has migrated it within `seconds`.
    """
    async with asyncio.timeout(seconds):
        while True:
            try:
                revision = await current(settings)
            except (OSError, DBAPIError):
                revision = None  # the server may start beside us, too
            if revision and not is_behind(revision):
                return revision
            await asyncio.sleep(LOOK_SECONDS)
