"""`taskforge completion`: what makes a shell complete our commands."""

import os
from enum import StrEnum
from typing import Annotated

import typer

from taskforge.cli.main import app as root

app = typer.Typer(add_completion=False)

NAME = "taskforge"
VARIABLE = "_TASKFORGE_COMPLETE"
"""By which a shell asks for the words that fit, and anyone for the script that makes it ask."""


class Shell(StrEnum):
    """Shells that are served."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


@app.command()
def completion(shell: Annotated[Shell, typer.Argument(help="Which one.")]) -> None:
    """Print a script that completes commands and options.

    bash and zsh: source <(taskforge completion bash). fish: taskforge completion fish | source.
    `taskforge --install-completion` keeps it for new shells.
    """
    os.environ[VARIABLE] = f"source_{shell.value}"
    root(prog_name=NAME)
