"""An API process from its first line to its last: signals, sockets, requests, end."""

import asyncio
import gc
import multiprocessing
import resource
import signal
import socket
from collections.abc import Callable
from functools import partial

import uvloop
from litestar import Litestar

from taskforge import log
from taskforge.api.departure import turn_away
from taskforge.api.routes.health import HEALTH_STATE
from taskforge.api.routes.live import LIVE_STATE, LiveRoom
from taskforge.api.server import leave, listen, serve
from taskforge.api.workers import keep
from taskforge.config import Settings
from taskforge.flows.health import Health
from taskforge.tracing.start import start_tracing, stop_tracing

GOODBYE_SECONDS = 3.0
"""How long live connections may take to end."""
OPEN_FILES = 65_536

CreateApp = Callable[[Settings], Litestar]

_log = log.get_logger(__name__)


def run_app(
    create_app: CreateApp, settings: Settings, *, host: str, port: int, workers: int = 1
) -> int:
    """Serve until SIGTERM or SIGINT, then finish what is open, within ten seconds.

    Args:
        create_app: makes the application; a function of a module, for `workers` above 1.
        settings: of this process.
        host: name or address to listen on.
        port: 0 picks a free one.
        workers: processes; 1 is this one, more share the port under this one.

    Returns:
        The exit code, with which the process is meant to end at once.
    """
    log.configure(settings, "api")
    try:
        listener = listen(host, port)
    except OSError as error:
        _log.error("port.unavailable", address=host, port=port, error=error)
        return 1
    _log.info("server.listening", address=host, port=listener.getsockname()[1], workers=workers)
    if workers == 1:
        return leave(_serve_here(create_app, settings, listener))
    return uvloop.run(keep(partial(_serve_as_child, create_app), settings, listener, workers))


def _serve_as_child(create_app: CreateApp, settings: Settings, listener: socket.socket) -> None:
    log.configure(settings, "api")
    raise SystemExit(leave(_serve_here(create_app, settings, listener)))


def _serve_here(create_app: CreateApp, settings: Settings, listener: socket.socket) -> int:
    start_tracing(settings, "api")
    try:
        return uvloop.run(_serve(create_app, settings, listener))
    finally:
        stop_tracing()


async def _serve(create_app: CreateApp, settings: Settings, listener: socket.socket) -> int:
    _allow_many_files()
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    parent = multiprocessing.parent_process()
    if parent is not None:  # a child of `keep` must not outlive it
        loop.add_reader(parent.sentinel, stopping.set)
    app = create_app(settings)
    gc.collect()
    gc.freeze()  # what is here now stays: no need to look at it in every collection
    # Whom several processes let in together, their parent turns away.
    door = listener.dup() if parent is None else None
    code = await serve(app, listener, stopping, partial(_say_goodbye, app, door))
    _log.info("server.stopped", exit_code=code)
    return code


async def _say_goodbye(app: Litestar, door: socket.socket | None) -> None:
    health: Health | None = app.state.get(HEALTH_STATE)
    if health is not None:
        health.draining = True
    room: LiveRoom | None = app.state.get(LIVE_STATE)
    if room is not None:
        await room.hub.close(GOODBYE_SECONDS)
    if door is not None:
        await turn_away(door)
        door.close()


def _allow_many_files() -> None:
    """A live connection is a file; the usual soft limit is 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
