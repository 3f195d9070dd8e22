"""Files that clients give jobs to read."""

import asyncio
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, Router, delete, get, post
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.openapi.spec import OpenAPIMediaType, Operation, Reference, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIFormat, OpenAPIType
from litestar.params import FromPath, QueryParameter

from taskforge.api.auth import needs
from taskforge.api.idempotency import asked_with_key, key_of, told
from taskforge.api.schemas import PAGE, Limit, UploadPage
from taskforge.api.uploading import FORM_BYTES, Body, open_upload
from taskforge.core.cursor import seal, unseal
from taskforge.core.errors import Conflict, Invalid, Limited, Malformed
from taskforge.core.files import MAX_UPLOAD_BYTES, Upload
from taskforge.core.people import Permission, Principal
from taskforge.db.uploads import NEWEST, list_uploads
from taskforge.flows import uploads
from taskforge.flows.deps import Deps

Asked = Request[Principal, Any, Any]

UPLOAD_SECONDS = 900.0
"""Longest time that the whole of a file may take."""
AT_ONCE = 4
"""Uploads of one account that a process takes in at a time."""

_under_way: Counter[UUID] = Counter()
_FILE = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)
_FORM = Reference(ref="#/components/schemas/UploadForm")


@dataclass
class FileOperation(Operation):
    """Takes a file, which no parameter of a handler describes."""

    def __post_init__(self) -> None:
        """Add the body."""
        self.request_body = RequestBody(
            description="The file itself, or a form with one file.",
            required=True,
            content={
                "application/octet-stream": OpenAPIMediaType(
                    schema=_FILE, example="region,amount\nnorth,1\n"
                ),
                "multipart/form-data": OpenAPIMediaType(schema=_FORM),
            },
        )


@post("/uploads", operation_id="createUpload", summary="Upload a file",
      guards=[needs(Permission.SUBMIT)], operation_class=FileOperation,
      opt={"cost": 5, "headers": {201: ["Location"], 200: ["Location"]}},
      responses={200: ResponseSpec(Upload, description="A repeat.")},
      request_max_body_size=MAX_UPLOAD_BYTES + FORM_BYTES)  # fmt: skip
async def create(
    request: Asked,
    deps: NamedDependency[Deps],
    filename: Annotated[
        str | None,
        QueryParameter(description="Or in Content-Disposition; its suffix tells the format."),
    ] = None,
) -> Response[Upload]:
    """For jobs to read by its id, for 24 hours.

    At most 104,857,600 bytes of CSV, TSV, NDJSON, JSON, Parquet, text (UTF-8, or UTF-16 with a byte
    order mark), zip or tar.gz; the suffix names the format and the content must agree. One account
    keeps at most 1 GiB.
    """
    key_of(request)  # a bad one is told before the file is sent
    body, limit = Body(request), asyncio.timeout(UPLOAD_SECONDS)
    with _seat(request.user):
        try:
            async with limit:
                await uploads.check_room(deps, request.user, request.content_length or 0)
                incoming = await open_upload(request, body, filename)
                offer = incoming.offer
                kept = await uploads.receive(
                    deps, offer, incoming.chunks, request.user,
                    lambda sha256: asked_with_key(request, deps, [*offer, sha256]),
                )  # fmt: skip
        except TimeoutError:
            if not limit.expired():
                raise
            raise Malformed("The body came too slowly.", code="too_slow") from None
        except (Conflict, Invalid):
            await body.linger()
            raise
    return told(kept, location=f"/api/v1/uploads/{kept.answer.id}")


@get("/uploads", operation_id="listUploads", summary="List one's own uploads, newest first",
     guards=[needs(Permission.READ)])  # fmt: skip
async def list_(
    request: Asked,
    deps: NamedDependency[Deps],
    limit: Limit = PAGE,
    cursor: Annotated[
        str | None, QueryParameter(description="`next_cursor` of the page before.")
    ] = None,
) -> UploadPage:
    """Those that have not expired."""
    user_id = request.user.user_id
    scope = b"uploads" + user_id.bytes
    before = NEWEST if cursor is None else unseal(cursor, scope)
    async with deps.db.connect() as connection:
        items = await list_uploads(connection, user_id, before=before, limit=limit + 1)
    more = len(items) > limit
    next_cursor = seal(items[limit - 1].id, scope) if more else None
    return UploadPage(items=items[:limit], next_cursor=next_cursor)


@get("/uploads/{upload_id:uuid}", operation_id="getUpload", summary="Show an upload",
     guards=[needs(Permission.READ)])  # fmt: skip
async def show(upload_id: FromPath[UUID], deps: NamedDependency[Deps]) -> Upload:
    """What is known of it; its content is for jobs."""
    return await uploads.find(deps, upload_id)


@delete("/uploads/{upload_id:uuid}", operation_id="deleteUpload", summary="Delete an upload",
        guards=[needs(Permission.ACT)])  # fmt: skip
async def delete_(upload_id: FromPath[UUID], request: Asked, deps: NamedDependency[Deps]) -> None:
    """By its owner or an admin. Jobs that have not read it yet will fail."""
    await uploads.delete(deps, upload_id, request.user)


@contextmanager
def _seat(by: Principal) -> Generator[None]:
    if _under_way[by.user_id] >= AT_ONCE:
        raise Limited(
            f"{AT_ONCE} uploads of this account are under way; wait for one to end.",
            retry_after=5,
            code="too_many_uploads",
        )
    _under_way[by.user_id] += 1
    try:
        yield
    finally:
        _under_way[by.user_id] -= 1
        if not _under_way[by.user_id]:
            del _under_way[by.user_id]


router = Router("/", route_handlers=[create, list_, show, delete_], tags=["uploads"])
