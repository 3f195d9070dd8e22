"""Commands that look after the database, and `down`."""

import asyncio
import os
import signal
import time
from pathlib import Path
from typing import Annotated

import typer
from alembic import command
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from taskforge.cli.output import ExitCode, Json, complain, settings_or_exit, show, talk
from taskforge.config import Settings, find, layers
from taskforge.db.engine import driver_url
from taskforge.db.migrate import alembic_config
from taskforge.db.revisions import head
from taskforge.local.place import holder
from taskforge.local.schema import await_migration, bring_up_to_date

migrate = typer.Typer(add_completion=False)
migrate_create = typer.Typer(add_completion=False)
down = typer.Typer(add_completion=False)


@migrate.command()
def upgrade(
    as_json: Json = False,
    wait: Annotated[
        float | None,
        typer.Option(
            min=0, metavar="SECONDS",
            help="Change nothing: wait so long until another process has brought it there.",
        ),
    ] = None,
) -> None:  # fmt: skip
    """Bring the database to this release's newest revision."""
    settings = settings_or_exit()
    if wait is not None:
        _await_others(settings, wait)
        return
    before, after = asyncio.run(bring_up_to_date(settings))
    changed = f"{before or 'empty'} → {after}" if before != after else f"already at {after}"
    show({"before": before, "after": after}, as_json=as_json, picture=lambda: changed)


@migrate_create.command()
def create(message: str) -> None:
    """Write a migration from the difference between the tables in code and the database."""
    asyncio.run(_create(settings_or_exit(), message))


@down.command()
def stop(
    data_dir: Annotated[
        Path | None, typer.Option(help="Of the `up` to stop [default: DATA_DIR, .taskforge].")
    ] = None,
    seconds: Annotated[float, typer.Option(min=1, help="How long to wait for the end.")] = 60,
) -> None:
    """Stop the `taskforge up` of this data directory."""
    place = data_dir or Path(find("DATA_DIR", layers())[0] or ".taskforge")
    process = holder(place)
    if process is None:
        talk.print("nothing runs here")
        return
    os.kill(process, signal.SIGTERM)
    deadline = time.monotonic() + seconds
    while holder(place) == process:
        if time.monotonic() > deadline:
            talk.print(f"process {process} has not ended yet")
            raise typer.Exit(ExitCode.TIMEOUT)
        time.sleep(0.1)


def _await_others(settings: Settings, seconds: float) -> None:
    """For containers that must not change tables, and start beside the one that does (S-52)."""
    try:
        revision = asyncio.run(await_migration(settings, seconds))
    except TimeoutError:
        complain(f"the database is not at {head()} after {seconds:g} s")
        raise typer.Exit(ExitCode.TIMEOUT) from None
    talk.print(f"the database is at {revision}")


async def _create(settings: Settings, message: str) -> None:
    number = f"{int(head() or 0) + 1:04d}"  # a revision's id is its number

    def write(connection: Connection) -> None:
        config = alembic_config(connection)
        command.revision(config, message, autogenerate=True, rev_id=number)

    engine = create_async_engine(driver_url(settings))
    try:
        async with engine.connect() as connection:
            await connection.run_sync(write)
    finally:
        await engine.dispose()
