"""`taskforge login` and `logout`: a session that the client commands share."""

import sys
from typing import Annotated

import typer

from taskforge.cli.client import open_http
from taskforge.cli.output import Json, show, talk
from taskforge.cli.session import SessionFile, sign_in, sign_out
from taskforge.config import layers

login = typer.Typer(add_completion=False)
logout = typer.Typer(add_completion=False)


@login.command(name="login")
def open_session(
    username: Annotated[
        str | None, typer.Option("--username", "-u", help="User name or e-mail address.")
    ] = None,
    from_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Sign in at TASKFORGE_URL; the commands that follow use the session until `logout`."""
    if from_stdin and username is None:
        raise typer.BadParameter("--password-stdin needs --username")
    http = open_http(layers())
    name = username or typer.prompt("User name", err=True)
    password = read_password(from_stdin=from_stdin)
    kept = sign_in(http, name, password)
    file = SessionFile()
    with file.locked():
        file.put(http.url, kept)
    said = f"signed in at {http.url} as {kept.username}"
    show({"url": http.url, "username": kept.username}, as_json=as_json, picture=lambda: said)


@logout.command(name="logout")
def end_session() -> None:
    """End the session at TASKFORGE_URL."""
    http = open_http(layers())
    sign_out(http, SessionFile())
    talk.print(f"signed out at {http.url}")


def read_password(*, from_stdin: bool, confirm: bool = False) -> str:
    """A password, unseen; asked twice with `confirm`.

    Raises:
        BadParameter: there is nobody to ask, and no --password-stdin.
    """
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise typer.BadParameter("there is no terminal to ask on; use --password-stdin")
    return typer.prompt("Password", hide_input=True, confirmation_prompt=confirm, err=True)
