"""Structured logs: JSON in services, coloured text on a terminal.

Events are constant `noun.past_verb` names with facts as keys; `ops/logs/README.md` lists the keys,
and a house rule keeps that list. Payloads, tokens and headers are never logged; what looks like a
secret is masked by name and by shape all the same (S-45).

A line is written for each request and each attempt, so that its cost is one of the service: of
structlog this path has the loggers and their filter, and the standard library's loggers, which cost
ten times as much, are for libraries alone. Their records become the same kind of lines.
"""

import asyncio
import logging
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import partial
from types import TracebackType
from typing import Any, BinaryIO

import structlog
from structlog.typing import FilteringBoundLogger

from taskforge import __version__
from taskforge.config import Settings
from taskforge.core import logline
from taskforge.core.logline import Event
from taskforge.core.redact import masked
from taskforge.tracing.spans import add_trace

ATOMIC_BYTES = 4_096
"""What a pipe takes in one piece on Linux (PIPE_BUF): processes that share one keep lines whole."""
QUIET = ("asyncio", "dramatiq", "httpcore", "httpx", "openai")
"""Libraries that tell of each call, some with its address: heard from `warning` on."""

Facts = Mapping[str, Any]
Step = Callable[[Any, str, Event], Any]
"""A processor, as structlog calls it."""

_bound: ContextVar[Facts] = ContextVar("log_facts", default={})  # noqa: B039 - never changed
_identity: dict[str, Any] = {}


def bind(**facts: Any) -> None:
    """Say these facts on every line of this context from now on, those of libraries included.

    One variable holds them all, where structlog's has one for each: looking for those among all
    variables of a context is a third of the cost of a line.
    """
    logline.hide(facts)
    _bound.set({**_bound.get(), **facts})


def identify(**facts: Any) -> None:
    """Say these facts on every line of this process."""
    _identity.update(facts)


def bound() -> Facts:
    """What every line of this context says."""
    return _bound.get()


def configure(settings: Settings, role: str) -> None:
    """Set up logging for this process, the standard library's included.

    Args:
        settings: level and format.
        role: api, worker, scheduler or cli; becomes `service.name`.
    """
    as_json = settings.log_format == "json" or (
        settings.log_format == "auto" and not sys.stderr.isatty()
    )
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    _identity.clear()
    if as_json:
        identify(**{"service.name": f"taskforge-{role}", "service.version": __version__})
    last = [_write_json] if as_json else [_draw, _renderer()]
    steps: list[Step] = [_begin, add_trace, *last]
    writer = Writer(sys.stderr.buffer)
    structlog.configure(
        processors=steps,
        logger_factory=partial(_Named, writer),
        wrapper_class=type("Logger", (_Direct, structlog.make_filtering_bound_logger(level)), {}),
        cache_logger_on_first_use=True,
    )
    root = logging.getLogger()
    root.handlers[:] = [_Library(steps, writer)]
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    if role != "cli":  # whose user reads what happened
        logging.captureWarnings(True)
        sys.excepthook, threading.excepthook = _tell_crash, _tell_thread_crash


def get_logger(name: str) -> FilteringBoundLogger:
    """A logger whose facts are keys: `log.info("job.finished", duration_ms=0.2)`.

    `error=` takes an exception or a sentence; `exc_info=` adds the traceback.
    """
    return structlog.get_logger(name)


