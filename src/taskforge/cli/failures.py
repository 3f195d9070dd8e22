"""`taskforge failures`: what fails alike, seen, queued again and resolved over the API."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import quote

import msgspec
import typer
from rich.console import Group, RenderableType
from rich.table import Column, Table
from rich.text import Text

from taskforge.cli.bulk import carry_out
from taskforge.cli.client import Answer, open_api
from taskforge.cli.client_pages import collect
from taskforge.cli.moments import age, past
from taskforge.cli.order import order
from taskforge.cli.output import Json, plain, show
from taskforge.cli.pictures import cell
from taskforge.core.failure_group import FailureGroup, FailureOrder, FailureState
from taskforge.core.operation import OperationAction
from taskforge.core.states import JobStatus

app = typer.Typer(add_completion=False, no_args_is_help=True)

PATH = "/failures"

Mark = Annotated[str, typer.Argument(metavar="FINGERPRINT", help="Of the group, or of an error.")]
Note = Annotated[str | None, typer.Option("--note", "-n", help="What people should know of it.")]


@app.callback()
def failures() -> None:
    """See what fails alike, queue it again, say that it is over."""


@app.command(name="list")
def list_(  # noqa: PLR0913 - one parameter for each filter
    words: Annotated[
        str | None, typer.Argument(metavar="[WORDS]", help="In message, kind or type.")
    ] = None,
    job_type: Annotated[list[str] | None, typer.Option("--type", help="May be repeated.")] = None,
    state: Annotated[list[FailureState] | None, typer.Option(help="May be repeated.")] = None,
    since: Annotated[
        str | None, typer.Option(parser=past, metavar="TIME", help="Seen since: a time, or 2h.")
    ] = None,
    sort: Annotated[FailureOrder, typer.Option(help="What comes first.")] = FailureOrder.LAST_SEEN,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=10_000)] = 20,
    as_json: Json = False,
) -> None:
    """List the groups, what was last seen first."""
    filters = order(q=words, type=job_type, state=state, since=since, sort=sort)
    page = collect(open_api(), PATH, filters, limit=limit)
    found = page.read(FailureGroup)
    show(page, as_json=as_json, picture=lambda: _table(found))


@app.command(name="show")
def show_(fingerprint: Mark, as_json: Json = False) -> None:
    """Show a group: its newest message, how often, since when."""
    _show(open_api().get(_place(fingerprint)), as_json=as_json)


@app.command()
def retry(
    fingerprint: Mark,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would be done.")] = (
        False
    ),
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask first.")] = False,
    detach: Annotated[bool, typer.Option("--detach", help="Do not follow it to its end.")] = False,
    as_json: Json = False,
) -> None:
    """Queue all jobs of a group again that still stand as failed."""
    wanted = {
        "q": f"failure:{fingerprint}",
        "status": [JobStatus.FAILED.value, JobStatus.DEAD_LETTER.value],
    }
    body = {"action": OperationAction.RETRY.value, "filter": wanted}
    carry_out(body, dry_run=dry_run, yes=yes, detach=detach, as_json=as_json)


@app.command()
def resolve(fingerprint: Mark, note: Note = None, as_json: Json = False) -> None:
    """Say that it is over; when it comes again, it has regressed."""
    _change(fingerprint, order(state="resolved", note=note), as_json=as_json)


@app.command()
def reopen(fingerprint: Mark, note: Note = None, as_json: Json = False) -> None:
    """Say that it is not over."""
    _change(fingerprint, order(state="open", note=note), as_json=as_json)


def _change(fingerprint: str, body: dict[str, Any], *, as_json: bool) -> None:
    _show(open_api().patch(_place(fingerprint), body), as_json=as_json)


def _place(fingerprint: str) -> str:
    return f"{PATH}/{quote(fingerprint, safe='')}"


def _show(answer: Answer, *, as_json: bool) -> None:
    one = answer.read(FailureGroup)
    show(msgspec.Raw(answer.content), as_json=as_json, picture=lambda: _picture(one))


def _table(groups: Sequence[FailureGroup]) -> RenderableType:
    if not groups:
        return Text("nothing fails alike", style="dim")
    now = datetime.now(UTC)
    numbers = [Column(name, justify="right") for name in ("still failed", "24 h", "ever")]
    table = Table("fingerprint", "state", "type", *numbers, "last seen", "what", box=None)
    for one in groups:
        table.add_row(
            Text(one.fingerprint, no_wrap=True),
            one.state.value,
            cell(one.type),
            f"{one.still_failed:,}",
            f"{one.last_24_hours:,}",
            f"{one.total:,}",
            age(one.last_seen, now),
            cell(f"{one.kind}: {one.title}"),
        )
    return table


def _picture(one: FailureGroup) -> RenderableType:
    now = datetime.now(UTC)
    facts = Table(box=None, show_header=False)
    said = {
        "state": one.state.value + (f", by {one.resolved_by}" if one.resolved_by else ""),
        "type": one.type,
        "kind": f"{one.kind} ({one.error_class})",
        "still failed": f"{one.still_failed:,} jobs",
        "attempts": f"{one.last_24_hours:,} in 24 h, {one.total:,} ever",
        "queues": ", ".join(one.queues),
        "newest job": str(one.job_id),
        "note": one.note or "",
    }
    for name, value in said.items():
        facts.add_row(Text(name, style="dim"), cell(value))
    facts.add_row(Text("first seen", style="dim"), age(one.first_seen, now))
    facts.add_row(Text("last seen", style="dim"), age(one.last_seen, now))
    return Group(Text(f"{one.fingerprint}  {plain(one.title)}"), facts, Text(plain(one.message)))
