"""`taskforge user create` and `taskforge key create`: accounts, made next to the database.

Whoever can run these has the database's password already, so they ask for no other.
"""

import asyncio
from typing import Annotated

import msgspec
import typer

from taskforge.api.people_schemas import Registration
from taskforge.cli.login import read_password
from taskforge.cli.output import Json, settings_or_exit, show, talk
from taskforge.cli.work import with_deps
from taskforge.core.people import Role
from taskforge.flows import accounts
from taskforge.flows.deps import Deps
from taskforge.flows.keys import MadeKey, make_default_key_of
from taskforge.flows.strength import check_strength

user = typer.Typer(add_completion=False, no_args_is_help=True)
key = typer.Typer(add_completion=False, no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The user name.")]


@user.callback()
def users() -> None:
    """Make accounts."""


@key.callback()
def keys() -> None:
    """Make API keys."""


@user.command(name="create")
def create_user(
    name: Name,
    email: Annotated[str, typer.Option(help="Unique, too.")],
    role: Annotated[Role, typer.Option(help="What the account may do.")] = Role.VIEWER,
    from_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make an account; this is how the first admin comes to be."""
    settings = settings_or_exit()
    asked = _checked(name, email, read_password(from_stdin=from_stdin, confirm=True))

    async def make(deps: Deps) -> accounts.Account:
        return await accounts.create_user(
            deps, username=asked.username, email=asked.email, password=asked.password, role=role
        )

    made = asyncio.run(with_deps(settings, make))
    show(made, as_json=as_json, picture=lambda: f"{made.username} is {made.role}")


@key.command(name="create")
def create_key(name: Name, as_json: Json = False) -> None:
    """Make the account's default API key and print it, this once; the one before it ends."""
    settings = settings_or_exit()

    async def make(deps: Deps) -> MadeKey:
        return await make_default_key_of(deps, name)

    made = asyncio.run(with_deps(settings, make))
    talk.print(f"the key of {name}; it is not shown again", markup=False)
    show(made, as_json=as_json, picture=lambda: made.key)


def _checked(name: str, email: str, password: str) -> Registration:
    asked = {"username": name, "email": email, "password": password}
    try:
        wanted = msgspec.convert(asked, Registration)
    except msgspec.ValidationError as error:
        raise typer.BadParameter(str(error)) from error
    check_strength(password, username=name, email=email)
    return wanted
