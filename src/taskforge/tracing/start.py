"""Turning tracing on, by the standard variables of OpenTelemetry alone, and off again.

It is on where OTEL_TRACES_EXPORTER says `otlp`, or where an address for it is given, unless
OTEL_SDK_DISABLED is true. Without it the SDK is not even imported. A trace is worth less than the
service: whatever is wrong with these variables is logged, and the process goes on without.
"""

import logging
import os
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import structlog

from taskforge.config import Settings, find, layers
from taskforge.tracing.circle import Circle
from taskforge.tracing.spans import Engine, switch

FLUSH_SECONDS = 1.0
"""How long the end of a process may wait for the collector."""
ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
HEADERS = "OTEL_EXPORTER_OTLP_HEADERS"
SPOKEN = "http/protobuf"
PACKAGES = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")

_log: Any = structlog.get_logger(__name__)


def start_tracing(settings: Settings, role: str, *, instance: str | None = None) -> None:
    """Trace from now on, if the environment or `.env` asks for it; never raises.

    Args:
        settings: name the hosts that are told of traces.
        role: api, worker or scheduler.
        instance: what tells this process from others of its role.
    """
    try:
        given = variables()
    except OSError as error:
        _log.error("tracing.unavailable", reason=f"{HEADERS}_FILE cannot be read: {error}")
        return
    if not is_wanted(given):
        return
    if reason := obstacle(given):
        _log.error("tracing.unavailable", reason=reason)
        return
    os.environ.update(given)  # the SDK reads nothing else
    # It tells of each span that it drops, and of each try; that a batch is lost is enough.
    logging.getLogger("opentelemetry").setLevel(logging.ERROR)
    try:
        engine = import_module("taskforge.tracing.engine").OpenTelemetry(
            role, instance, Circle(settings.trace_hosts.split(","))
        )
    except Exception as error:  # noqa: BLE001 - the SDK raises what it likes for a bad variable
        _log.error("tracing.unavailable", reason=f"OpenTelemetry does not start: {error!r}")
        return
    engine.share()
    switch.engine = engine
    _log.info("tracing.started")


def stop_tracing() -> None:
    """Send what has ended, within FLUSH_SECONDS, and trace no more."""
    engine: Engine | None = switch.engine
    switch.engine = None
    if engine:
        engine.close(FLUSH_SECONDS)


def variables() -> dict[str, str]:
    """What is set of OTEL_*, from where all settings come; headers may also come by a file."""
    sources = layers()
    names = {name for _, values in sources for name in values if name.startswith("OTEL_")}
    if f"{HEADERS}_FILE" in names:
        names.add(HEADERS)
    found = {name: find(name, sources)[0] for name in names}
    return {name: value for name, value in found.items() if value}


def is_wanted(given: Mapping[str, str]) -> bool:
    """Whether these variables ask for traces."""
    if given.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    exporter = given.get("OTEL_TRACES_EXPORTER", "").strip().lower()
    return exporter != "none" and bool(exporter or any(name in given for name in ENDPOINTS))


def obstacle(given: Mapping[str, str]) -> str | None:
    """What stands in the way, for people; None when nothing does."""
    exporter = given.get("OTEL_TRACES_EXPORTER", "otlp").strip().lower()
    if exporter != "otlp":
        return f"OTEL_TRACES_EXPORTER is {exporter!r}; otlp is spoken here, and no other"
    protocol = next((given[name] for name in PROTOCOLS if name in given), SPOKEN)
    if protocol.strip().lower() != SPOKEN:
        return (
            f"the protocol asked for is {protocol!r}; {SPOKEN} is spoken here, at port 4318 of"
            " most collectors"
        )
    try:
        missing = [name for name in PACKAGES if find_spec(name) is None]
    except ModuleNotFoundError:
        missing = list(PACKAGES)
    if missing:
        return "a package is not installed: `pip install 'taskforge[otel]'` brings it"
    return None
