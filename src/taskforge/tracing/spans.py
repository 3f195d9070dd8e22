"""Spans, as the rooms of this package see them; off by default, and then they cost nothing.

    GET /api/v1/jobs       SERVER    api/traced.py
    └ send default         PRODUCER  flows/submit.py, flows/fire.py; stored with the job
      ├ hint               CLIENT    flows/births.py
      └ process default    CONSUMER  worker/crew.py; a trace of its own where it comes late
        └ GET              CLIENT    outside/http/client.py
    process webhooks       CONSUMER  flows/webhooks.py; a trace of its own

Nothing here knows OpenTelemetry: `start.py` turns it on, and `engine.py` alone imports it.
"""

from collections.abc import Mapping, MutableMapping
from enum import StrEnum
from types import TracebackType
from typing import Any, Protocol

Facts = Mapping[str, str | int | bool]
"""Attributes by their names in the semantic conventions; ours begin with `taskforge.`."""


class Kind(StrEnum):
    """Which end of which exchange a span is, by OpenTelemetry's words."""

    SERVER = "SERVER"
    CLIENT = "CLIENT"
    PRODUCER = "PRODUCER"
    CONSUMER = "CONSUMER"


class Span:
    """A span that does nothing: all that there is while tracing is off.

    As a context manager it is the parent of what begins within the block, and ends with it.
    """

    __slots__ = ()

    @property
    def traceparent(self) -> str | None:
        """Its name for others (W3C Trace Context); None while tracing is off."""
        return None

    def name(self, name: str) -> None:
        """Call it otherwise."""

    def note(self, facts: Facts) -> None:
        """Add attributes."""

    def fail(self, kind: str) -> None:
        """What it stands for went wrong; `kind` is one of few, and becomes `error.type`."""

    def end(self) -> None:
        """It is over; a span that never ends is never told."""

    def __enter__(self) -> "Span":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


NOTHING = Span()


class Engine(Protocol):
    """What makes spans that do something."""

    def nested(self, name: str, kind: Kind, facts: Facts) -> Span:
        """A span within the one that is current here, or the first of a trace."""
        ...

    def follow(
        self, name: str, kind: Kind, facts: Facts, *, parent: str | None, link: str | None = None
    ) -> Span:
        """A span whose cause is elsewhere, whatever is current here.

        Args:
            name: few different ones.
            kind: which end it is.
            facts: attributes.
            parent: the `traceparent` that it continues; without one a trace begins.
            link: another one that it points at.
        """
        ...

    def dropped(self, origin: str) -> Span | None:
        """What stands for a span that follows from this one, if that is not kept either.

        Most jobs are not where few are sampled, and this costs a fifth of asking the sampler.
        """
        ...

    def past(self, name: str, kind: Kind, facts: Facts, parent: str, began_ns: int) -> None:
        """Tell, once it is over, of something that began then (ns since the epoch)."""
        ...

    def heard(self, headers: list[tuple[bytes, bytes]]) -> str | None:
        """The `traceparent` that a request brings, if it is one that can be continued."""
        ...

    def told(self, span: Span, host: str, port: int) -> str | None:
        """The `traceparent` that this host is to be told of, if any."""
        ...

    def current(self) -> tuple[str, str] | None:
        """Ids, in hexadecimal, of the trace and the span that are current here."""
        ...

    def close(self, seconds: float) -> None:
        """Send what has ended, within this time."""
        ...


class _Switch:
    engine: Engine | None = None


switch = _Switch()
"""Whether this process traces: what the functions of this package look at first."""


def tracing() -> bool:
    """Whether this process traces."""
    return switch.engine is not None


def add_trace(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """A processor of structlog: name the trace and the span that a log line belongs to."""
    if switch.engine and (ids := switch.engine.current()):
        event["trace_id"], event["span_id"] = ids
    return event
