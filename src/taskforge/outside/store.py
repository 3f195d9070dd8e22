"""The file store: artifacts and uploads in one folder, which all processes of all hosts share.

    jobs/<last two digits of the id>/<job id>/<attempt>-<name>
    uploads/<last two digits>/<upload id>
    incoming/<random>.part

A file is written under `incoming` and moved when it is whole, so that nobody reads half of one.
Names of clients are never part of a path, but for artifact names, whose form is checked.
"""

import asyncio
import hashlib
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO
from uuid import UUID, uuid4


class TooLarge(Exception):
    """A file would grow beyond its limit."""


class Incoming:
    """A file that is being written; `write` from one task at a time.

    Args:
        file: open for writing.
        path: where it lies for now.
        limit: bytes.
    """

    def __init__(self, file: BinaryIO, path: Path, limit: int) -> None:
        self.path = path
        self.size = 0
        self._file = file
        self._limit = limit
        self._digest = hashlib.sha256()

    async def write(self, data: bytes) -> None:
        """Append.

        Raises:
            TooLarge: it would have more bytes than it may.
            OSError: the disk is full, for instance.
        """
        if self.size + len(data) > self._limit:
            raise TooLarge
        self.size += len(data)
        await asyncio.to_thread(self._append, data)

    @property
    def sha256(self) -> str:
        """Of what has been written, in hexadecimal."""
        return self._digest.hexdigest()

    def close(self) -> None:
        """Close the file, which stays where it is."""
        self._file.close()

    def discard(self) -> None:
        """Close and delete it, if it has not been moved."""
        self._file.close()
        self.path.unlink(missing_ok=True)

    def _append(self, data: bytes) -> None:
        self._digest.update(data)
        self._file.write(data)


class Store:
    """The folder and the places in it.

    Args:
        folder: made when something is first written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()

    def artifact(self, job_id: UUID, attempt: int, name: str) -> Path:
        """Where an artifact lies."""
        return self._job(job_id) / f"{attempt}-{name}"

    def upload(self, upload_id: UUID) -> Path:
        """Where an upload lies."""
        return self._folder / "uploads" / upload_id.hex[-2:] / str(upload_id)

    def begin(self, *, limit: int) -> Incoming:
        """Start a file of at most `limit` bytes; blocks for a moment.

        Raises:
            OSError: the folder cannot be written to.
        """
        incoming = self._folder / "incoming"
        incoming.mkdir(parents=True, exist_ok=True, mode=0o750)
        path = incoming / f"{uuid4().hex}.part"
        return Incoming(path.open("xb"), path, limit)

    def keep(self, source: Path, place: Path) -> None:
        """Move a whole file to its place, over what may be there; blocks.

        Raises:
            OSError: the disk is full, for instance.
        """
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
        try:
            os.replace(source, place)
        except OSError:  # on another file system: copied beside the place, then moved into it
            spare = place.with_name(f".{uuid4().hex}.part")
            try:
                shutil.copyfile(source, spare)
                os.replace(spare, place)
            finally:
                spare.unlink(missing_ok=True)
            source.unlink(missing_ok=True)

    def drop_job(self, job_id: UUID) -> None:
        """Delete all artifacts of a job; blocks. Those that cannot be deleted stay."""
        shutil.rmtree(self._job(job_id), ignore_errors=True)

    def drop_upload(self, upload_id: UUID) -> None:
        """Delete an upload; blocks."""
        with suppress(OSError):
            self.upload(upload_id).unlink(missing_ok=True)

    def _job(self, job_id: UUID) -> Path:
        return self._folder / "jobs" / job_id.hex[-2:] / str(job_id)


def digest_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal; blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
