"""The revisions of the database that this code knows, told by the names of their files.

Every process compares them with what it finds. Alembic tells them, too, but loading it is a tenth
of what a process needs to start; only the one that migrates does (`db/migrate.py`).
"""

from functools import cache
from pathlib import Path
from typing import Final

_HERE: Final = Path(__file__).resolve()
_PLACES: Final = (_HERE.parents[1] / "migrations", _HERE.parents[3] / "migrations")
"""In an installed wheel, and in a checkout."""


def migrations() -> Path:
    """The folder of Alembic's environment."""
    return next(path for path in _PLACES if (path / "env.py").exists())


@cache
def history() -> tuple[str, ...]:
    """Every revision, the newest first: its number, with which its file's name begins."""
    files = (migrations() / "versions").glob("[0-9]*.py")
    return tuple(sorted((file.name.partition("_")[0] for file in files), reverse=True))


def head() -> str:
    """The newest of them."""
    return history()[0]


def is_behind(revision: str | None) -> bool:
    """Whether a database lacks what this code needs.

    One at a revision that this code does not know is ahead: while an upgrade goes through the
    fleet, the release before serves on it (R-93).

    Args:
        revision: of its tables; None where there are none.
    """
    return revision != head() and (revision is None or revision in history())
