"""Jobs: list, look, follow, submit, act."""

from hashlib import blake2b
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, delete, get, patch, post
from litestar.di import NamedDependency, Provide
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.api.auth import needs
from taskforge.api.clients import header
from taskforge.api.idempotency import key_of, with_key
from taskforge.api.schemas import (
    ORDER_EXAMPLE,
    PAGE,
    AcceptedJob,
    ArtifactPage,
    JobPage,
    JobQuery,
    Limit,
    LogPage,
)
from taskforge.api.waiting import MAX_WAIT, Waiting, provide_waiting
from taskforge.core.cursor import seal, unseal
from taskforge.core.errors import NotFound
from taskforge.core.history import JobDetail, LogLevel
from taskforge.core.job import JobOrder, JobRow
from taskforge.core.jsonguard import check_payload
from taskforge.core.people import Permission, Principal
from taskforge.core.priority import Priority
from taskforge.db.job_lists import list_jobs
from taskforge.db.jobs import job_artifacts, job_detail, job_exists, job_logs
from taskforge.flows import control
from taskforge.flows.deps import Deps
from taskforge.flows.submit import submit

Asked = Request[Principal, Any, Any]

MAX_SEQ = (1 << 53) - 1
"""The largest integer that every JSON reader keeps exact."""

READ = [needs(Permission.READ)]
SUBMIT = [needs(Permission.SUBMIT)]
ACT = [needs(Permission.ACT)]


class JobChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be different about a waiting job."""

    priority: Priority


@get("/jobs", operation_id="listJobs", summary="List jobs, newest first", guards=READ,
     dependencies={"wanted": Provide(JobQuery, sync_to_thread=False)})  # fmt: skip
async def list_(
    request: Asked,
    deps: NamedDependency[Deps],
    wanted: NamedDependency[JobQuery],
    limit: Limit = PAGE,
    cursor: Annotated[
        str | None, QueryParameter(description="`next_cursor` of the page before.")
    ] = None,
) -> JobPage:
    """Filters narrow, and all of them may be combined.

    Every page costs the same, however many jobs there are: where few of them match, a page comes
    short, and `next_cursor` goes on.
    """
    filters = wanted.filters()
    scope = filters.scope(request.user.user_id)
    after = None if cursor is None else unseal(cursor, scope)
    async with deps.db.connect() as connection:
        page = await list_jobs(
            connection, filters, after=after, limit=limit, me=request.user.user_id
        )
    return JobPage(
        items=page.items, next_cursor=None if page.last is None else seal(page.last, scope)
    )


@post("/jobs", operation_id="submitJob", summary="Submit a job", guards=SUBMIT,
      opt={"example": ORDER_EXAMPLE, "headers": {201: ["Location"], 200: ["Location"]}},
      responses={200: ResponseSpec(AcceptedJob, description="A repeat of an order.")})  # fmt: skip
async def submit_(
    data: JSONBody[JobOrder], request: Asked, deps: NamedDependency[Deps]
) -> Response[AcceptedJob]:
    """The payload is checked against its type here: a bad one never becomes a job.

    With an `Idempotency-Key` (kept for 24 hours), the same order again answers with the first job.
    """
    order = with_key(data, key_of(request))
    check_payload(order.payload)
    done = await submit(deps, order, request.user)
    job = AcceptedJob(**msgspec.structs.asdict(done.job), payload=done.payload)
    headers = {"Location": f"/api/v1/jobs/{job.id}"}
    if done.fresh:
        return Response(job, status_code=201, headers=headers)
    return Response(job, status_code=200, headers=headers | {"Idempotent-Replayed": "true"})


@get("/jobs/{job_id:uuid}", operation_id="getJob", summary="Show a job", guards=READ,
     dependencies={"waiting": Provide(provide_waiting, sync_to_thread=False)},
     opt={"takes": ["If-None-Match"], "headers": {200: ["ETag"], 304: ["ETag"]}},
     responses={304: ResponseSpec(None, description="It is as the ETag says.")})  # fmt: skip
async def show(
    job_id: FromPath[UUID],
    request: Asked,
    deps: NamedDependency[Deps],
    waiting: NamedDependency[Waiting],
    wait: Annotated[
        int, QueryParameter(ge=0, le=MAX_WAIT, description="Seconds to wait for the job's end.")
    ] = 0,
) -> Response[JobDetail]:
    """With payload, result, attempts, events and the last 1,000 log lines.

    With `wait`, answers when the job has ended, or as it stands when the time is up.
    """
    if wait:
        await waiting.until_ended(job_id, seconds=wait)
    async with deps.db.connect() as connection:
        job = await job_detail(connection, job_id)
    if job is None:
        raise _unknown(job_id)
    return _tagged(job, header(request.scope, b"if-none-match"))


@get("/jobs/{job_id:uuid}/logs", operation_id="getJobLogs", summary="Read a job's log",
     guards=READ)  # fmt: skip
async def logs(
    job_id: FromPath[UUID],
    deps: NamedDependency[Deps],
    after: Annotated[
        int, QueryParameter(ge=0, le=MAX_SEQ, description="`seq` of the last line seen.")
    ] = 0,
    limit: Limit = PAGE,
    level: Annotated[
        LogLevel, QueryParameter(description="The least serious to show.")
    ] = LogLevel.DEBUG,
) -> LogPage:
    """All lines, oldest first, page by page."""
    async with deps.db.connect() as connection:
        lines = await job_logs(connection, job_id, after=after, limit=limit + 1, level=level)
        if not lines:
            await _check_exists(connection, job_id)
    more = len(lines) > limit
    return LogPage(items=lines[:limit], next_cursor=str(lines[limit - 1].seq) if more else None)


@get("/jobs/{job_id:uuid}/artifacts", operation_id="listJobArtifacts",
     summary="List a job's files", guards=READ)  # fmt: skip
async def artifacts(job_id: FromPath[UUID], deps: NamedDependency[Deps]) -> ArtifactPage:
    """By name."""
    async with deps.db.connect() as connection:
        files = await job_artifacts(connection, job_id)
        if not files:
            await _check_exists(connection, job_id)
    return ArtifactPage(items=files)


@post("/jobs/{job_id:uuid}/cancel", operation_id="cancelJob", summary="Cancel a job",
      guards=ACT, status_code=200,
      opt={"problems": [409], "answer": {"status": "cancelled", "version": 2}})  # fmt: skip
async def cancel(job_id: FromPath[UUID], request: Asked, deps: NamedDependency[Deps]) -> JobRow:
    """A waiting job is cancelled at once; a running one is asked to stop.

    Its worker does so within seconds; `cancel_requested_at` tells since when.
    """
    return await control.cancel(deps, job_id, request.user)


@post("/jobs/{job_id:uuid}/retry", operation_id="retryJob", summary="Queue an ended job again",
      guards=ACT, status_code=200,
      opt={"problems": [409], "answer": {"attempt": 1, "version": 4}})  # fmt: skip
async def retry(job_id: FromPath[UUID], request: Asked, deps: NamedDependency[Deps]) -> JobRow:
    """For `failed`, `dead_letter` and `cancelled` jobs; failures count from zero again."""
    return await control.retry(deps, job_id, request.user)


@patch("/jobs/{job_id:uuid}", operation_id="changeJob", summary="Change a job's priority",
       guards=ACT,
       opt={"problems": [409], "example": {"priority": "high"},
            "answer": {"priority": "high", "version": 2}})  # fmt: skip
async def change(
    job_id: FromPath[UUID], data: JSONBody[JobChange], request: Asked, deps: NamedDependency[Deps]
) -> JobRow:
    """For jobs that wait: the next free slot goes by the new priority; due times stay.

    A job that runs or has ended is refused. The priority that it has already changes nothing.
    """
    return await control.reprioritise(deps, job_id, data.priority, request.user)


@delete("/jobs/{job_id:uuid}", operation_id="deleteJob", summary="Delete an ended job",
        guards=ACT, opt={"problems": [409]})  # fmt: skip
async def delete_(job_id: FromPath[UUID], request: Asked, deps: NamedDependency[Deps]) -> None:
    """With all that belongs to it. Cancel a job that has not ended first."""
    await control.delete(deps, job_id, request.user)


def _tagged(job: JobDetail, known: str | None) -> Response[JobDetail]:
    """The job with its ETag, or 304 when the client has it already (RFC 9110, 13.1.2).

    The tag is of the whole body: log lines and progress come without a new `version`.
    """
    body = msgspec.json.encode(job)
    tag = f'"{job.version}-{blake2b(body, digest_size=8).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    seen = {part.strip().removeprefix("W/") for part in (known or "").split(",")}
    content: Any = None if tag in seen or "*" in seen else body
    status = 200 if content else 304
    return Response(content, status_code=status, headers=headers, media_type="application/json")


async def _check_exists(connection: AsyncConnection, job_id: UUID) -> None:
    if not await job_exists(connection, job_id):
        raise _unknown(job_id)


def _unknown(job_id: UUID) -> NotFound:
    return NotFound(f"There is no job {job_id}; it may have been deleted.")


router = Router(
    "/",
    route_handlers=[list_, submit_, show, logs, artifacts, cancel, retry, change, delete_],
    tags=["jobs"],
)
