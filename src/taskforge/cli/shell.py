"""`taskforge shell`: prompts on the two servers that the settings name."""

import os
import shlex
import shutil
from contextlib import suppress
from typing import Any

import typer
from redis.exceptions import RedisError

from taskforge.bus.client import open_sync_client
from taskforge.cli.output import complain, data, settings_or_exit
from taskforge.core.errors import TaskForgeError
from taskforge.local.wheels import postgres_program

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.command()
def db() -> None:
    """Open psql, the machine's own or the one that comes with the embedded server."""
    url = settings_or_exit().database_url
    try:
        program = str(postgres_program("psql"))
    except TaskForgeError:
        program = shutil.which("psql") or ""
        if not program:
            raise
    os.execv(program, [program, url])  # noqa: S606 - a program with arguments, no shell


@app.command()
def redis() -> None:
    """Read commands and print what the server answers; an empty line or Ctrl-D ends it."""
    client: Any = open_sync_client(settings_or_exit())  # its commands carry no types
    with suppress(typer.Abort):  # Ctrl-D
        while line := typer.prompt("redis", prompt_suffix="> ", default="", show_default=False):
            try:
                data.print(client.execute_command(*shlex.split(line)))
            except (RedisError, ValueError) as error:
                complain(str(error))
