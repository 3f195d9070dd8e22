"""`taskforge bulk`: do something to many jobs at once over the API, and follow it."""

import time
from collections.abc import Callable, Iterator
from typing import Annotated, Any
from uuid import UUID

import msgspec
import typer

from taskforge.cli.bulk_pictures import (
    DONE,
    Item,
    Shown,
    Trial,
    ending,
    item_table,
    operation_table,
    trial_picture,
    watch,
)
from taskforge.cli.client import Answer, Api, open_api
from taskforge.cli.client_pages import collect
from taskforge.cli.moments import past
from taskforge.cli.order import order
from taskforge.cli.output import ExitCode, Json, show, talk
from taskforge.core.errors import Limited, Unavailable
from taskforge.core.operation import LIVE, OperationAction, OperationStatus, Outcome
from taskforge.core.priority import Priority
from taskforge.core.states import JobStatus

app = typer.Typer(add_completion=False, no_args_is_help=True)

PATH = "/operations"
FIRST_LOOK_SECONDS, LOOK_SECONDS = 0.25, 2.0
"""Between two looks at an operation that is followed: a short one is soon told, and a long one
leaves the account three quarters of its usual requests."""
PATIENCE_SECONDS = 60.0
"""How long an API may be away, or refuse for too many requests, before following ends."""
HELP = {
    OperationAction.CANCEL: "Cancel jobs: waiting ones at once, running ones as soon as may be.",
    OperationAction.RETRY: "Queue failed or cancelled jobs again.",
    OperationAction.DELETE: "Delete jobs that have ended, with all that belongs to them.",
    OperationAction.REPRIORITISE: "Put waiting jobs into another queue; needs --to.",
}

Id = Annotated[UUID, typer.Argument(metavar="OPERATION")]


@app.callback()
def operations() -> None:
    """Do something to many jobs at once, named or by a filter, and follow it."""


def _command(action: OperationAction) -> Callable[..., None]:
    """The command of an action; they differ in nothing else."""

    def act(  # noqa: PLR0913 - one parameter for each filter
        ids: Annotated[list[UUID] | None, typer.Argument(metavar="[JOB]...")] = None,
        status: Annotated[list[JobStatus] | None, typer.Option(help="May be repeated.")] = None,
        job_type: Annotated[
            list[str] | None, typer.Option("--type", help="May be repeated.")
        ] = None,
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
            str | None, typer.Option("--query", "-q", help="As for `taskforge job list`.")
        ] = None,
        to: Annotated[
            Priority | None,
            typer.Option(
                help="The new priority.", hidden=action is not OperationAction.REPRIORITISE
            ),
        ] = None,
        everything: Annotated[bool, typer.Option("--all", help="Every job, unfiltered.")] = False,
        reason: Annotated[str | None, typer.Option("--reason", "-r", help="What for.")] = None,
        dry_run: Annotated[
            bool, typer.Option("--dry-run", help="Only tell what would be done.")
        ] = False,
        yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask first.")] = False,
        detach: Annotated[
            bool, typer.Option("--detach", help="Do not follow it to its end.")
        ] = False,
        as_json: Json = False,
    ) -> None:
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
        body = _body(action, [str(it) for it in ids or ()], filters, everything=everything)
        body |= order(priority=to, reason=reason)
        carry_out(body, dry_run=dry_run, yes=yes, detach=detach, as_json=as_json)

    return act


for _action, _help in HELP.items():
    app.command(_action.value, help=_help)(_command(_action))


def carry_out(
    body: dict[str, Any], *, dry_run: bool, yes: bool, detach: bool, as_json: bool
) -> None:
    """Ask first, begin an operation, and follow it to its end.

    Args:
        body: the order.
        dry_run: only tell what would be done.
        yes: do not ask.
        detach: do not follow it.
        as_json: tell it to a program.
    """
    api = open_api()
    if dry_run or not yes:
        answer = api.post(PATH, body | {"dry_run": True})
        trial = answer.read(Trial)
        if dry_run:
            drawn = trial_picture(trial)
            show(msgspec.Raw(answer.content), as_json=as_json, picture=lambda: drawn)
            return
        _confirm(trial)
    made = api.post(PATH, body)
    if detach:
        _show(made, as_json=as_json)
    else:
        _follow(api, made.read(Shown).id, as_json=as_json)


