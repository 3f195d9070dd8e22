"""Spans that do something: OpenTelemetry's, sent by OTLP over HTTP from a thread of their own.

Imported by `start.py` alone, and only where tracing is on. What is ended goes into a bounded queue;
when the collector is away or slow the oldest falls out, and no caller ever waits for it.
"""

import os
import re
import threading
from collections.abc import Sequence
from types import TracebackType

from opentelemetry import trace
from opentelemetry.context import Context, attach, detach
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import (
    ALWAYS_OFF,
    ALWAYS_ON,
    ParentBased,
    Sampler,
    SamplingResult,
)
from opentelemetry.trace import Link, SpanKind, Status, StatusCode, TraceState
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import Attributes

from taskforge import __version__
from taskforge.core.outbound import HttpFailed
from taskforge.tracing.circle import Circle
from taskforge.tracing.spans import Facts, Kind, Span

HEADER_LIMIT = 512
"""Characters of a `traceparent` that are looked at; today's have 55."""
_NAME = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
NAME_LENGTH = 55
"""Characters of a `traceparent` of ours."""
_KINDS = {kind: SpanKind[kind] for kind in Kind}
_NOBODY = trace.SpanContext(1, 1, is_remote=True, trace_flags=trace.TraceFlags(0))
"""Stands for every span that is not kept; what is within it is not kept either, and never told."""
_NOBODYS = f"00-{_NOBODY.trace_id:032x}-"
_UNKEPT = trace.set_span_in_context(trace.NonRecordingSpan(_NOBODY), Context())
_w3c = TraceContextTextMapPropagator()


class OpenTelemetry:
    """The engine of this process; sampler, limits and addresses are read from `OTEL_*`.

    Args:
        role: api, worker or scheduler; the service's name unless OTEL_SERVICE_NAME gives one.
        instance: what tells this process from others; made up when left out.
        circle: who hears of traces.

    Raises:
        Exception: the SDK cannot make sense of a variable.
    """

    def __init__(self, role: str, instance: str | None, circle: Circle) -> None:
        self._provider = TracerProvider(resource=_resource(role, instance), shutdown_on_exit=False)
        self._obeys = isinstance(self._provider.sampler, ParentBased)
        if isinstance(self._provider.sampler, ParentBased):
            self._provider.sampler = _LikeItsLink(self._provider.sampler)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("taskforge", __version__)
        formats = os.environ.get("OTEL_PROPAGATORS", "tracecontext").split(",")
        self._circle = circle
        self._talks = "tracecontext" in [name.strip() for name in formats]

    def share(self) -> None:
        """Let job types and libraries that bring spans of their own add them to ours."""
        trace.set_tracer_provider(self._provider)

    def nested(self, name: str, kind: Kind, facts: Facts) -> Span:
        """See `spans.Engine`."""
        return _Live(self._tracer.start_span(name, kind=_KINDS[kind], attributes=facts))

    def follow(
        self, name: str, kind: Kind, facts: Facts, *, parent: str | None, link: str | None = None
    ) -> Span:
        """See `spans.Engine`."""
        cause = _read(link) if link else trace.INVALID_SPAN_CONTEXT
        links = [Link(cause)] if cause.is_valid else []
        span = self._tracer.start_span(
            name, _within(parent), _KINDS[kind], attributes=facts, links=links
        )
        return _Live(span)

    def dropped(self, origin: str) -> Span | None:
        """See `spans.Engine`; a sampler that asks nobody is not spared the question."""
        unkept = len(origin) == NAME_LENGTH and origin[-1] in "02468ace"
        return _Dropped() if self._obeys and unkept else None

    def past(self, name: str, kind: Kind, facts: Facts, parent: str, began_ns: int) -> None:
        """See `spans.Engine`."""
        span = self._tracer.start_span(
            name, _within(parent), _KINDS[kind], attributes=facts, start_time=began_ns
        )
        if "error.type" in facts:
            span.set_status(Status(StatusCode.ERROR))
        span.end()

    def heard(self, headers: list[tuple[bytes, bytes]]) -> str | None:
        """See `spans.Engine`; of two, none can be believed (W3C Trace Context, 4.2)."""
        found = [value for name, value in headers if name == b"traceparent"]
        if not self._talks or len(found) != 1 or len(found[0]) > HEADER_LIMIT:
            return None
        carrier = {"traceparent": found[0].decode("latin-1")}
        context = _context_of(_w3c.extract(carrier, Context()))
        return _name_of(context) if context.is_valid else None

    def told(self, span: Span, host: str, port: int) -> str | None:
        """See `spans.Engine`."""
        name = span.traceparent or ""
        if name.startswith(_NOBODYS) or not self._circle.has(host, port):
            return None
        return name if self._talks else None

    def current(self) -> tuple[str, str] | None:
        """See `spans.Engine`."""
        context = _context_of(None)
        if not context.is_valid or context.trace_id == _NOBODY.trace_id:
            return None
        return trace.format_trace_id(context.trace_id), trace.format_span_id(context.span_id)

    def close(self, seconds: float) -> None:
        """See `spans.Engine`; the SDK's own flush knows no bound that it keeps to."""
        closing = threading.Thread(target=self._provider.shutdown, daemon=True)
        closing.start()
        closing.join(seconds)


