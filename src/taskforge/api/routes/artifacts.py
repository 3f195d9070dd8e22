"""Files that jobs produced."""

import asyncio
import re
from typing import Any, BinaryIO
from uuid import UUID

from litestar import Request, Router, get
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import FromPath
from litestar.types import ASGIApp

from taskforge.api.auth import needs
from taskforge.api.download import answer, open_file
from taskforge.core.errors import NotFound
from taskforge.core.files import ARTIFACT_NAME
from taskforge.core.history import ArtifactRecord
from taskforge.core.people import Permission, Principal
from taskforge.db.files import artifact
from taskforge.flows.deps import Deps
from taskforge.log import get_logger

Asked = Request[Principal, Any, Any]

PATH = "/jobs/{job_id:uuid}/artifacts/{name:str}"
READ = [needs(Permission.READ)]
FILE = ["ETag", "Accept-Ranges", "Content-Disposition"]
"""Headers that come with the file."""

log = get_logger(__name__)


@get(PATH, operation_id="getJobArtifact", summary="Download a file of a job", guards=READ,
     media_type="application/octet-stream", response_description="The file.",
     opt={"takes": ["If-None-Match", "Range", "If-Range"], "problems": [416],
          "headers": {200: FILE, 206: [*FILE, "Content-Range"], 304: ["ETag"]}},
     responses={
         206: ResponseSpec(bytes, description="The range that was asked for.",
                           media_type="application/octet-stream"),
         304: ResponseSpec(None, description="It is as the ETag says."),
     })  # fmt: skip
async def download(
    job_id: FromPath[UUID], name: FromPath[str], request: Asked, deps: NamedDependency[Deps]
) -> ASGIApp:
    """Always as an attachment. The ETag is the file's SHA-256; one `Range` of bytes is honoured."""
    record, file = await _find(deps, job_id, name)
    return answer(request.scope, file, record)


async def _find(deps: Deps, job_id: UUID, name: str) -> tuple[ArtifactRecord, BinaryIO]:
    known = NotFound(f"Job {job_id} has no file of this name; it may have been deleted.")
    if re.fullmatch(ARTIFACT_NAME, name) is None:
        raise known
    for patience in (True, False):  # a later attempt may replace it while we look
        async with deps.db.connect() as connection:
            record = await artifact(connection, job_id, name)
        if record is None:
            raise known
        path = deps.store.artifact(job_id, record)
        file = await asyncio.to_thread(open_file, path, record.size_bytes)
        if file is not None:
            return record, file
        if not patience:
            log.error("artifact.missing", job_id=str(job_id), name=name, attempt=record.attempt)
    raise NotFound(
        f"The file {name} of job {job_id} is listed, but no longer in the store.",
        code="file_missing",
    )


router = Router("/", route_handlers=[download], tags=["jobs"])
