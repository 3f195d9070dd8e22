"""Granian, embedded: one process, our event loop, our signals, our listening socket.

What was found with 2.8.7, and what is done about it:

- A close frame waits for a pending receive, so a socket that says nothing cannot be closed while we
  listen to it. Conversations end their receive first (`api/live/conversation.py`).
- Its own listener sets SO_REUSEPORT, so a second server on the same port would silently take half
  of the connections. We bind without it, and share the socket between worker processes.
- A frame may have 16 MiB and a message in parts 64 MiB before we hear of it, with no setting for
  less: what a client may hold is bounded by how many connections it may have (`api/live/door.py`).
- What the protocol forbids is answered by a close frame without a code (1005 to the client).
- A thread of its runtime may outlive the event loop by a moment; one that wakes up while Python is
  being torn down aborts the process. So the process ends without tearing down (`leave`).
"""

import asyncio
import atexit
import logging
import os
import socket
import sys
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.net import SocketHolder  # pyright: ignore[reportPrivateImportUsage] - not listed
from granian.server.embed import Server

from taskforge.log import get_logger

BACKLOG = 1_024
MAX_CONNECTIONS = 8_192
"""Of one process; sockets that stay open count."""
HEADER_SECONDS = 10
"""How long a request's head may take to come (S-18), and how long a connection may idle: a proxy
should keep its own for less."""
HEADER_BYTES = 65_536
FINISH_SECONDS = 6.0
"""How long requests may take to finish after everything else has been stopped."""
KEEPALIVE = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 60_000}
"""Seconds, and milliseconds for the last: a peer that has vanished is noticed within a minute."""

_log = get_logger(__name__)


def listen(host: str, port: int) -> socket.socket:
    """A listening TCP socket; accepted connections inherit its options on Linux.

    Args:
        host: a name or an address; "" or "::" is every address of both families.
        port: 0 picks a free one.

    Raises:
        OSError: the address is taken, or not one of this machine.
    """
    everywhere = host in ("", "::")
    family = socket.AF_INET6 if ":" in host or everywhere else socket.AF_INET
    dual = everywhere and socket.has_dualstack_ipv6()
    if everywhere and not dual:
        host, family = "0.0.0.0", socket.AF_INET  # noqa: S104 - what was asked for
    listener = socket.create_server(
        (host, port), family=family, backlog=BACKLOG, dualstack_ipv6=dual
    )
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in KEEPALIVE.items():
        option: int | None = getattr(socket, name, None)
        if option is not None:
            listener.setsockopt(socket.IPPROTO_TCP, option, value)
    return listener


class _Embedded(Server):
    """Granian on a socket that is listening already."""

    def __init__(self, app: Any, listener: socket.socket) -> None:
        self._listener = listener
        super().__init__(
            app,
            interface=Interfaces.ASGI,
            http=HTTPModes.http1,
            backlog=BACKLOG,
            backpressure=MAX_CONNECTIONS,
            log_level=LogLevels.error,
            log_dictconfig={"handlers": {}, "loggers": {"_granian": {"propagate": True}}},
            http1_settings=HTTP1Settings(
                header_read_timeout=HEADER_SECONDS * 1_000, max_buffer_size=HEADER_BYTES
            ),
        )

    def _init_shared_socket(self) -> None:
        holder: Any = SocketHolder
        listens_itself = sys.platform.startswith(("linux", "freebsd"))
        options = (False, BACKLOG) if listens_itself else (False,)
        self._shd: Any = holder(self._listener.detach(), *options)  # it closes the socket, too


async def serve(
    app: Any,
    listener: socket.socket,
    stopping: asyncio.Event,
    before_stop: Callable[[], Awaitable[None]],
) -> int:
    """Serve until told to stop.

    Args:
        app: an ASGI application; its lifespan is run.
        listener: from `listen`; it belongs to the server from now on.
        stopping: ends it.
        before_stop: is awaited first: what must be over before open connections are counted.

    Returns:
        Exit code: 0 after a stop that was asked for, 1 when the application could not start.
    """
    server = _Embedded(app, listener)
    serving = asyncio.create_task(server.serve())
    asked = asyncio.create_task(stopping.wait())
    await asyncio.wait({serving, asked}, return_when=asyncio.FIRST_COMPLETED)
    if not stopping.is_set():
        asked.cancel()
        _log.error("server.failed")  # Granian has logged why
        return 1
    await before_stop()
    server.stop()
    done, _ = await asyncio.wait({serving}, timeout=FINISH_SECONDS)
    if not done:
        _log.warning("requests.cut_off", seconds=FINISH_SECONDS)
    return 0


def leave(code: int) -> int:
    """Let the process end without tearing Python down, and hand its exit code through.

    To be called when all work is done; what `atexit` would run is over by then or not worth it.
    """
    atexit.register(_end, code)
    return code


def _end(code: int) -> NoReturn:
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
