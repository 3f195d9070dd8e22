"""`taskforge job`: submit, look at, follow and steer jobs over the API."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
import typer

from taskforge.cli.client import open_api
from taskforge.cli.client_pages import Page, collect, collect_lines
from taskforge.cli.files import Id, artifacts, download
from taskforge.cli.lazy import load
from taskforge.cli.moments import moment, past, span
from taskforge.cli.order import order, payload
from taskforge.cli.output import Json, plain, show, talk
from taskforge.cli.pictures import (
    job_picture,
    job_table,
    log_text,
)
from taskforge.cli.pointing import pointing
from taskforge.cli.why import why
from taskforge.core.events import LogLine
from taskforge.core.history import JobDetail, JobItem, LogLevel
from taskforge.core.job import JobRow
from taskforge.core.priority import Priority
from taskforge.core.states import WAITING, JobStatus

app = typer.Typer(add_completion=False, no_args_is_help=True)

WATCHING = "taskforge.cli.watching:watch_to_end"
"""Imported when it is asked for: the socket and the bar take as long as all the rest."""

Patience = Annotated[
    float | None,
    typer.Option(
        parser=span, metavar="TIME", help="Give up watching after so long (90s, 5m); exits with 7."
    ),
]


class _Accepted(msgspec.Struct, frozen=True):
    id: UUID
    status: JobStatus


@app.command()
def submit(  # noqa: PLR0913 - one parameter for each part of an order
    job_type: Annotated[str, typer.Argument(metavar="TYPE", help="`taskforge types` lists them.")],
    what: Annotated[
        str,
        typer.Option("--payload", "-p", metavar="JSON", help="JSON, @FILE, or - for stdin."),
    ] = "{}",
    priority: Annotated[Priority | None, typer.Option(help="[default: normal]")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="May be repeated.")] = None,
    delay: Annotated[
        float | None, typer.Option(parser=span, metavar="TIME", help="Run after so long: 90s, 5m.")
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(parser=moment, metavar="TIME", help="Not before: 2026-01-31T08:00:00Z."),
    ] = None,
    max_retries: Annotated[int | None, typer.Option(min=0, max=25)] = None,
    timeout: Annotated[
        int | None, typer.Option(min=1, help="Seconds that one attempt may run.")
    ] = None,
    key: Annotated[
        str | None, typer.Option(help="Idempotency key: the same order again is the same job.")
    ] = None,
    webhook: Annotated[str | None, typer.Option(metavar="URL", help="Called at the end.")] = None,
    follow: Annotated[bool, typer.Option("--watch", "-w", help="Follow it to its end.")] = False,
    patience: Patience = None,
    as_json: Json = False,
) -> None:
    """Submit a job.

    With --watch its progress is shown, then its result; exits with 1 when the job failed.
    """
    body = order(
        type=job_type,
        payload=payload(what),
        priority=priority,
        tags=tag,
        delay_seconds=delay,
        scheduled_at=at,
        max_retries=max_retries,
        timeout_seconds=timeout,
        idempotency_key=key,
        webhook_url=webhook,
    )
    api = open_api()
    answer = api.post("/jobs", body)
    job = answer.read(_Accepted)
    if follow:
        talk.print(f"job {job.id}")
        load(WATCHING)(api, job.id, patience=patience, as_json=as_json)
    else:
        said = f"{job.id} {job.status}"
        show(msgspec.Raw(answer.content), as_json=as_json, picture=lambda: said)


@app.command()
def get(job_id: Id, as_json: Json = False) -> None:
    """Show a job with its payload, attempts, log and result."""
    api = open_api()
    answer = api.get(f"/jobs/{job_id}")
    job = answer.read(JobDetail)
    show(msgspec.Raw(answer.content), as_json=as_json, picture=lambda: job_picture(job))
    if job.status in WAITING and not as_json:
        talk.print(f"why it waits: taskforge job why {job.id}", style="dim", soft_wrap=True)


@app.command(name="list")
def list_(  # noqa: PLR0913 - one parameter for each filter
    status: Annotated[list[JobStatus] | None, typer.Option(help="May be repeated.")] = None,
    job_type: Annotated[list[str] | None, typer.Option("--type", help="May be repeated.")] = None,
    priority: Annotated[list[Priority] | None, typer.Option(help="May be repeated.")] = None,
    tag: Annotated[str | None, typer.Option()] = None,
    worker: Annotated[UUID | None, typer.Option(metavar="ID")] = None,
    after: Annotated[
        str | None,
        typer.Option(parser=past, metavar="TIME", help="Created since: a time, or 2h (ago)."),
    ] = None,
    before: Annotated[
        str | None, typer.Option(parser=past, metavar="TIME", help="Created before that.")
    ] = None,
    query: Annotated[
        str | None,
        typer.Option(
            "--query", "-q", metavar="SEARCH", help="Such as 'status:failed created>-2h -tag:x'."
        ),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=10_000)] = 50,
    cursor: Annotated[
        str | None, typer.Option(help="Go on from the `next_cursor` of a list before.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List jobs, newest first; filters narrow.

    A search has terms that all must hold: type: status: priority: queue: tag: worker: id:
    created_by: schedule: error: payload.path: with values parted by commas, created and finished
    with < or > and a time, duration>30s, attempt>=2, failures>=1, and words. A minus negates one.
    """
    filters = order(
        status=status,
        type=job_type,
        priority=priority,
        tag=tag,
        worker_id=None if worker is None else str(worker),
        created_after=after,
        created_before=before,
        q=query,
    )
    api = open_api()
    with pointing(query):
        page = collect(api, "/jobs", filters, limit=limit, cursor=cursor)
    jobs = page.read(JobItem)
    show(page, as_json=as_json, picture=lambda: job_table(jobs))
    _tell_more(page)