@app.command(name="list")
def list_(
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=10_000)] = 20,
    as_json: Json = False,
) -> None:
    """List bulk operations, newest first."""
    page = collect(open_api(), PATH, {}, limit=limit)
    found = page.read(Shown)
    show(page, as_json=as_json, picture=lambda: operation_table(found))


@app.command(name="show")
def show_(operation_id: Id, as_json: Json = False) -> None:
    """Show how far a bulk operation is."""
    _show(open_api().get(f"{PATH}/{operation_id}"), as_json=as_json)


@app.command()
def items(
    operation_id: Id,
    outcome: Annotated[Outcome | None, typer.Option(help="Only these.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=100_000)] = 200,
    as_json: Json = False,
) -> None:
    """Show what became of each job."""
    path, wanted = f"{PATH}/{operation_id}/items", order(outcome=outcome)
    page = collect(open_api(), path, wanted, limit=limit)
    found = page.read(Item)
    show(page, as_json=as_json, picture=lambda: item_table(found))


@app.command(name="watch")
def watch_(operation_id: Id, as_json: Json = False) -> None:
    """Follow a bulk operation to its end; exits with 1 when not all was done."""
    _follow(open_api(), operation_id, as_json=as_json)


@app.command()
def stop(operation_id: Id, as_json: Json = False) -> None:
    """Stop a bulk operation; what is done stays done."""
    _show(open_api().post(f"{PATH}/{operation_id}/stop"), as_json=as_json)


def _body(
    action: OperationAction, ids: list[str], filters: dict[str, Any], *, everything: bool
) -> dict[str, Any]:
    if bool(ids) + bool(filters) + everything != 1:
        raise typer.BadParameter("give jobs, or filters, or --all")
    if ids:
        return {"action": action, "ids": ids}
    return {"action": action, "filter": filters, "all": everything}


def _confirm(trial: Trial) -> None:
    """Ask before it begins.

    Raises:
        Abort: the answer is no, or there is nobody to ask.
    """
    talk.print(trial_picture(trial))
    typer.confirm(f"Shall {trial.number} be {DONE[trial.action]}?", abort=True, err=True)


def _follow(api: Api, operation_id: UUID, *, as_json: bool) -> None:
    try:
        last = watch(_looks(api, operation_id))
    except KeyboardInterrupt:
        talk.print(f"it goes on; `taskforge bulk stop {operation_id}` stops it", soft_wrap=True)
        raise
    _show(api.get(f"{PATH}/{operation_id}"), as_json=as_json)
    if last.status is not OperationStatus.DONE or last.failed:
        raise typer.Exit(ExitCode.JOB_FAILED)


def _looks(api: Api, operation_id: UUID) -> Iterator[Shown]:
    pause, heard_at = FIRST_LOOK_SECONDS, time.monotonic()
    while True:
        try:
            one = api.get(f"{PATH}/{operation_id}").read(Shown)
        except (Unavailable, Limited) as error:
            if time.monotonic() - heard_at > PATIENCE_SECONDS:
                raise
            time.sleep(max(LOOK_SECONDS, error.retry_after))
            continue
        heard_at = time.monotonic()
        yield one
        if one.status not in LIVE:
            return
        time.sleep(pause)
        pause = min(pause * 2, LOOK_SECONDS)


def _show(answer: Answer, *, as_json: bool) -> None:
    one = answer.read(Shown)
    said = f"{one.id} {ending(one)}"
    show(msgspec.Raw(answer.content), as_json=as_json, picture=lambda: said)