class Writer:
    """Lines on their way to a stream.

    Those of one turn of an event loop go out together, in pieces that a pipe takes whole; what is
    said elsewhere, and errors, at once. A stream that is gone is no reason to end: then nobody
    listens.

    Args:
        stream: takes bytes; is flushed.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lines: deque[bytes] = deque()
        self._lock = threading.Lock()
        self._turn: asyncio.AbstractEventLoop | None = None
        """The loop that will flush."""

    def put(self, line: bytes) -> None:
        """Write a line soon."""
        self._lines.append(line)
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.flush()
            return
        if self._turn is not loop:
            self._turn = loop
            loop.call_soon(self.flush)

    def put_now(self, line: bytes) -> None:
        """Write a line, and all that wait, before returning."""
        self._lines.append(line)
        self.flush()

    def flush(self) -> None:
        """Write what waits."""
        self._turn = None
        with self._lock:
            piece = b""
            while self._lines:
                line = self._lines.popleft()
                if piece and len(piece) + len(line) > ATOMIC_BYTES:
                    self._send(piece)
                    piece = b""
                piece += line
            self._send(piece)

    def _send(self, piece: bytes) -> None:
        try:
            self._stream.write(piece)
            self._stream.flush()
        except (OSError, ValueError):
            return


class _Direct(structlog.BoundLoggerBase):
    """structlog's logger without a context of its own, which none of ours has: a copy less."""

    def _proxy_to_logger(self, method_name: str, event: str | None = None, **event_kw: Any) -> Any:
        event_kw["event"] = event
        line: Any = event_kw
        try:
            for step in self._processors:
                line = step(self._logger, method_name, line)
        except structlog.DropEvent:  # by what listens in tests
            return
        getattr(self._logger, method_name)(line)


class _Named:
    """What structlog's loggers hand their lines to."""

    def __init__(self, writer: Writer, name: str = "") -> None:
        self.name = name
        self.debug = self.info = self.warning = writer.put
        self.error = self.critical = writer.put_now


class _Library(logging.Handler):
    """Makes our lines of the standard library's records."""

    def __init__(self, steps: list[Step], writer: Writer) -> None:
        super().__init__()
        self._steps = steps
        self._writer = writer

    def emit(self, record: logging.LogRecord) -> None:
        """Write one; never raises."""
        try:
            said = record.getMessage()
        except Exception:  # noqa: BLE001 - a library's own mistake, such as arguments too few
            said = str(record.msg)
        line: Any = {"event": masked(said)}
        if record.exc_info:
            line["exc_info"] = record.exc_info
        for step in self._steps:
            line = step(record, record.levelname.lower(), line)
        (self._writer.put_now if record.levelno >= logging.ERROR else self._writer.put)(line)

    def flush(self) -> None:
        """Write what waits; `logging.shutdown` calls it in the end."""
        self._writer.flush()


def _begin(logger: Any, method: str, event: Event) -> Event:
    """What every line says, first; then what this one does, told apart and without secrets."""
    name = event.pop("event")
    logline.explain(event)
    logline.hide(event)
    return {
        "timestamp": datetime.now(UTC),
        "level": method,
        "logger": logger.name,
        "event": name,
        **_identity,
        **bound(),
        **event,
    }


def _write_json(_logger: Any, _method: str, event: Event) -> bytes:
    return logline.to_json(event)


def _draw(_logger: Any, _method: str, event: Event) -> Event:
    """For a terminal: the time of day, and nothing that it would obey (S-45)."""
    at: datetime = event.pop("timestamp")
    stack = event.pop("error.stack", None)
    shown = {key: logline.visible(value) for key, value in event.items()}
    shown["timestamp"] = at.astimezone().strftime("%H:%M:%S.%f")[:-3]
    if stack is not None:
        shown["exception"] = logline.visible_lines(stack)
    return shown


def _renderer() -> Step:
    render = structlog.dev.ConsoleRenderer(
        colors=not os.environ.get("NO_COLOR"), exception_formatter=structlog.dev.plain_traceback
    )
    return lambda logger, method, event: f"{render(logger, method, event)}\n".encode()


def _tell_crash(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Instead of a bare traceback: one line as all others."""
    if not issubclass(kind, Exception):
        sys.__excepthook__(kind, error, trace)
        return
    get_logger(__name__).critical("process.crashed", exc_info=error)


def _tell_thread_crash(crash: threading.ExceptHookArgs) -> None:
    if isinstance(crash.exc_value, Exception):
        get_logger(__name__).critical("thread.crashed", exc_info=crash.exc_value)
