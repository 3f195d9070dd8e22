"""`taskforge api`: the HTTP application with its live events, served by Granian."""

from taskforge.api.app import create_app
from taskforge.api.process import run_app
from taskforge.config import Settings


def run(settings: Settings, *, host: str = "127.0.0.1", port: int = 8000, workers: int = 1) -> int:
    """Serve until SIGTERM or SIGINT; the exit code, with which the process is to end at once.

    Args:
        settings: of this process.
        host: name or address to listen on.
        port: 0 picks a free one.
        workers: processes that share the port; 1 is this one.
    """
    return run_app(create_app, settings, host=host, port=port, workers=workers)
