"""`taskforge types`: what jobs can do, seen over the API."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from urllib.parse import quote

import msgspec
import typer
from rich.console import Group, RenderableType
from rich.table import Column, Table
from rich.text import Text

from taskforge.cli.client import open_api
from taskforge.cli.limits import places
from taskforge.cli.moments import took
from taskforge.cli.output import Json, plain, show
from taskforge.cli.pictures import cell, json_line
from taskforge.handlers.describe import TypeDescription
from taskforge.handlers.registry import Unavailable

app = typer.Typer(add_completion=False)


class _Types(msgspec.Struct, frozen=True):
    items: list[TypeDescription]
    unavailable: list[Unavailable] = []


@app.command()
def types(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="All of one type.")] = None,
    most: Annotated[
        str | None,
        typer.Option("--limit", metavar="N|none", help="Run at most N at once in all workers."),
    ] = None,
    as_json: Json = False,
) -> None:
    """List the job types; with NAME, the payload of one, and examples to submit as they stand."""
    api = open_api()
    if name is None:
        if most is not None:
            raise typer.BadParameter("--limit wants the NAME of a type")
        answer = api.get("/job-types")
        page = answer.read(_Types)
        show(msgspec.Raw(answer.content), as_json=as_json, picture=lambda: _overview(page))
    else:
        path = f"/job-types/{quote(name, safe='')}"
        if most is None:
            answer = api.get(path)
        else:
            answer = api.patch(path, {"concurrency_limit": places(most)})
        one = answer.read(TypeDescription)
        show(msgspec.Raw(answer.content), as_json=as_json, picture=lambda: _portrait(one))


def _overview(page: _Types) -> RenderableType:
    right = [Column(name, justify="right") for name in ("timeout", "retries", "at once", "in all")]
    table = Table("name", "priority", *right, "what", box=None)
    for one in page.items:
        table.add_row(
            Text(one.name, no_wrap=True),
            one.priority.value,
            *_limits(one),
            cell(one.description.partition("\n")[0]),
        )
    missing = [
        Text(plain(f"not available: {it.name or it.source}: {it.reason}"), style="red")
        for it in page.unavailable
    ]
    return Group(table, *missing)


def _portrait(one: TypeDescription) -> RenderableType:
    timeout, retries, together, in_all = _limits(one)
    facts = f"{one.priority} priority, {timeout} at most, {retries} retries"
    facts += f", {together} at once in a worker" if together else ""
    facts += f", {in_all} at once in all workers" if in_all else ""
    parts: list[RenderableType] = [
        cell(one.name).append(f"  {one.title}, version {one.version}", style="dim"),
        cell(one.description),
        Text(facts, style="dim"),
    ]
    for struct, schema in _objects(one.payload_schema):
        parts += [Text(plain(f"\n{struct}"), style="bold"), _fields(schema)]
    parts += [cell(f"{name} here: {', '.join(values)}") for name, values in one.offers.items()]
    parts.append(Text("\nexamples", style="bold"))
    parts += [cell(json_line(example)) for example in one.examples]
    return Group(*parts)


def _limits(one: TypeDescription) -> Sequence[str]:
    limits = one.limits
    together = "" if limits.concurrency is None else str(limits.concurrency)
    most = one.concurrency_limit
    in_all = "" if most is None else f"{one.running:,} of {most:,}"
    return took(limits.timeout_seconds), str(limits.max_retries), together, in_all


def _objects(schema: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Every part of a payload that has fields, by name."""
    parts: Mapping[str, Mapping[str, Any]] = schema.get("$defs", {})
    return [(name, part) for name, part in parts.items() if part.get("properties")]


def _fields(schema: Mapping[str, Any]) -> Table:
    table = Table("field", "type", "default", "what", box=None)
    needed = schema.get("required", ())
    for name, field in schema["properties"].items():
        default = cell(json_line(field["default"])) if "default" in field else cell("")
        table.add_row(
            cell(name),
            cell(_kind(field)),
            Text("required", style="bold") if name in needed else default,
            cell(field.get("description", "")),
        )
    return table


def _kind(schema: Mapping[str, Any]) -> str:
    """A type in few words, such as `list of integer` or `"a" or "b"`."""
    match schema:
        case {"$ref": place}:
            return str(place).rpartition("/")[2]
        case {"enum": values}:
            return " or ".join(map(json_line, values))
        case {"anyOf": options}:
            return " or ".join(map(_kind, options))
        case {"type": "array", "items": item}:
            return f"list of {_kind(item)}"
        case {"type": kind}:
            return str(kind)
        case _:
            return "anything"
