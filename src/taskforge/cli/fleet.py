"""`taskforge queue`, `worker list`: what runs jobs, seen over the API."""

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
import typer
from rich.console import RenderableType
from rich.table import Column, Table
from rich.text import Text

from taskforge.cli.client import open_api
from taskforge.cli.moments import age, took
from taskforge.cli.output import Json, show
from taskforge.cli.pictures import cell
from taskforge.core.fleet import QueueView, WorkerView

queue = typer.Typer(add_completion=False, no_args_is_help=True)
workers = typer.Typer(add_completion=False)


class _Queues(msgspec.Struct, frozen=True):
    items: list[QueueView]


class _Workers(msgspec.Struct, frozen=True):
    items: list[WorkerView]


@queue.callback()
def queues() -> None:
    """Look at the queues."""


@queue.command(name="list")
def list_queues(as_json: Json = False) -> None:
    """List the queues, the most urgent first."""
    api = open_api()
    answer = api.get("/queues")
    found = answer.read(_Queues).items
    show(msgspec.Raw(answer.content), as_json=as_json, picture=lambda: _queue_table(found))


@workers.command()
def list_workers(as_json: Json = False) -> None:
    """List the worker units, those at work first."""
    api = open_api()
    answer = api.get("/workers")
    found = answer.read(_Workers).items
    show(msgspec.Raw(answer.content), as_json=as_json, picture=lambda: _worker_table(found))


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
            cell(f"paused: {one.pause_reason or 'no reason given'}" if one.paused else ""),
        )
    return table


def _worker_table(workers: Sequence[WorkerView]) -> RenderableType:
    if not workers:
        return Text("no workers; `taskforge worker` starts one", style="dim")
    now = datetime.now(UTC)
    table = Table("id", "status", "host", "pid", "version", "queues", "jobs", "started", box=None)
    for one in workers:
        table.add_row(
            Text(str(one.id), no_wrap=True),
            one.status.value,
            cell(one.host),
            str(one.pid),
            cell(one.version),
            cell(",".join(one.queues)),
            f"{len(one.jobs)} of {one.slots}",
            age(one.started_at, now),
        )
    return table
