"""`taskforge config`: what the settings are, where each comes from, and what is wrong with them."""

from difflib import get_close_matches

import msgspec
import typer
from rich.table import Column, Table

from taskforge.cli.output import ExitCode, Json, bad_settings_code, complain, settings_or_exit, show
from taskforge.config import SECRETS, BadSettings, Layer, Settings, layers, load
from taskforge.flows.effective import EffectiveSetting, effective

app = typer.Typer(add_completion=False, no_args_is_help=True)
NEARLY = 0.88
"""How alike two names are that differ in a letter or two; `difflib` counts."""


@app.command()
def check(as_json: Json = False) -> None:
    """List every fault of the settings, and names that are nearly those of settings.

    Exits with 0, with 2, or with 78 when ENVIRONMENT=production.
    """
    faults: list[str] = []
    try:
        load()
    except BadSettings as error:
        faults = error.faults
    hints = _misspelt(layers())
    if as_json:
        show({"ok": not faults, "faults": faults, "hints": hints}, as_json=True, picture=str)
    complain(*([] if as_json else faults + hints))
    raise typer.Exit(bad_settings_code() if faults else ExitCode.OK)


@app.command(name="show")
def show_settings(as_json: Json = False) -> None:
    """Print every setting with its value and origin; secrets are hidden."""
    rows = effective(settings_or_exit())
    show(rows, as_json=as_json, picture=lambda: _table(rows))


def _misspelt(sources: list[Layer]) -> list[str]:
    """Names that are set and nearly those of settings, in the order of the alphabet.

    No fault: other programs read the environment as well.
    """
    known = [field.encode_name for field in msgspec.structs.fields(Settings)]
    files = [f"{name}_FILE" for name in SECRETS]
    hints: list[str] = []
    for name in sorted({name for _, values in sources for name in values} - {*known, *files}):
        if name.removesuffix("_FILE") in known:
            hints.append(f"{name}: not read; only secrets may come from files")
        elif near := get_close_matches(name, [*known, *files], n=1, cutoff=NEARLY):
            hints.append(f"{name}: no setting; is {near[0]} meant?")
    return hints


def _table(rows: list[EffectiveSetting]) -> Table:
    table = Table("setting", Column("value", overflow="fold"), "from")
    for row in rows:
        table.add_row(row.name, "" if row.value is None else str(row.value), row.origin)
    return table
