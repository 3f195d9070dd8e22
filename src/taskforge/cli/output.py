"""What every command shares: where its words go, `--json`, and exit codes (SPEC §9).

Data goes to stdout and talk to stderr, so that a pipe carries data alone.
"""

import sys
from collections.abc import Callable
from enum import IntEnum
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console, RenderableType

from taskforge.config import BadSettings, Settings, find, layers, load
from taskforge.core.errors import (
    Conflict,
    Denied,
    Limited,
    NotFound,
    TaskForgeError,
    Unauthenticated,
    Unavailable,
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]

PIPE_WIDTH = 1_000
"""Columns of a table that goes to a program or a file: wide enough to cut nothing off."""

UNPRINTABLE = "\N{REPLACEMENT CHARACTER}"

data = Console(width=None if sys.stdout.isatty() else PIPE_WIDTH)
talk = Console(stderr=True)


class ExitCode(IntEnum):
    """How a command ends."""

    OK = 0
    JOB_FAILED = 1
    USAGE = 2
    NOT_FOUND = 3
    NOT_PERMITTED = 4
    CONFLICT = 5
    UNREACHABLE = 6
    TIMEOUT = 7
    BAD_CONFIG = 78
    """Outside development and tests: EX_CONFIG of sysexits.h, for supervisors."""
    INTERRUPTED = 130
    """By Ctrl-C: 128 and the number of the signal, as shells have it."""


_CODES: tuple[tuple[type[TaskForgeError], ExitCode], ...] = (
    (NotFound, ExitCode.NOT_FOUND),
    (Denied, ExitCode.NOT_PERMITTED),
    (Unauthenticated, ExitCode.NOT_PERMITTED),
    (Conflict, ExitCode.CONFLICT),
    (Unavailable, ExitCode.UNREACHABLE),
    (Limited, ExitCode.UNREACHABLE),  # for the moment
)


def exit_code(error: TaskForgeError) -> ExitCode:
    """The exit code of a failure; a request that cannot be met as it stands counts as usage."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), ExitCode.USAGE)


def plain(text: str) -> str:
    """Text without anything that a terminal would obey: such characters become U+FFFD."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in "\n\t" else UNPRINTABLE for c in text)


def show(value: Any, *, as_json: bool, picture: Callable[[], RenderableType]) -> None:
    """Print `value` as JSON, or `picture` of it for people."""
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(value)).decode())
        return
    drawn = picture()
    if isinstance(drawn, str):
        typer.echo(plain(drawn))  # never broken into lines: it may be a key to be copied
    else:
        data.print(drawn)


def complain(*lines: str) -> None:
    """Say on stderr what went wrong, one line each."""
    for line in lines:
        talk.print(plain(line), style="red", markup=False, highlight=False, soft_wrap=True)


def settings_or_exit() -> Settings:
    """The settings of this process; with faults, all of them are told and the command ends."""
    try:
        return load()
    except BadSettings as error:
        complain(*error.faults)
        raise typer.Exit(bad_settings_code()) from error


def bad_settings_code() -> ExitCode:
    """What a fault in the settings exits with: supervisors of production want to know (S-50)."""
    environment, _ = find("ENVIRONMENT", layers())
    calm = environment in (None, "development", "test")  # whatever else it says, it means it
    return ExitCode.USAGE if calm else ExitCode.BAD_CONFIG
