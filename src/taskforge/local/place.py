"""The data directory of `up`: one owner at a time, and what other commands need to know."""

import fcntl
import os
import secrets
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from dotenv import dotenv_values

from taskforge.local.errors import CannotStart

KEPT = ("SECRET_KEY", "JWT_SECRET_KEY")
"""Made once and kept: sessions and keys outlive a restart."""


@contextmanager
def owned(place: Path) -> Generator[None]:
    """Hold the directory for this process; the kernel lets go when the process ends, however.

    Raises:
        CannotStart: another `up` holds it.
    """
    descriptor = os.open(place / "up.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(descriptor, 20).decode(errors="replace").strip() or "unknown"
            raise CannotStart(
                f"TaskForge already runs in {place} (process {holder}); stop it first, or name "
                "another folder with --data-dir"
            ) from error
        os.ftruncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        yield
    finally:
        os.close(descriptor)


def write_up_env(place: Path, addresses: Mapping[str, str]) -> None:
    """Write `up.env`: where the embedded stack is, and its secrets, for every other command.

    The file appears whole or not at all, and only its owner may read it.

    Args:
        place: the data directory, owned.
        addresses: variables of this run; they need no quoting inside quotes.
    """
    path, fresh = place / "up.env", place / "up.env.new"
    before = dotenv_values(path)
    kept = {name: before.get(name) or secrets.token_hex(32) for name in KEPT}
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as sink:
        sink.write("# Written by `taskforge up`. The environment and .env come before it.\n")
        sink.writelines(f"{name}='{value}'\n" for name, value in {**kept, **addresses}.items())
    fresh.replace(path)


def holder(place: Path) -> int | None:
    """The process that owns the directory now; None: nobody does."""
    try:
        descriptor = os.open(place / "up.lock", os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return int(os.read(descriptor, 20) or 0) or None
    else:
        return None
    finally:
        os.close(descriptor)
