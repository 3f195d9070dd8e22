"""The files of one attempt: artifacts that it makes, uploads that it reads, a folder to work in."""

import asyncio
import os
import re
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.failures import InvalidInput, JobError
from taskforge.core.files import ARTIFACT_NAME, MAX_ARTIFACT_BYTES, MAX_ARTIFACTS, StoredFile
from taskforge.core.history import ArtifactRecord
from taskforge.core.job import JobRow
from taskforge.db.engine import together
from taskforge.db.files import Added, Superseded, TooMany, add_artifact, artifact
from taskforge.db.uploads import upload
from taskforge.flows.keepsakes import passed_on
from taskforge.flows.unit import Unit
from taskforge.log import get_logger
from taskforge.outside.child.room import Room, open_room
from taskforge.outside.store import Incoming, TooLarge, digest_of

log = get_logger(__name__)

_MEDIA_TYPE = re.compile(r"[a-z]+/[A-Za-z0-9.+-]{1,80}(; ?charset=[a-z0-9-]+)?")


class ArtifactDraft:
    """An artifact in the making."""

    def __init__(self, incoming: Incoming) -> None:
        self._incoming = incoming

    async def write(self, data: bytes) -> None:
        """Append; see `handlers.context.ArtifactWriter`."""
        try:
            with _told():
                await self._incoming.write(data)
        except TooLarge as error:
            raise _too_large() from error


class AttemptFiles:
    """See `handlers.context.Context`."""

    def __init__(self, unit: Unit, row: JobRow) -> None:
        self._unit = unit
        self._row = row
        self._room: Room | None = None

    @asynccontextmanager
    async def artifact(self, name: str, media_type: str) -> AsyncGenerator[ArtifactDraft]:
        """Write a file that clients can download."""
        _check(name, media_type)
        async with self._unit.deps.store.incoming(limit=MAX_ARTIFACT_BYTES) as incoming:
            yield ArtifactDraft(incoming)
            with _told():
                sha256 = await incoming.finish()
            await self._list(incoming.path, name, media_type, incoming.size, sha256)

    async def publish(self, path: Path, name: str, media_type: str) -> ArtifactRecord:
        """Make an artifact of a file in the attempt's own folder."""
        _check(name, media_type)
        if not await asyncio.to_thread(_lies_in, self.workdir(), path):
            raise ValueError(f"{path.name!r} is not a file in the attempt's folder")
        with _told():
            size = await asyncio.to_thread(os.path.getsize, path)
            if size > MAX_ARTIFACT_BYTES:
                raise _too_large()
            sha256 = await asyncio.to_thread(digest_of, path)
        return await self._list(path, name, media_type, size, sha256)

    def workdir(self) -> Path:
        """The attempt's own folder."""
        if self._room is None:
            self._room = open_room()
        return self._room.folder.resolve()

    async def open_upload(self, upload_id: UUID) -> StoredFile:
        """A file that a client uploaded."""
        deps = self._unit.deps
        async with deps.db.connect() as connection:
            found = await upload(connection, upload_id)
        if found is None:
            raise InvalidInput(f"There is no upload {upload_id}; uploads are kept for a day.")
        path = deps.store.upload(upload_id)
        await _check_there(path, f"upload {upload_id}")
        return StoredFile(
            path=path, name=found.filename, media_type=found.format, size_bytes=found.size_bytes
        )

    async def open_artifact(self, job_id: UUID, name: str) -> StoredFile:
        """A file that a job has produced."""
        deps = self._unit.deps
        async with deps.db.connect() as connection:
            found = await artifact(connection, job_id, name)
        if found is None:
            raise InvalidInput(f"Job {job_id} has no artifact {name!r}.")
        path = deps.store.artifact(job_id, found)
        await _check_there(path, f"artifact {name!r} of job {job_id}")
        return StoredFile(
            path=path, name=name, media_type=found.media_type, size_bytes=found.size_bytes
        )

    async def close(self) -> None:
        """Remove the folder."""
        if self._room is not None:
            await asyncio.to_thread(self._room.remove)

    async def _list(
        self, path: Path, name: str, media_type: str, size: int, sha256: str
    ) -> ArtifactRecord:
        deps, row = self._unit.deps, self._row
        record = ArtifactRecord(
            name=name, attempt=row.attempt, media_type=media_type, size_bytes=size, sha256=sha256,
            created_at=datetime.now(UTC),
        )  # fmt: skip
        # First the file, then its row: whoever finds the row finds the file.
        with _told():
            await asyncio.to_thread(deps.store.keep, path, deps.store.artifact(row.id, record))
        try:
            added = await self._unit.insisting(
                lambda connection: self._add(connection, record),
                seconds=deps.settings.lease_seconds,
            )
        except Superseded as error:
            raise passed_on() from error
        except TooMany as error:
            await asyncio.to_thread(deps.store.drop_artifact, row.id, record)
            raise InvalidInput(f"a job may have at most {MAX_ARTIFACTS} artifacts") from error
        old, new = added.replaced, deps.store.artifact(row.id, record)
        if old is not None and deps.store.artifact(row.id, old) != new:
            await asyncio.to_thread(deps.store.drop_artifact, row.id, old)
        return msgspec.structs.replace(record, created_at=added.created_at)

    async def _add(self, connection: AsyncConnection, record: ArtifactRecord) -> Added:
        async with together(connection):
            return await add_artifact(
                connection, self._row.id, self._unit.claimer.worker_id, record
            )


@contextmanager
def _told() -> Generator[None]:
    """The disk's own words do not say what they are about."""
    try:
        yield
    except OSError as error:
        raise JobError(f"the file store cannot be written to: {error.strerror}") from error


async def _check_there(path: Path, what: str) -> None:
    if not await asyncio.to_thread(path.is_file):
        log.error("file.missing", what=what)
        raise InvalidInput(f"The file of {what} is no longer in the store.")


def _lies_in(folder: Path, path: Path) -> bool:
    # A link would lead out of the folder: what the sandbox made is not to be trusted.
    return path.is_file() and not path.is_symlink() and path.resolve().parent == folder


def _check(name: str, media_type: str) -> None:
    if re.fullmatch(ARTIFACT_NAME, name) is None:
        raise InvalidInput(
            f"artifact {name[:120]!r}: letters, digits, dot, dash and underscore, at most 100"
        )
    if not _MEDIA_TYPE.fullmatch(media_type):
        raise ValueError(f"{media_type!r} is no media type")


def _too_large() -> InvalidInput:
    return InvalidInput(f"an artifact may have at most {MAX_ARTIFACT_BYTES >> 20:,} MiB")
