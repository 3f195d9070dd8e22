"""Addresses of Unix sockets: short and plain, however long and strange the directory's name is."""

import hashlib
import os
import re
import tempfile
from pathlib import Path

from taskforge.local.errors import CannotStart

LONGEST = 100
"""Bytes in a socket's path; Linux takes 107, macOS 103."""
_SOCKET_ROOM = len("/postgres/.s.PGSQL.5432.lock")
_LINK_ROOM = len("/taskforge-4294967295-0123456789abcdef")
_PLAIN = re.compile(r"[A-Za-z0-9_./-]+")
"""What needs no quoting in a URL, in PostgreSQL's list of directories, in Valkey's arguments."""


def socket_root(data_dir: Path) -> Path:
    """A path to `data_dir` that fits into a socket's address: itself, or a link in the temp folder.

    Raises:
        CannotStart: the link's name is taken by another account.
    """
    place = data_dir.resolve()
    if _fits(place, _SOCKET_ROOM):
        return place
    digest = hashlib.sha256(os.fsencode(place)).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()).resolve()
    if not _fits(folder, _LINK_ROOM + _SOCKET_ROOM):
        folder = Path("/tmp")  # noqa: S108 - the link's owner and target are checked
    link = folder / f"taskforge-{os.geteuid()}-{digest}"
    if link.is_symlink() and link.lstat().st_uid == os.geteuid() and link.readlink() == place:
        return link
    try:
        link.unlink(missing_ok=True)
        link.symlink_to(place)
    except OSError as error:
        raise CannotStart(f"{link} is in the way: {error.strerror}; set TMPDIR") from error
    return link


def _fits(path: Path, room: int) -> bool:
    return len(str(path)) + room <= LONGEST and bool(_PLAIN.fullmatch(str(path)))
