"""`taskforge openapi`: the API's description, for generators of clients."""

from typing import Annotated

import typer

from taskforge.cli.lazy import load
from taskforge.cli.output import settings_or_exit

app = typer.Typer(add_completion=False)


@app.command()
def openapi(
    built_in: Annotated[
        bool, typer.Option("--built-in", help="Leave out the job types of plug-ins.")
    ] = False,
) -> None:
    """Print the API's description: OpenAPI 3.1, as JSON.

    With the job types that are installed here, as a server with the same settings serves it.
    """
    description = load("taskforge.api.main:description")
    typer.echo(description(settings_or_exit(), built_in=built_in))
