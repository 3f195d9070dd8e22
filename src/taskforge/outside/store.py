"""The file store: artifacts and uploads in one folder, which all processes of all hosts share.

    jobs/<last two digits of the id>/<job id>/<attempt>-<start of its SHA-256>-<name>
    uploads/<last two digits>/<upload id>
    incoming/<random>.part

A file is written under `incoming` and moved when it is whole, so that nobody reads half of one. A
place names its content, so what a late attempt writes is never taken for what is listed. Names of
clients are never part of a path, but for artifact names, whose form is checked.
"""

import asyncio
import errno
import fcntl
import hashlib
import os
import shutil
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import BinaryIO
from uuid import UUID, uuid4

from taskforge.core.history import ArtifactRecord

PART_BYTES = 262_144
"""Small writes are collected to this much before they go to the disk."""
FILE_MODE = 0o640


class TooLarge(Exception):
    """A file would grow beyond its limit."""


class Incoming:
    """A file that is being written; it is locked meanwhile, so that a sweep leaves it alone.

    Args:
        path: where it lies for now.
        limit: bytes.
    """

    def __init__(self, path: Path, limit: int) -> None:
        self.path = path
        self.size = 0
        self._limit = limit
        self._file: BinaryIO | None = None
        self._discarded = False
        self._digest = hashlib.sha256()
        self._buffer = bytearray()
        self._turn = Lock()

    async def write(self, data: bytes) -> None:
        """Append; from one task at a time.

        Raises:
            TooLarge: it would have more bytes than it may.
            OSError: the disk is full, for instance.
        """
        if self.size + len(data) > self._limit:
            raise TooLarge
        self.size += len(data)
        self._buffer += data
        if len(self._buffer) >= PART_BYTES:
            await self._flush()

    async def finish(self) -> str:
        """Bring all of it to the disk; its SHA-256 in hexadecimal.

        Raises:
            OSError: the disk is full, for instance.
        """
        await self._flush()
        await asyncio.to_thread(self._sync)
        return self._digest.hexdigest()

    def discard(self) -> None:
        """Close and delete it, if it has not been moved; blocks."""
        with self._turn:
            self._discarded = True
            if self._file is None:
                return
            with suppress(OSError):  # what could not be written cannot be written now either
                self._file.close()
            self.path.unlink(missing_ok=True)

    async def _flush(self) -> None:
        data, self._buffer = self._buffer, bytearray()
        await asyncio.to_thread(self._append, data)

    def _append(self, data: bytearray) -> None:
        # A writer that was cancelled has left its thread behind, which may come after `discard`.
        with self._turn:
            if self._discarded:
                return
            if self._file is None:
                self._file = _open_locked(self.path)
            self._digest.update(data)
            self._file.write(data)

    def _sync(self) -> None:
        with self._turn:
            if self._file is not None and not self._discarded:
                self._file.flush()
                os.fsync(self._file.fileno())


class Store:
    """The folder and the places in it.

    Args:
        folder: made when something is first written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()

    def artifact(self, job_id: UUID, record: ArtifactRecord) -> Path:
        """Where an artifact lies."""
        name = f"{record.attempt}-{record.sha256[:16]}-{record.name}"
        return self.job(job_id) / name

    def upload(self, upload_id: UUID) -> Path:
        """Where an upload lies."""
        return self.folder / "uploads" / upload_id.hex[-2:] / str(upload_id)

    def job(self, job_id: UUID) -> Path:
        """Where all artifacts of a job lie."""
        return self.folder / "jobs" / job_id.hex[-2:] / str(job_id)

    @property
    def incoming_folder(self) -> Path:
        """Where files lie that are not whole."""
        return self.folder / "incoming"

    @asynccontextmanager
    async def incoming(self, *, limit: int) -> AsyncGenerator[Incoming]:
        """A new file of at most `limit` bytes, gone in the end unless it was moved."""
        incoming = Incoming(self.incoming_folder / f"{uuid4().hex}.part", limit)
        try:
            yield incoming
        finally:
            await asyncio.shield(asyncio.to_thread(incoming.discard))

    def keep(self, source: Path, place: Path) -> None:
        """Move a whole file to its place, over what may be there; blocks.

        Raises:
            OSError: the disk is full, for instance.
        """
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
        try:
            source.chmod(FILE_MODE)
            os.replace(source, place)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            self._copy(source, place)

    def drop_jobs(self, job_ids: Iterable[UUID]) -> None:
        """Delete all artifacts of some jobs; blocks. Those that cannot be deleted stay."""
        for job_id in job_ids:
            shutil.rmtree(self.job(job_id), ignore_errors=True)

    def drop_artifact(self, job_id: UUID, record: ArtifactRecord) -> None:
        """Delete one artifact; blocks."""
        with suppress(OSError):
            self.artifact(job_id, record).unlink(missing_ok=True)

    def drop_uploads(self, upload_ids: Iterable[UUID]) -> None:
        """Delete some uploads; blocks."""
        for upload_id in upload_ids:
            with suppress(OSError):
                self.upload(upload_id).unlink(missing_ok=True)

    def _copy(self, source: Path, place: Path) -> None:
        """By way of `incoming`, for a source on another file system."""
        spare = self.incoming_folder / f"{uuid4().hex}.part"
        try:
            with source.open("rb") as old, _open_locked(spare) as new:
                shutil.copyfileobj(old, new, PART_BYTES)
                new.flush()
                os.fsync(new.fileno())
                spare.chmod(FILE_MODE)
                os.replace(spare, place)
        finally:
            spare.unlink(missing_ok=True)
        source.unlink(missing_ok=True)


def digest_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal; blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _open_locked(path: Path) -> BinaryIO:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
    file = path.open("xb")
    with suppress(OSError):  # not every file system can; the sweep is patient, too
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return file
