"""How limits are written on the command line: a number, or `none`."""

from typing import Annotated

import typer

Most = Annotated[
    str,
    typer.Argument(metavar="N|none", help="0 starts none; none lifts the limit."),
]


def places(word: str) -> int | None:
    """A limit as the API takes it.

    Raises:
        BadParameter: neither a number nor `none`.
    """
    if word == "none":
        return None
    if not (word.isascii() and word.isdigit() and len(word) <= 6):
        raise typer.BadParameter(f"a limit is a number up to 100000, or none, not {word!r}")
    return int(word)
