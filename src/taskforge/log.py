"""Structured logs: JSON in services, coloured text on a terminal.

Events are constant `noun.past_verb` names with facts as keys. Payloads, tokens and headers are
never logged; what looks like a secret is masked by name and by shape all the same (S-45).
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from taskforge import __version__
from taskforge.config import Settings
from taskforge.tracing.spans import add_trace

_SECRET_NAMES = re.compile(r"(?i)(password|secret|token|api_?key|authorization|cookie)")
_SECRET_SHAPES = re.compile(
    r"\btf_[A-Za-z0-9_]{20,}|\bwhsec_[\w+/=-]{8,}|\beyJ[\w-]+\.[\w-]+\.[\w-]*"
)
MASK = "[redacted]"
_TRACEBACKS = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)
"""Without local variables, which hold passwords and payloads (S-45)."""


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Mask secrets in a log event, by the name of the key and by the shape of the value."""
    for key, value in event.items():
        if _SECRET_NAMES.search(key):
            event[key] = MASK
        elif isinstance(value, str):
            event[key] = _SECRET_SHAPES.sub(MASK, value)
    return event


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
    service = {"service.name": f"taskforge-{role}", "service.version": __version__}

    def add_service(
        _logger: Any, _method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        return {**service, **event} if as_json else event

    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_trace,
        add_service,
    ]
    if as_json:
        end: list[Any] = [
            _TRACEBACKS,
            redact,
            structlog.processors.JSONRenderer(),
        ]
    else:
        end = [
            redact,
            structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
        ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *end],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.getLogger("dramatiq").setLevel(max(level, logging.WARNING))
    logging.getLogger("asyncio").setLevel(max(level, logging.WARNING))


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger whose facts are keys: `log.info("job.finished", seconds=0.2)`."""
    return structlog.stdlib.get_logger(name)