@app.command(name="watch")
def watch_(job_id: Id, patience: Patience = None, as_json: Json = False) -> None:
    """Follow a job to its end, then show its result; exits with 1 when it failed."""
    load(WATCHING)(open_api(), job_id, patience=patience, as_json=as_json)


@app.command()
def cancel(job_id: Id, as_json: Json = False) -> None:
    """Cancel a job: a waiting one at once, a running one as soon as its worker has stopped it."""
    _act(job_id, "cancel", as_json=as_json)


@app.command()
def retry(job_id: Id, as_json: Json = False) -> None:
    """Queue a failed or cancelled job again; its failures count from zero."""
    _act(job_id, "retry", as_json=as_json)


@app.command()
def priority(
    job_ids: Annotated[list[UUID], typer.Argument(metavar="ID...")],
    wanted: Annotated[Priority, typer.Argument(metavar="PRIORITY")],
    as_json: Json = False,
) -> None:
    """Give waiting jobs another priority, one after the other; the first that cannot ends it."""
    api = open_api()
    changed: list[msgspec.Raw] = []
    said: list[str] = []
    try:
        for job_id in job_ids:
            answer = api.patch(f"/jobs/{job_id}", {"priority": wanted.value})
            said.append(f"{job_id} {answer.read(JobRow).status}, {wanted.value}")
            changed.append(msgspec.Raw(answer.content))
    finally:  # what was done is told, whatever came after it
        if changed or as_json:
            show({"items": changed}, as_json=as_json, picture=lambda: "\n".join(said))


@app.command()
def logs(
    job_id: Id,
    level: Annotated[LogLevel, typer.Option(help="The least serious to show.")] = LogLevel.DEBUG,
    as_json: Json = False,
) -> None:
    """Print the whole log of a job, oldest first."""
    api = open_api()
    if as_json:
        lines = list(collect_lines(api, job_id, level))
        show({"items": lines}, as_json=True, picture=str)
        return
    for raw in collect_lines(api, job_id, level):
        show(raw, as_json=False, picture=lambda raw=raw: log_text(_line(raw)))


app.command()(why)
app.command()(artifacts)
app.command()(download)


def _act(job_id: UUID, verb: str, *, as_json: bool) -> None:
    api = open_api()
    answer = api.post(f"/jobs/{job_id}/{verb}")
    job = answer.read(JobRow)
    asked = verb == "cancel" and job.status is JobStatus.RUNNING
    said = f"{job.id} {job.status}" + (", asked to stop" if asked else "")
    show(msgspec.Raw(answer.content), as_json=as_json, picture=lambda: said)


def _line(raw: Any) -> LogLine:
    return msgspec.json.decode(raw, type=LogLine)


def _tell_more(page: Page) -> None:
    if page.next_cursor is not None:
        said = plain(f"there are more: --cursor {page.next_cursor}")
        talk.print(said, style="dim", soft_wrap=True)
