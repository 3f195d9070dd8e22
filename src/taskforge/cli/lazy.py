"""A command is imported when it is called for, so that each one starts as fast as its own imports.

This is the one place that imports by name.
"""

from importlib import import_module
from typing import Any, ClassVar, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from taskforge.cli.output import ExitCode, complain, exit_code
from taskforge.core.errors import TaskForgeError
from taskforge.local.errors import CannotStart


class Entry(NamedTuple):
    """Where a command is, and what the list of commands says of it."""

    place: str
    """`module:attribute` of a Typer app."""
    panel: str
    """The heading that it stands under."""
    says: str


class LazyGroup(TyperGroup):
    """The root group: commands from a table; errors of ours become a sentence and an exit code."""

    entries: ClassVar[dict[str, Entry]] = {}

    def __init__(self, **attrs: Any) -> None:
        super().__init__(**attrs)
        # What the list of commands needs to know, so that showing it imports nothing.
        self.commands = {
            name: TyperCommand(name, help=entry.says, rich_help_panel=entry.panel)
            for name, entry in self.entries.items()
        }

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command itself, imported now."""
        name, _, rest = super().resolve_command(ctx, args)
        return name, open_command(self.entries[str(name)].place), rest

    def invoke(self, ctx: Any) -> Any:
        """Run the command; a failure that we know is told, not traced."""
        try:
            return super().invoke(ctx)
        except TaskForgeError as error:
            complain(error.detail)
            raise typer.Exit(exit_code(error)) from error
        except KeyboardInterrupt as error:
            raise typer.Exit(ExitCode.INTERRUPTED) from error


def open_command(place: str) -> Any:
    """The command at `module:attribute`.

    Raises:
        CannotStart: a package that it needs is not installed.
    """
    return typer.main.get_command(load(place))


def load(place: str) -> Any:
    """The object at `module:attribute`.

    Raises:
        CannotStart: a package that it needs is not installed.
    """
    module, _, attribute = place.partition(":")
    try:
        return getattr(import_module(module), attribute)
    except ModuleNotFoundError as error:
        if str(error.name).startswith("taskforge."):
            raise
        raise CannotStart(
            f"this command needs the package {error.name!r}, which is not installed; "
            "`pip install 'taskforge[embedded]'` brings it"
        ) from error
