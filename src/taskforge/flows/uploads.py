"""Uploads: taken in as they arrive, looked at, kept for a day."""

import asyncio
from collections.abc import AsyncIterable, Callable, Generator
from contextlib import contextmanager
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.errors import Conflict, Denied, Invalid, NotFound, TooLarge, Unavailable
from taskforge.core.files import MAX_KEPT_BYTES, MAX_UPLOAD_BYTES, Upload
from taskforge.core.formats import Inspection, clean_name, format_named
from taskforge.core.ids import new_id
from taskforge.core.people import Principal, Role
from taskforge.db.audit import note
from taskforge.db.engine import transaction
from taskforge.db.uploads import NewUpload, add_upload, delete_upload, kept_bytes, upload
from taskforge.flows.deps import Deps
from taskforge.flows.once import Asked, Told, once
from taskforge.log import get_logger
from taskforge.outside.store import Incoming
from taskforge.outside.store import TooLarge as BeyondLimit

log = get_logger(__name__)


class Offer(NamedTuple):
    """What a client says of a file before it sends it."""

    filename: str
    media_type: str


async def receive(
    deps: Deps,
    offer: Offer,
    chunks: AsyncIterable[bytes],
    by: Principal,
    ask: Callable[[str], Asked | None] = lambda _sha256: None,
) -> Told[Upload]:
    """Take a file in; it is listed once all of it is on the disk.

    Args:
        deps: where to.
        offer: its name and type.
        chunks: its content; what they raise ends it, and nothing is left.
        by: whose it will be.
        ask: whether this may be a repeat, once the SHA-256 of the content is known.

    Raises:
        Invalid, Conflict: see `once`.
        TooLarge: more bytes than an upload may have.
        Invalid: it is empty, or not of a format that is taken.
        Conflict: the account keeps too much already.
        Unavailable: it cannot be stored.
    """
    name = clean_name(offer.filename)
    inspection = Inspection(format_named(name, offer.media_type))
    async with deps.store.incoming(limit=MAX_UPLOAD_BYTES) as incoming:
        async for chunk in chunks:
            inspection.feed(chunk)
            await _write(incoming, chunk)
        form = inspection.finish()
        with _stored():
            sha256 = await incoming.finish()
            new = NewUpload(new_id(), by.user_id, name, form, incoming.size, sha256)
            # First the file, then its row: whoever finds the row finds the file.
            await asyncio.to_thread(deps.store.keep, incoming.path, deps.store.upload(new.id))
    told = await _list(deps, new, by, ask(sha256))
    if told.fresh:
        log.info(
            "upload.received", upload_id=str(new.id), size_bytes=new.size_bytes, actor=by.actor
        )
    return told


async def _list(deps: Deps, new: NewUpload, by: Principal, asked: Asked | None) -> Told[Upload]:
    async def add(connection: AsyncConnection) -> Upload:
        kept = await add_upload(connection, new)
        if kept is None:
            raise _full()
        await note(connection, by, "upload.created", f"upload:{kept.id}", after=_about(kept))
        return kept

    unlisted = False
    try:
        told = await once(deps, asked, by.user_id, Upload, add)
        unlisted = not told.fresh
    except (Conflict, Invalid):
        unlisted = True
        raise
    finally:
        # Only then: after any other failure nobody knows, and the sweep will find out.
        if unlisted:
            await asyncio.to_thread(deps.store.drop_uploads, [new.id])
    return told


async def check_room(deps: Deps, by: Principal, announced: int) -> None:
    """Refuse an upload before it is sent.

    Args:
        deps: where to.
        by: whose it would be.
        announced: bytes that it says it has, 0 when it does not say.

    Raises:
        Conflict: the account keeps too much already.
    """
    async with deps.db.connect() as connection:
        kept = await kept_bytes(connection, by.user_id)
    if kept + max(announced, 1) > MAX_KEPT_BYTES:
        raise _full()


async def find(deps: Deps, upload_id: UUID) -> Upload:
    """An upload.

    Raises:
        NotFound: there is none, or its time is over.
    """
    async with deps.db.connect() as connection:
        found = await upload(connection, upload_id)
    if found is None:
        raise _missing(upload_id)
    return found


async def delete(deps: Deps, upload_id: UUID, by: Principal) -> None:
    """Delete an upload before its time.

    Raises:
        NotFound: there is none.
        Denied: it is somebody else's.
    """
    found = await find(deps, upload_id)
    if found.created_by != by.user_id and by.role is not Role.ADMIN:
        raise Denied("Only its owner and admins may delete an upload.", code="not_yours")
    async with transaction(deps.db) as connection:
        if not await delete_upload(connection, upload_id):
            raise _missing(upload_id)  # a rival was faster
        await note(connection, by, "upload.deleted", f"upload:{upload_id}", before=_about(found))
    await asyncio.to_thread(deps.store.drop_uploads, [upload_id])
    log.info("upload.deleted", upload_id=str(upload_id), actor=by.actor)


def _missing(upload_id: UUID) -> NotFound:
    return NotFound(f"There is no upload {upload_id}; uploads are kept for a day.")


def _about(kept: Upload) -> dict[str, object]:
    return {"filename": kept.filename, "size_bytes": kept.size_bytes, "created_by": kept.created_by}


async def _write(incoming: Incoming, chunk: bytes) -> None:
    try:
        with _stored():
            await incoming.write(chunk)
    except BeyondLimit as error:
        raise too_large() from error


@contextmanager
def _stored() -> Generator[None]:
    try:
        yield
    except OSError as error:
        log.exception("store.failed")
        raise Unavailable("The file cannot be stored now.", retry_after=60) from error


def too_large() -> TooLarge:
    """What an upload beyond the limit gets."""
    return TooLarge(f"An upload may have at most {MAX_UPLOAD_BYTES:,} bytes.")


def _full() -> Conflict:
    return Conflict(
        f"This account may keep {MAX_KEPT_BYTES:,} bytes of uploads at a time: delete some"
        " (DELETE /uploads/{id}), or wait until they expire.",
        code="quota_exceeded",
    )
