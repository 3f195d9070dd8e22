"""A job's order, from what was typed."""

import sys
from pathlib import Path
from typing import Any

import msgspec
import typer

MAX_BYTES = 1_048_576
"""Of a request's body (SPEC §3): what is larger would be refused anyway."""


def payload(text: str) -> msgspec.Raw:
    """The payload in `JSON`, `@FILE` or `-` (standard input), as it stands there.

    The text goes to the API unchanged, for the API judges it; here it must only be an object.

    Raises:
        BadParameter: it cannot be read, or is no JSON object.
    """
    where, content = _content(text)
    if len(content) > MAX_BYTES:
        raise typer.BadParameter(f"{where} has more than {MAX_BYTES:,} bytes")
    try:
        value = msgspec.json.decode(content)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise typer.BadParameter(f"{where} is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise typer.BadParameter(f"{where} must be a JSON object, such as '{{\"rows\": 100}}'")
    return msgspec.Raw(content)


def order(**parts: Any) -> dict[str, Any]:
    """The body of a submission: what was given, and nothing about what was not."""
    return {name: value for name, value in parts.items() if value is not None and value != []}


def _content(text: str) -> tuple[str, bytes]:
    if text == "-":
        return "the standard input", sys.stdin.buffer.read(MAX_BYTES + 1)
    if not text.startswith("@"):
        return "the payload", text.encode("utf-8", "surrogateescape")
    path = Path(text[1:])
    try:
        with path.open("rb") as source:
            return str(path), source.read(MAX_BYTES + 1)
    except OSError as error:
        raise typer.BadParameter(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no file name") from error
