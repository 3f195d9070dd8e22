"""`taskforge queue`: what waits, seen and steered over the API."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated
from urllib.parse import quote

import msgspec
import typer
from rich.table import Column, Table

from taskforge.cli.client import Answer, open_api
from taskforge.cli.limits import Most, places
from taskforge.cli.moments import moment, span, took
from taskforge.cli.output import Json, show
from taskforge.cli.pictures import cell
from taskforge.core.fleet import QueueView

queue = typer.Typer(add_completion=False, no_args_is_help=True)


class _Queues(msgspec.Struct, frozen=True):
    items: list[QueueView]


@queue.callback()
def queues() -> None:
    """Look at the queues, pause them, let them go on."""


@queue.command(name="list")
def list_queues(as_json: Json = False) -> None:
    """List the queues, the most urgent first."""
    api = open_api()
    answer = api.get("/queues")
    found = answer.read(_Queues).items
    show(msgspec.Raw(answer.content), as_json=as_json, picture=lambda: _queue_table(found))


Name = Annotated[str, typer.Argument(metavar="QUEUE", help="critical, high, default or low.")]


@queue.command()
def pause(
    name: Name,
    reason: Annotated[str, typer.Option("--reason", "-r", help="For all who wonder.")],
    until: Annotated[
        str | None,
        typer.Option(parser=moment, metavar="TIME", help="Resume then: 2026-01-31T08:00:00Z."),
    ] = None,
    lasting: Annotated[
        float | None,
        typer.Option("--for", parser=span, metavar="TIME", help="Resume after so long: 30m, 2h."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Start no more jobs of a queue; running ones go on, new ones are accepted and wait."""
    if until and lasting:
        raise typer.BadParameter("give --until or --for, not both")
    if lasting:
        until = (datetime.now(UTC) + timedelta(seconds=lasting)).isoformat()
    answer = open_api().post(f"/queues/{quote(name)}/pause", {"reason": reason, "resume_at": until})
    _show_queue(answer, as_json=as_json)


@queue.command()
def resume(name: Name, as_json: Json = False) -> None:
    """Let a queue go on; what waited is started at once."""
    _show_queue(open_api().post(f"/queues/{quote(name)}/resume"), as_json=as_json)


@queue.command()
def limit(name: Name, most: Most, as_json: Json = False) -> None:
    """Limit how many jobs of a queue all workers together run at once."""
    body = {"concurrency_limit": places(most)}
    _show_queue(open_api().patch(f"/queues/{quote(name, safe='')}", body), as_json=as_json)


def _show_queue(answer: Answer, *, as_json: bool) -> None:
    found = answer.read(QueueView)
    show(msgspec.Raw(answer.content), as_json=as_json, picture=lambda: _queue_table([found]))


def _queue_table(queues: Sequence[QueueView]) -> Table:
    numbers = [
        Column(name, justify="right")
        for name in ("waiting", "running", "later", "in/min", "out/min", "oldest")
    ]
    table = Table("queue", *numbers, "", box=None)
    for one in queues:
        table.add_row(
            cell(one.name),
            f"{one.depth:,}",
            f"{one.running:,}",
            f"{one.scheduled:,}",
            f"{one.in_per_minute:,.1f}",
            f"{one.out_per_minute:,.1f}",
            took(one.oldest_age_seconds),
            cell("; ".join(filter(None, (_limit(one), _pause(one))))),
        )
    return table


def _limit(one: QueueView) -> str:
    most = one.concurrency_limit
    return "" if most is None else f"at most {most:,} at once"


def _pause(one: QueueView) -> str:
    if not one.paused:
        return ""
    end = "" if one.resume_at is None else f", until {one.resume_at:%Y-%m-%d %H:%M %Z}"
    return f"paused by {one.paused_by}: {one.pause_reason or 'no reason given'}{end}"
