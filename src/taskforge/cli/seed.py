"""`taskforge seed`: demo accounts and sample jobs."""

import asyncio

import typer

from taskforge.cli.output import Json, settings_or_exit, show
from taskforge.cli.work import with_deps
from taskforge.flows.seed import Seeded
from taskforge.flows.seed import seed as seed_all

app = typer.Typer(add_completion=False)


@app.command()
def seed(as_json: Json = False) -> None:
    """Make the demo accounts and, where there are no jobs, samples (development only)."""
    seeded = asyncio.run(with_deps(settings_or_exit(), seed_all))
    show(seeded, as_json=as_json, picture=lambda: _said(seeded))


def _said(seeded: Seeded) -> str:
    if not seeded.accounts and not seeded.jobs:
        return "nothing was missing"
    accounts = ", ".join(seeded.accounts) or "no new ones"
    return f"accounts: {accounts}; sample jobs: {seeded.jobs}; schedules: {seeded.schedules}"
