"""`taskforge schedule`: jobs that come again, made, looked at and steered over the API."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
import typer

from taskforge.cli.client import Answer, Api, open_api
from taskforge.cli.client_pages import Page, collect
from taskforge.cli.moments import moment, span
from taskforge.cli.order import order, payload
from taskforge.cli.output import Json, show, talk
from taskforge.cli.schedule_pictures import (
    duty_table,
    fire_table,
    preview_picture,
    schedule_picture,
    schedule_table,
)
from taskforge.core.duties import DutyView
from taskforge.core.errors import NotFound
from taskforge.core.priority import Priority
from taskforge.core.schedule import Fired, Missed, Overlap
from taskforge.core.schedule_view import FireRecord, ScheduleDetail, ScheduleItem
from taskforge.core.timetable import Fire

schedule = typer.Typer(add_completion=False, no_args_is_help=True)

Which = Annotated[str, typer.Argument(metavar="SCHEDULE", help="Its name or its id.")]
Cron = Annotated[str | None, typer.Option(metavar="EXPRESSION", help="Such as '30 2 * * MON-FRI'.")]
Every = Annotated[
    float | None, typer.Option(parser=span, metavar="TIME", help="Such as 90s, 5m, 2h or 1d.")
]
Zone = Annotated[
    str | None, typer.Option(metavar="NAME", help="Such as Europe/Paris; UTC if not given.")
]
Start = Annotated[
    str | None, typer.Option(parser=moment, metavar="TIME", help="No job before that.")
]
End = Annotated[
    str | None, typer.Option(parser=moment, metavar="TIME", help="No job from then on.")
]
Payload = Annotated[
    str | None, typer.Option("--payload", "-p", metavar="JSON", help="JSON, @FILE, or - for stdin.")
]
Tags = Annotated[list[str] | None, typer.Option("--tag", help="May be repeated.")]
Meanwhile = Annotated[
    Overlap | None, typer.Option(help="While the job before has not ended; skip if not given.")
]
Late = Annotated[
    Missed | None, typer.Option(help="What passed with no scheduler; run_once if not given.")
]
Jitter = Annotated[
    float | None, typer.Option(parser=span, metavar="TIME", help="Late by a part of it, up to 1h.")
]
Many = Annotated[int, typer.Option("--limit", "-n", min=1, max=10_000)]


class _Duties(msgspec.Struct, frozen=True):
    items: list[DutyView]


class _Trial(msgspec.Struct, frozen=True):
    """What the API makes of a timetable."""

    words: str
    fires: list[Fire]


@schedule.callback()
def schedules() -> None:
    """Make jobs come again: by a cron expression or an interval, in a time zone."""


@schedule.command(name="list")
def list_(
    paused: Annotated[
        bool | None, typer.Option("--paused/--active", help="These alone.", show_default=False)
    ] = None,
    job_type: Annotated[str | None, typer.Option("--type", help="Of their jobs.")] = None,
    name: Annotated[str | None, typer.Option(help="How the name begins.")] = None,
    limit: Many = 50,
    as_json: Json = False,
) -> None:
    """List schedules, newest first; filters narrow."""
    filters = order(
        paused=None if paused is None else str(paused).lower(), type=job_type, name=name
    )
    page = collect(open_api(), "/schedules", filters, limit=limit)
    items = page.read(ScheduleItem)
    show(page, as_json=as_json, picture=lambda: schedule_table(items))
    _tell_more(page)


@schedule.command(name="show")
def show_(which: Which, as_json: Json = False) -> None:
    """Show a schedule: what it makes, what comes, and what was."""
    api = open_api()
    _show(api.get(_path(api, which)), as_json=as_json)


@schedule.command()
def create(  # noqa: PLR0913 - one parameter for each part of a plan
    name: Annotated[str, typer.Argument(help="Of the schedule; no other has it.")],
    job_type: Annotated[str, typer.Argument(metavar="TYPE", help="`taskforge types` lists them.")],
    cron: Cron = None,
    every: Every = None,
    zone: Zone = None,
    start: Start = None,
    end: End = None,
    what: Payload = None,
    priority: Annotated[Priority | None, typer.Option()] = None,
    tag: Tags = None,
    max_retries: Annotated[int | None, typer.Option(min=0, max=25)] = None,
    timeout: Annotated[int | None, typer.Option(min=1, help="Seconds of one attempt.")] = None,
    webhook: Annotated[str | None, typer.Option(metavar="URL", help="Called at the end.")] = None,
    overlap: Meanwhile = None,
    missed: Late = None,
    jitter: Jitter = None,
    as_json: Json = False,
) -> None:
    """Make a schedule: give --cron or --every, and what its jobs are to do."""
    template = order(
        type=job_type,
        payload=payload(what or "{}"),
        priority=priority,
        tags=tag,
        max_retries=max_retries,
        timeout_seconds=timeout,
        webhook_url=webhook,
    )
    times = order(cron=cron, interval_seconds=every, timezone=zone, starts_at=start, ends_at=end)
    policy = order(overlap=overlap, missed=missed, jitter_seconds=jitter)
    body = {"name": name, "template": template, **times, **policy}
    _show(open_api().post("/schedules", body), as_json=as_json)


@schedule.command()
def edit(  # noqa: PLR0913 - one parameter for each part of a plan
    which: Which,
    name: Annotated[str | None, typer.Option(help="Another name.")] = None,
    cron: Cron = None,
    every: Every = None,
    zone: Annotated[str | None, typer.Option(metavar="NAME")] = None,
    start: Start = None,
    end: End = None,
    endless: Annotated[bool, typer.Option("--no-end", help="Take the end away.")] = False,
    what: Payload = None,
    priority: Annotated[Priority | None, typer.Option()] = None,
    tag: Tags = None,
    overlap: Annotated[Overlap | None, typer.Option()] = None,
    missed: Annotated[Missed | None, typer.Option()] = None,
    jitter: Jitter = None,
    as_json: Json = False,
) -> None:
    """Change a schedule; what is not given stays. Another timetable counts from now on."""
    api = open_api()
    path = _path(api, which)
    body = order(
        name=name, cron=cron, interval_seconds=every, timezone=zone, starts_at=start, ends_at=end,
        overlap=overlap, missed=missed, jitter_seconds=jitter,
    )  # fmt: skip
    body |= {"ends_at": None} if endless else {}
    parts = order(payload=None if what is None else payload(what), priority=priority, tags=tag)
    if parts:
        standing = api.get(path).read(_Standing)
        # Of a rival's newer template this one knows nothing: the version guards it.
        body |= {"template": {**standing.template, **parts}, "version": standing.version}
    _show(api.patch(path, body), as_json=as_json)


@schedule.command()
def delete(which: Which, as_json: Json = False) -> None:
    """Delete a schedule with the record of its fires; its jobs stay."""
    api = open_api()
    path = _path(api, which)
    api.delete(path)
    gone = {"deleted": path.rpartition("/")[2]}
    show(gone, as_json=as_json, picture=lambda: f"{which} deleted")


@schedule.command()
def pause(
    which: Which,
    reason: Annotated[str, typer.Option("--reason", "-r", help="For all who wonder.")],
    as_json: Json = False,
) -> None:
    """Let a schedule fire no more; its jobs go on."""
    api = open_api()
    _show(api.post(f"{_path(api, which)}/pause", {"reason": reason}), as_json=as_json)


@schedule.command()
def resume(which: Which, as_json: Json = False) -> None:
    """Let a schedule go on with the moment that comes next."""
    api = open_api()
    _show(api.post(f"{_path(api, which)}/resume"), as_json=as_json)


@schedule.command()
def run(which: Which, as_json: Json = False) -> None:
    """Fire a schedule now, beside its timetable."""
    api = open_api()
    answer = api.post(f"{_path(api, which)}/run-now")
    fired = answer.read(Fired)
    show(msgspec.Raw(answer.content), as_json=as_json, picture=lambda: _fired(fired))


@schedule.command()
def fires(which: Which, limit: Many = 50, as_json: Json = False) -> None:
    """List what became of a schedule's moments, newest first."""
    api = open_api()
    page = collect(api, f"{_path(api, which)}/fires", {}, limit=limit)
    items = page.read(FireRecord)
    show(page, as_json=as_json, picture=lambda: fire_table(items))
    _tell_more(page)


