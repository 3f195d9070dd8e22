"""`taskforge worker list|show|drain|resume|stop`: the units, seen and steered over the API."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import msgspec
import typer
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from taskforge.cli.client import Answer, Api, open_api
from taskforge.cli.moments import age, took
from taskforge.cli.output import Json, show
from taskforge.cli.pictures import cell
from taskforge.core.errors import NotFound
from taskforge.core.fleet import Wanted, WorkerStatus, WorkerView

MIN_PREFIX = 4
"""Characters: a script whose variable is empty must not stop a unit."""

listing = typer.Typer(add_completion=False)
showing = typer.Typer(add_completion=False)
draining = typer.Typer(add_completion=False)
resuming = typer.Typer(add_completion=False)
stopping = typer.Typer(add_completion=False)

Unit = Annotated[
    str, typer.Argument(metavar="WORKER", help="Its id, the beginning of it, or HOST:PID.")
]
Reason = Annotated[
    str | None, typer.Option("--reason", "-r", help="For all who wonder, and the audit trail.")
]


class _Workers(msgspec.Struct, frozen=True):
    items: list[WorkerView]


@listing.command()
def list_workers(as_json: Json = False) -> None:
    """List the worker units, those at work first."""
    answer = open_api().get("/workers")
    found = answer.read(_Workers).items
    show(msgspec.Raw(answer.content), as_json=as_json, picture=lambda: _table(found))


@showing.command()
def show_worker(unit: Unit, as_json: Json = False) -> None:
    """Show a worker unit: how it is, what is wanted of it, and what it runs."""
    api = open_api()
    _show(api.get(f"/workers/{_id_of(api, unit)}"), as_json=as_json)


@draining.command()
def drain(unit: Unit, reason: Reason = None, as_json: Json = False) -> None:
    """Let a worker unit finish what it runs and take nothing new, until it is resumed."""
    api = open_api()
    body = {"reason": reason}
    _show(api.post(f"/workers/{_id_of(api, unit)}/drain", body), as_json=as_json)


@resuming.command()
def resume(unit: Unit, as_json: Json = False) -> None:
    """Let a drained worker unit take jobs again."""
    api = open_api()
    _show(api.post(f"/workers/{_id_of(api, unit)}/resume"), as_json=as_json)


@stopping.command()
def stop(unit: Unit, reason: Reason = None, as_json: Json = False) -> None:
    """End a worker unit; what it cannot finish in DRAIN_SECONDS goes to others.

    Under `taskforge up` it stays away; other supervisors may start another in its place.
    """
    api = open_api()
    body = {"reason": reason}
    _show(api.post(f"/workers/{_id_of(api, unit)}/stop", body), as_json=as_json)


def _id_of(api: Api, unit: str) -> UUID:
    """The id of the unit that is meant; where a pid was used again, of the one that is at work.

    Raises:
        NotFound: there is none.
        typer.BadParameter: it could be more than one.
    """
    try:
        return UUID(unit)
    except ValueError:
        workers = api.get("/workers").read(_Workers).items
    meant = [it for it in workers if _is_meant(it, unit)]
    alive = [it for it in meant if it.status is not WorkerStatus.OFFLINE]
    match alive or meant:
        case [one]:
            return one.id
        case []:
            raise NotFound(f"There is no worker {unit!r}; `taskforge worker list` shows them.")
        case several:
            raise typer.BadParameter(f"{unit!r} could be {_named(several)}")


def _is_meant(worker: WorkerView, unit: str) -> bool:
    named = len(unit) >= MIN_PREFIX and str(worker.id).startswith(unit.lower())
    return named or f"{worker.host}:{worker.pid}" == unit


def _named(workers: Iterable[WorkerView]) -> str:
    return ", ".join(f"{it.id} ({it.host}:{it.pid})" for it in workers)


def _show(answer: Answer, *, as_json: bool) -> None:
    worker = answer.read(WorkerView)
    show(msgspec.Raw(answer.content), as_json=as_json, picture=lambda: _picture(worker))


def _table(workers: Sequence[WorkerView]) -> RenderableType:
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


def _picture(worker: WorkerView) -> RenderableType:
    now = datetime.now(UTC)
    facts = worker.facts
    lines = {
        "status": worker.status.value,
        "wanted": _wanted(worker),
        "where": f"{worker.host}:{worker.pid}, version {worker.version}",
        "queues": ", ".join(worker.queues),
        "types": ", ".join(worker.types),
        "started": age(worker.started_at, now),
        "heartbeat": f"{took(worker.heartbeat_age_seconds)} ago",
        "memory": facts and facts.memory_bytes and f"{facts.memory_bytes / 2**20:,.0f} MiB",
        "cpu": facts and facts.cpu_percent is not None and f"{facts.cpu_percent:.0f} %",
        "loop lag": facts and took(facts.loop_lag_max_seconds),
        "jobs so far": facts and facts.started_jobs is not None and f"{facts.started_jobs:,}",
        "slots": f"{len(worker.jobs)} of {worker.slots}",
    }
    table = Table(box=None, show_header=False)
    table.add_row("worker", str(worker.id))
    for name, value in lines.items():
        if value:
            table.add_row(name, cell(value))
    jobs = Table("job", "type", "priority", "attempt", "running for", box=None)
    for job in worker.jobs:
        running = took((now - job.started_at).total_seconds())
        jobs.add_row(str(job.id), cell(job.type), job.priority.value, str(job.attempt), running)
    return Group(table, Text(), jobs) if worker.jobs else table


def _wanted(worker: WorkerView) -> str | None:
    if worker.wanted is Wanted.RUN:
        return None
    reason = f": {worker.wanted_reason}" if worker.wanted_reason else ""
    return f"{worker.wanted.value}, by {worker.wanted_by}{reason}"
