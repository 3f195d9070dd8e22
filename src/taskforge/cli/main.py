"""The command `taskforge`: a table of commands, each in a module of its own."""

from typing import Annotated, ClassVar

import typer

from taskforge import __version__
from taskforge.cli.lazy import Entry, LazyGroup

USE, RUN, KEEP = "Use it", "Run it", "Look after it"


class Commands(LazyGroup):
    """The commands of SPEC §9."""

    entries: ClassVar[dict[str, Entry]] = {
        "job": Entry("taskforge.cli.job:app", USE, "Submit, list, watch, cancel, retry jobs."),
        "bulk": Entry("taskforge.cli.bulk:app", USE, "Cancel, retry, delete, move many jobs."),
        "failures": Entry("taskforge.cli.failures:app", USE, "See what fails alike, retry it."),
        "upload": Entry("taskforge.cli.files:upload", USE, "Give a file for jobs to read."),
        "queue": Entry("taskforge.cli.fleet:queue", USE, "List, pause and resume queues."),
        "schedule": Entry("taskforge.cli.schedule:schedule", USE, "Make jobs come again."),
        "types": Entry("taskforge.cli.job_types:app", USE, "List the job types."),
        "mail": Entry("taskforge.cli.mail:mail", USE, "Read what went to the mail sink."),
        "top": Entry("taskforge.cli.top:app", USE, "Watch queues, workers and jobs live."),
        "login": Entry("taskforge.cli.login:login", USE, "Sign in for the commands above."),
        "logout": Entry("taskforge.cli.login:logout", USE, "End that session."),
        "up": Entry("taskforge.cli.up:app", RUN, "Start everything on this machine."),
        "api": Entry("taskforge.cli.roles:api", RUN, "Serve the API."),
        "worker": Entry("taskforge.cli.roles:worker", RUN, "Run jobs, or list who does."),
        "scheduler": Entry("taskforge.cli.roles:scheduler", RUN, "Keep the queues moving."),
        "down": Entry("taskforge.cli.ops:down", RUN, "Stop what `up` started."),
        "migrate": Entry("taskforge.cli.ops:migrate", KEEP, "Bring the database up to date."),
        "migrate-create": Entry("taskforge.cli.ops:migrate_create", KEEP, "Write a migration."),
        "models": Entry(
            "taskforge.cli.models:app", KEEP, "Install and list models of ai_inference."
        ),
        "seed": Entry("taskforge.cli.seed:app", KEEP, "Make demo accounts and sample jobs."),
        "user": Entry("taskforge.cli.user:user", KEEP, "Make accounts."),
        "key": Entry("taskforge.cli.user:key", KEEP, "Make API keys."),
        "config": Entry("taskforge.cli.config:app", KEEP, "Check or show the settings."),
        "openapi": Entry("taskforge.cli.openapi:app", KEEP, "Print the API's description."),
        "doctor": Entry("taskforge.cli.doctor:app", KEEP, "Say what is missing, and what helps."),
        "completion": Entry(
            "taskforge.cli.completion:app", KEEP, "Let bash, zsh or fish complete commands."
        ),
        "shell": Entry("taskforge.cli.shell:app", KEEP, "Open a prompt on a server."),
    }


app = typer.Typer(cls=Commands, no_args_is_help=True, pretty_exceptions_enable=False)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"taskforge {__version__}")
        raise typer.Exit


@app.callback(context_settings={"help_option_names": ["-h", "--help"]})
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Distributed job processing with a live dashboard."""
