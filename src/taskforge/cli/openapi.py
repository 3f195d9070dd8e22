"""`taskforge openapi`: the API's description, for generators of clients."""

from pathlib import Path
from typing import Annotated

import typer

from taskforge.cli.lazy import load
from taskforge.cli.output import settings_or_exit

app = typer.Typer(add_completion=False)


@app.command()
def openapi(
    output: Annotated[
        Path | None, typer.Option(help="A file to write.", show_default="stdout")
    ] = None,
    built_in: Annotated[
        bool, typer.Option("--built-in", help="Leave out the job types of plug-ins.")
    ] = False,
) -> None:
    """Print the API's description: OpenAPI 3.1, as JSON.

    With the job types that are installed here, as a server with the same settings serves it.
    """
    description = load("taskforge.api.main:description")(settings_or_exit(), built_in=built_in)
    if output is None:
        typer.echo(description)
    else:
        output.write_text(f"{description}\n", encoding="utf-8")
