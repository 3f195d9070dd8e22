"""Bringing a database up to date, with errors for people."""

from alembic.util.exc import CommandError
from sqlalchemy.exc import DBAPIError

from taskforge.config import Settings
from taskforge.core.errors import Unavailable
from taskforge.db.migrate import current, head, migrate
from taskforge.local.errors import CannotStart


async def bring_up_to_date(settings: Settings) -> tuple[str | None, str]:
    """Migrate when there is something to migrate; the revisions before and after.

    Raises:
        Unavailable: the database does not answer.
        CannotStart: it is at a revision that this release does not know.
    """
    newest = head()
    before = None
    try:
        before = await current(settings)
        if before != newest:  # loading the migrations alone takes most of a second
            await migrate(settings)
    except (OSError, DBAPIError) as error:
        raise Unavailable(f"the database does not answer: {error}", retry_after=1) from error
    except CommandError as error:
        raise CannotStart(
            f"the database is at revision {before}, which this release does not know: {error}"
        ) from error
    return before, newest