class _Live(Span):
    __slots__ = ("_span", "_token")

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    @property
    def traceparent(self) -> str | None:
        return _name_of(self._span.get_span_context())

    def name(self, name: str) -> None:
        self._span.update_name(name)

    def note(self, facts: Facts) -> None:
        self._span.set_attributes(facts)

    def fail(self, kind: str) -> None:
        self._span.set_attribute("error.type", kind)
        self._span.set_status(Status(StatusCode.ERROR))

    def end(self) -> None:
        self._span.end()

    def __enter__(self) -> Span:
        self._token = attach(trace.set_span_in_context(self._span))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        detach(self._token)
        if error:
            self.fail(error.reason if isinstance(error, HttpFailed) else type(error).__name__)
        self._span.end()


class _Dropped(Span):
    """The least that lets nothing within the block be kept: for most attempts there is no more."""

    __slots__ = ("_token",)

    def __enter__(self) -> Span:
        self._token = attach(_UNKEPT)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        detach(self._token)


class _LikeItsLink(Sampler):
    """Keeps what is linked to something that is kept, and drops what is linked to something else.

    So of a job that is kept all attempts are, although the later ones have traces of their own.

    Args:
        usual: decides for what has a parent, or no link.
    """

    def __init__(self, usual: ParentBased) -> None:
        self._usual = usual

    def should_sample(  # noqa: PLR0913 - the SDK's own
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        sampler: Sampler = self._usual
        if links and not _context_of(parent_context).is_valid:
            sampler = ALWAYS_ON if links[0].context.trace_flags.sampled else ALWAYS_OFF
        return sampler.should_sample(
            parent_context, trace_id, name, kind, attributes, links, trace_state
        )

    def get_description(self) -> str:
        return f"LikeItsLink{{{self._usual.get_description()}}}"


class _KnownResource(Resource):
    """A resource that knows its hash: the encoder asks each span for it, and the SDK's is JSON."""

    def __init__(self, it: Resource) -> None:
        super().__init__(it.attributes, it.schema_url)
        self._hash = super().__hash__()

    def __hash__(self) -> int:
        return self._hash


def _resource(role: str, instance: str | None) -> Resource:
    ours = {"service.name": f"taskforge-{role}", "service.version": __version__}
    if instance:
        ours["service.instance.id"] = instance
    given = OTELResourceDetector().detect().attributes  # OTEL_RESOURCE_ATTRIBUTES has the last word
    found = Resource.create({name: it for name, it in ours.items() if name not in given})
    return _KnownResource(found)


def _within(traceparent: str | None) -> Context:
    """The context of this span; an empty one, in which traces begin, without it."""
    span = trace.NonRecordingSpan(_read(traceparent)) if traceparent else trace.INVALID_SPAN
    return trace.set_span_in_context(span, Context())


def _read(name: str) -> trace.SpanContext:
    """What `_name_of` has written, here or in another process; invalid when it is nothing such."""
    found = _NAME.fullmatch(name)
    if found is None:
        return trace.INVALID_SPAN_CONTEXT
    trace_id, span_id, flags = (int(part, 16) for part in found.groups())
    return trace.SpanContext(trace_id, span_id, True, trace.TraceFlags(flags))


def _context_of(context: Context | None) -> trace.SpanContext:
    return trace.get_current_span(context).get_span_context()


def _name_of(context: trace.SpanContext) -> str:
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"
