"""`taskforge doctor`: what this installation lacks, and the command that helps."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import typer
from rich.text import Text

from taskforge.cli import doctor_machine as machine
from taskforge.cli import doctor_servers as servers
from taskforge.cli.finding import Finding
from taskforge.cli.output import ExitCode, Json, plain, settings_or_exit, show
from taskforge.config import Settings

app = typer.Typer(add_completion=False)

CHECKS: tuple[Callable[[Settings], Awaitable[Sequence[Finding]]], ...] = (
    machine.python,
    machine.embedded_servers,
    machine.data_directory,
    machine.secrets,
    servers.database,
    servers.redis,
    servers.api,
    machine.dashboard,
    machine.browser,
)
STYLES = {"✓": "green", "!": "yellow", "✗": "red"}


@app.command()
def doctor(as_json: Json = False) -> None:
    """Check what TaskForge needs; exits with 0 when nothing is missing."""
    findings = asyncio.run(_examine(settings_or_exit()))
    show(findings, as_json=as_json, picture=lambda: _picture(findings))
    raise typer.Exit(next((one.code for one in findings if not one.ok), ExitCode.OK))


async def _examine(settings: Settings) -> list[Finding]:
    return [finding for check in CHECKS for finding in await check(settings)]


def _picture(findings: list[Finding]) -> Text:
    told = Text(overflow="fold")
    for one in findings:
        told.append(f"{one.sign} ", style=STYLES[one.sign])
        told.append(plain(f"{one.name}: {one.detail}\n"))
        if one.remedy:
            told.append(plain(f"    → {one.remedy}\n"), style="bold")
    told.rstrip()
    return told