@schedule.command()
def preview(  # noqa: PLR0913 - one parameter for each part of a timetable
    cron: Cron = None,
    every: Every = None,
    zone: Zone = None,
    start: Start = None,
    end: End = None,
    count: Annotated[int, typer.Option("--limit", "-n", min=1, max=50)] = 10,
    as_json: Json = False,
) -> None:
    """Say in words when a timetable fires, and the next moments; nothing is made."""
    body = order(
        cron=cron, interval_seconds=every, timezone=zone, starts_at=start, ends_at=end, count=count
    )
    answer = open_api().post("/schedules/preview", body)
    trial = answer.read(_Trial)
    drawn = preview_picture(trial.words, trial.fires)
    show(msgspec.Raw(answer.content), as_json=as_json, picture=lambda: drawn)


@schedule.command()
def system(as_json: Json = False) -> None:
    """List what the system does by itself, and how it fares."""
    answer = open_api().get("/schedules/system")
    duties = answer.read(_Duties).items
    show(msgspec.Raw(answer.content), as_json=as_json, picture=lambda: duty_table(duties))


class _Standing(msgspec.Struct, frozen=True):
    template: dict[str, Any]
    version: int


def _path(api: Api, which: str) -> str:
    """Where a schedule is that is called by name or by id.

    Raises:
        NotFound: there is none of this name.
    """
    try:
        return f"/schedules/{UUID(which)}"
    except ValueError:
        found = collect(api, "/schedules", {"name": which}, limit=10_000).read(ScheduleItem)
    ids = [one.id for one in found if one.name == which]
    if not ids:
        raise NotFound(f"There is no schedule {which!r}; `taskforge schedule list` shows them.")
    return f"/schedules/{ids[0]}"


def _show(answer: Answer, *, as_json: bool) -> None:
    found = answer.read(ScheduleDetail)
    show(msgspec.Raw(answer.content), as_json=as_json, picture=lambda: schedule_picture(found))


def _tell_more(page: Page) -> None:
    if page.next_cursor is not None:
        talk.print("there are more: raise --limit", style="dim")


def _fired(fired: Fired) -> str:
    if fired.job is not None:
        return f"{fired.job.id} {fired.job.status}"
    return fired.skipped or "held until the job before it has ended"
