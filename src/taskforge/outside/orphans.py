"""What is in the file store, for the sweep that looks for files that nobody lists any more.

A file that changed within the last hour is left alone: its row may be on its way.
"""

import fcntl
import shutil
import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from taskforge.outside.store import Store

SHARDS = 256
"""Folders of jobs, and of uploads: one for each last two digits of an id."""
YOUNG_SECONDS = 3_600.0
OWNER = ".owner"


def owner_of(store: Store) -> str | None:
    """Whose the store is, as `claim_store` left it; None before. Blocks."""
    with suppress(OSError):
        return (store.folder / OWNER).read_text().strip() or None
    return None


def claim_store(store: Store, owner: str) -> str:
    """Make the store somebody's, unless it is already; whose it is now. Blocks.

    Raises:
        OSError: it cannot be written to.
    """
    with suppress(FileExistsError), (store.folder / OWNER).open("x") as file:
        file.write(owner)
    return owner_of(store) or ""


def jobs_in(store: Store, shard: int) -> list[UUID]:
    """The jobs that have a folder; blocks."""
    return _ids_in(store.folder / "jobs" / f"{shard:02x}")


def uploads_in(store: Store, shard: int) -> list[UUID]:
    """The uploads that have a file; blocks."""
    return _ids_in(store.folder / "uploads" / f"{shard:02x}")


def drop_unlisted(folder: Path, listed: Collection[Path]) -> int:
    """Delete what is in a job's folder and not in `listed`; how many files. Blocks."""
    dropped = 0
    for path in _entries(folder):
        if path not in listed and not is_young(path):
            with suppress(OSError):
                path.unlink()
                dropped += 1
    return dropped


def drop_folder(folder: Path) -> None:
    """Delete a folder with what is in it; blocks. What cannot be deleted stays."""
    shutil.rmtree(folder, ignore_errors=True)


def drop_parts(store: Store) -> int:
    """Delete files that were never finished, and that no living process writes; how many."""
    return sum(_drop_part(path) for path in _entries(store.incoming_folder))


def is_young(path: Path) -> bool:
    """Whether it has changed, or was moved here, within the last hour; also when it has gone."""
    try:
        seen = path.lstat()
    except OSError:
        return True
    return time.time() - max(seen.st_mtime, seen.st_ctime) < YOUNG_SECONDS


def _drop_part(path: Path) -> bool:
    if path.suffix != ".part" or is_young(path):
        return False
    with suppress(OSError), path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink(missing_ok=True)
        return True
    return False


def _ids_in(folder: Path) -> list[UUID]:
    ids: list[UUID] = []
    for path in _entries(folder):
        with suppress(ValueError):
            ids.append(UUID(path.name))
    return ids


def _entries(folder: Path) -> Iterator[Path]:
    with suppress(OSError):
        yield from sorted(folder.iterdir())
