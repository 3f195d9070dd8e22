"""The files of one attempt: artifacts that it makes, uploads that it reads, a folder to work in."""

import asyncio
import os
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import msgspec

from taskforge.core.failures import InvalidInput, JobError
from taskforge.core.files import MAX_ARTIFACT_BYTES, MAX_ARTIFACTS, StoredFile
from taskforge.core.history import ArtifactRecord
from taskforge.core.job import JobRow
from taskforge.db.engine import transaction
from taskforge.db.files import Superseded, TooMany, add_artifact, artifact, upload
from taskforge.flows.unit import Unit
from taskforge.outside.child_room import Room, open_room
from taskforge.outside.store import Incoming, TooLarge, digest_of

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_MEDIA_TYPE = re.compile(r"[a-z]+/[A-Za-z0-9.+-]{1,80}(; ?charset=[a-z0-9-]+)?")


class ArtifactDraft:
    """An artifact in the making."""

    def __init__(self, incoming: Incoming) -> None:
        self._incoming = incoming

    async def write(self, data: bytes) -> None:
        """Append; see `handlers.context.ArtifactWriter`."""
        try:
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
        incoming = await asyncio.to_thread(self._unit.deps.store.begin, limit=MAX_ARTIFACT_BYTES)
        try:
            yield ArtifactDraft(incoming)
            incoming.close()
            await self._list(incoming.path, name, media_type, incoming.size, incoming.sha256)
        finally:
            incoming.discard()

    async def publish(self, path: Path, name: str, media_type: str) -> ArtifactRecord:
        """Make an artifact of a file in the attempt's own folder."""
        _check(name, media_type)
        if not await asyncio.to_thread(_lies_in, self.workdir(), path):
            raise ValueError(f"{path.name!r} is not a file in the attempt's folder")
        size = await asyncio.to_thread(os.path.getsize, path)
        if size > MAX_ARTIFACT_BYTES:
            raise _too_large()
        return await self._list(
            path, name, media_type, size, await asyncio.to_thread(digest_of, path)
        )

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
        return StoredFile(
            path=deps.store.upload(upload_id),
            name=found.filename,
            media_type=found.format,
            size_bytes=found.size_bytes,
        )

    async def open_artifact(self, job_id: UUID, name: str) -> StoredFile:
        """A file that a job has produced."""
        deps = self._unit.deps
        async with deps.db.connect() as connection:
            found = await artifact(connection, job_id, name)
        if found is None:
            raise InvalidInput(f"Job {job_id} has no artifact {name!r}.")
        return StoredFile(
            path=deps.store.artifact(job_id, found.attempt, name),
            name=name,
            media_type=found.media_type,
            size_bytes=found.size_bytes,
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
        await asyncio.to_thread(
            deps.store.keep, path, deps.store.artifact(row.id, row.attempt, name)
        )
        try:
            async with transaction(deps.db) as connection:
                at = await add_artifact(connection, row.id, self._unit.claimer.worker_id, record)
        except Superseded as error:
            raise JobError("the job has passed to another worker") from error
        except TooMany as error:
            raise InvalidInput(f"a job may have at most {MAX_ARTIFACTS} artifacts") from error
        return msgspec.structs.replace(record, created_at=at)


def _lies_in(folder: Path, path: Path) -> bool:
    # A link would lead out of the folder: what the sandbox made is not to be trusted.
    return path.is_file() and not path.is_symlink() and path.resolve().parent == folder


def _check(name: str, media_type: str) -> None:
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"artifact {name!r}: letters, digits, dot, dash and underscore, at most 100"
        )
    if not _MEDIA_TYPE.fullmatch(media_type):
        raise ValueError(f"{media_type!r} is no media type")


def _too_large() -> InvalidInput:
    return InvalidInput(f"an artifact may have at most {MAX_ARTIFACT_BYTES >> 20:,} MiB")
