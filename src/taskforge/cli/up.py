"""`taskforge up`: everything on this machine under one supervisor."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from taskforge.cli.output import bad_settings_code, complain
from taskforge.config import BadSettings, find, layers
from taskforge.local.up import Wishes, up

app = typer.Typer(add_completion=False)


@app.command()
def run(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65_535, help="Port to listen on [default: the first free, 8000]."),
    ] = None,
    data_dir: Annotated[
        Path | None, typer.Option(help="Where all data is kept [default: DATA_DIR, .taskforge].")
    ] = None,
    workers: Annotated[int, typer.Option(min=0, max=64, help="Worker units.")] = 2,
    threads: Annotated[
        int | None,
        typer.Option(min=1, max=1_000, help="Jobs at once in each [default: WORKER_THREADS]."),
    ] = None,
    no_web: Annotated[bool, typer.Option("--no-web", help="Leave the dashboard out.")] = False,
) -> None:
    """Start the servers, API, dashboard, scheduler and workers here; Ctrl-C stops them all.

    With DATABASE_URL and REDIS_URL set, those servers are used instead of embedded ones.
    """
    place = data_dir or Path(find("DATA_DIR", layers())[0] or ".taskforge")
    wishes = Wishes(
        host=host,
        port=port,
        data_dir=place,
        workers=workers,
        threads=threads,
        web=not no_web,
    )
    try:
        asyncio.run(up(wishes))
    except BadSettings as error:
        complain(*error.faults)
        raise typer.Exit(bad_settings_code()) from error
