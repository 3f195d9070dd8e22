"""`taskforge api`: the HTTP application with its live events, served by Granian; and its words."""

from functools import partial

import msgspec

from taskforge.api.app import create_app
from taskforge.api.dashboard import find_built
from taskforge.api.openapi.document import describe
from taskforge.api.process import run_app
from taskforge.config import Settings
from taskforge.handlers.registry import load


def run(
    settings: Settings,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    workers: int = 1,
    web: bool = True,
) -> int:
    """Serve until SIGTERM or SIGINT; the exit code, with which the process is to end at once.

    Args:
        settings: of this process.
        host: name or address to listen on.
        port: 0 picks a free one.
        workers: processes that share the port; 1 is this one.
        web: serve the dashboard, too, where it is built.
    """
    create = partial(create_app, dashboard=find_built() if web else None)
    return run_app(create, settings, host=host, port=port, workers=workers)


def description(settings: Settings, *, built_in: bool = False) -> str:
    """The API's description as an indented JSON text; nothing is opened or served.

    Args:
        settings: name the modules with further job types.
        built_in: describe no job types but those that come with TaskForge.
    """
    registry = load(plugins=False) if built_in else load(settings.job_modules())
    described = describe(create_app(settings), registry.descriptions)
    return msgspec.json.format(msgspec.json.encode(described), indent=2).decode()
