"""The temporary folder of one child process, and what killed workers left of such folders."""

import fcntl
import functools
import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

PREFIX = "taskforge-child-"
LAST_WORDS_BYTES = 4_096
ORPHAN_SECONDS = 60.0
"""A folder younger than this may be about to be locked."""


class Room(NamedTuple):
    """Where a child lives."""

    folder: Path
    lock: int
    """Descriptor that locks the folder for as long as this process lives."""
    stderr: BinaryIO
    """A file without a name: a pipe could be held open by a process that outlives the child."""

    def last_words(self) -> str:
        """The end of what the child wrote to stdout and stderr, at most 4,096 bytes."""
        size = self.stderr.seek(0, os.SEEK_END)
        self.stderr.seek(max(0, size - LAST_WORDS_BYTES))
        return self.stderr.read().decode(errors="replace").replace("\0", "").strip()

    def remove(self) -> None:
        """Close and delete everything; what cannot be deleted stays."""
        self.stderr.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        os.close(self.lock)


def open_room() -> Room:
    """Make a folder that only this account may enter.

    Raises:
        OSError: the disk is full or not writable, or no descriptor is left.
    """
    _remove_orphans_once(tempfile.gettempdir())
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    try:
        lock = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            return Room(folder, lock, tempfile.TemporaryFile(dir=folder))
        except BaseException:
            os.close(lock)
            raise
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def remove_orphans(parent: Path, *, older_than: float = ORPHAN_SECONDS) -> int:
    """Delete the folders of this account that no living process holds; return how many.

    Args:
        parent: the folder that they lie in.
        older_than: seconds since the folder was last changed.
    """
    removed = 0
    for folder in parent.glob(f"{PREFIX}*"):
        with suppress(OSError):
            seen = folder.lstat()
            if seen.st_uid != os.geteuid() or time.time() - seen.st_mtime < older_than:
                continue
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder)
                removed += 1
            finally:
                os.close(lock)
    return removed


@functools.cache
def _remove_orphans_once(parent: str) -> None:
    remove_orphans(Path(parent))
