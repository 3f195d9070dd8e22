"""`taskforge doctor`: what this installation lacks, and the command that helps."""

import asyncio
import os
import platform
import re
import shutil
import sys
from collections.abc import Awaitable, Callable

import msgspec
import typer
from redis.exceptions import RedisError
from rich.text import Text
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from taskforge.bus.client import open_client
from taskforge.cli.output import ExitCode, Json, settings_or_exit, show
from taskforge.config import Settings
from taskforge.core.errors import TaskForgeError
from taskforge.db import migrate
from taskforge.local.wheels import postgres_program, valkey_program

app = typer.Typer(add_completion=False)

LEAST_DISK_BYTES = 1 << 30
"""PostgreSQL's log alone may take twice as much in a bulk load."""
START = "just up, or set DATABASE_URL and REDIS_URL"


class Finding(msgspec.Struct, frozen=True):
    """The outcome of one check."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""
    """What helps; empty when nothing has to."""
    code: ExitCode = ExitCode.OK


@app.command()
def doctor(as_json: Json = False) -> None:
    """Check what TaskForge needs; exits with 0 when nothing is missing."""
    findings = asyncio.run(_examine(settings_or_exit()))
    show(findings, as_json=as_json, picture=lambda: _picture(findings))
    raise typer.Exit(next((one.code for one in findings if not one.ok), ExitCode.OK))


async def _examine(settings: Settings) -> list[Finding]:
    checks: list[Callable[[Settings], Awaitable[Finding]]] = [
        _python,
        _wheels,
        _data_dir,
        _database,
        _redis,
    ]
    return [await check(settings) for check in checks]


async def _python(_: Settings) -> Finding:
    return Finding("Python", sys.version_info >= (3, 11), platform.python_version())


async def _wheels(_: Settings) -> Finding:
    try:
        found = [program.name for program in (postgres_program("postgres"), valkey_program())]
    except TaskForgeError as error:
        return Finding("embedded servers", False, error.detail, "just setup", ExitCode.USAGE)
    return Finding("embedded servers", True, ", ".join(found))


async def _data_dir(settings: Settings) -> Finding:
    place = settings.data_dir.resolve()
    nearest = next(path for path in (place, *place.parents) if path.exists())
    if not os.access(nearest, os.W_OK | os.X_OK):
        detail = f"{nearest} may not be written to"
        remedy = "taskforge up --data-dir FOLDER"
        return Finding("data directory", False, detail, remedy, ExitCode.USAGE)
    free = shutil.disk_usage(nearest).free
    detail = f"{place}, {free / 1e9:.1f} GB free"
    if free < LEAST_DISK_BYTES:
        return Finding("data directory", False, detail, "free some space", ExitCode.USAGE)
    return Finding("data directory", True, detail)


async def _database(settings: Settings) -> Finding:
    where = make_url(settings.database_url).render_as_string(hide_password=True)
    try:
        async with asyncio.timeout(5):
            revision = await migrate.current(settings)
    except (OSError, TimeoutError, DBAPIError) as error:
        return Finding("database", False, _first_line(where, error), START, ExitCode.UNREACHABLE)
    if revision != migrate.head():
        detail = f"{where} is at revision {revision or 'none'}, not {migrate.head()}"
        return Finding("database", False, detail, "taskforge migrate", ExitCode.CONFLICT)
    return Finding("database", True, f"{where}, revision {revision}")


async def _redis(settings: Settings) -> Finding:
    where = re.sub("//[^/@]*@", "//***@", settings.redis_url)
    client = open_client(settings)
    try:
        async with asyncio.timeout(5):
            await client.exists("taskforge")
    except (OSError, TimeoutError, RedisError) as error:
        return Finding("Redis", False, _first_line(where, error), START, ExitCode.UNREACHABLE)
    finally:
        await client.aclose()
    return Finding("Redis", True, where)


def _first_line(where: str, error: Exception) -> str:
    said = str(error).partition("\n")[0] or type(error).__name__
    return f"{where} does not answer: {said}"


def _picture(findings: list[Finding]) -> Text:
    lines: list[str] = []
    for one in findings:
        lines.append(f"{'✓' if one.ok else '✗'} {one.name}: {one.detail}")
        lines += [f"    → {one.remedy}"] if one.remedy else []
    return Text("\n".join(lines), overflow="fold")
