"""The long-running roles. Each runs until SIGTERM or Ctrl-C and ends with the role's exit code."""

from typing import Annotated, ClassVar

import typer

from taskforge.cli.lazy import Entry, LazyGroup, load
from taskforge.cli.output import settings_or_exit
from taskforge.core.priority import QUEUES


class WorkerCommands(LazyGroup):
    """What `taskforge worker` does besides working; a client's imports must not burden a worker."""

    entries: ClassVar[dict[str, Entry]] = {
        "list": Entry("taskforge.cli.units:listing", "Use it", "List the worker units."),
        "show": Entry("taskforge.cli.units:showing", "Use it", "Show a worker unit."),
        "drain": Entry(
            "taskforge.cli.units:draining", "Use it", "Let it finish its jobs and take no more."
        ),
        "resume": Entry("taskforge.cli.units:resuming", "Use it", "Let it take jobs again."),
        "stop": Entry("taskforge.cli.units:stopping", "Use it", "End it."),
    }


api = typer.Typer(add_completion=False)
worker = typer.Typer(cls=WorkerCommands, add_completion=False)
scheduler = typer.Typer(add_completion=False)


@api.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that share the port.")] = 1,
    no_web: Annotated[bool, typer.Option("--no-web", help="Leave the dashboard out.")] = False,
) -> None:
    """Serve the dashboard, the REST API, the live events and the docs."""
    run = load("taskforge.api.main:run")
    raise typer.Exit(run(settings_or_exit(), host=host, port=port, workers=workers, web=not no_web))


@worker.callback(invoke_without_command=True)
def work(
    context: typer.Context,
    queues: Annotated[
        str, typer.Option(help="Queues to serve, separated by commas.", metavar="NAMES")
    ] = ",".join(QUEUES),
    threads: Annotated[
        int | None,
        typer.Option(min=1, max=1_000, help="Jobs at once [default: WORKER_THREADS]."),
    ] = None,
) -> None:
    """Run jobs as one worker unit."""
    if context.invoked_subcommand is not None:
        return
    names = [name.strip() for name in queues.split(",") if name.strip()]
    unknown = sorted(set(names) - set(QUEUES))
    if unknown or not names:
        raise typer.BadParameter(
            f"{', '.join(unknown) or 'nothing'} is no queue; there are {', '.join(QUEUES)}"
        )
    settings = settings_or_exit()
    run = load("taskforge.worker.main:run")
    raise typer.Exit(run(settings, queues=names, threads=threads or settings.worker_threads))


@scheduler.command()
def schedule() -> None:
    """Promote what is due, repair what was lost, fire schedules, deliver webhooks, prune."""
    run = load("taskforge.scheduler.main:run")
    raise typer.Exit(run(settings_or_exit()))
