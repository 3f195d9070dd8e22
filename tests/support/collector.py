"""A collector of OpenTelemetry on loopback: it keeps the spans that come by OTLP over HTTP."""

import gzip
import http.server
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status


class Told(NamedTuple):
    """A span, ids in hexadecimal."""

    name: str
    kind: str
    trace_id: str
    span_id: str
    parent_id: str
    """Empty: it is the first of its trace."""
    links: list[tuple[str, str]]
    """Trace and span."""
    facts: Mapping[str, Any]
    failed: bool
    began_ns: int
    ended_ns: int
    resource: Mapping[str, Any]


class Collector:
    """What was told, and how exports are answered."""

    def __init__(self) -> None:
        self.spans: list[Told] = []
        self.headers: list[Mapping[str, str]] = []
        """Of each export, names in lower case."""
        self.status = 200
        self.open = threading.Event()
        """While it is not set, exports wait for their answer."""
        self.open.set()
        self.url = ""

    @property
    def environment(self) -> dict[str, str]:
        """What sends spans here, soon after they end."""
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": self.url, "OTEL_BSP_SCHEDULE_DELAY": "50"}

    def named(self, name: str) -> list[Told]:
        """The spans of this name, by the time at which they began."""
        return sorted((it for it in self.spans if it.name == name), key=lambda it: it.began_ns)

    def below(self, parent: Told) -> list[Told]:
        """The spans right within this one, by the time at which they began."""
        found = [it for it in self.spans if it.parent_id == parent.span_id]
        return sorted(found, key=lambda it: it.began_ns)

    def take(self, body: bytes) -> None:
        """Read an export."""
        request = ExportTraceServiceRequest.FromString(body)
        for source in request.resource_spans:
            resource = _facts(source.resource.attributes)
            for scope in source.scope_spans:
                self.spans += [_told(span, resource) for span in scope.spans]


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector that listens on a free port."""
    collector = Collector()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            collector.open.wait()
            if collector.status == 200 and self.path == "/v1/traces":
                packed = self.headers.get("Content-Encoding") == "gzip"
                collector.headers.append({k.lower(): v for k, v in self.headers.items()})
                collector.take(gzip.decompress(body) if packed else body)
            self.send_response(collector.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True  # those that wait are not waited for
    collector.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield collector
    finally:
        collector.open.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _told(span: Span, resource: Mapping[str, Any]) -> Told:
    return Told(
        name=span.name,
        kind=Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        links=[(link.trace_id.hex(), link.span_id.hex()) for link in span.links],
        facts=_facts(span.attributes),
        failed=span.status.code == Status.STATUS_CODE_ERROR,
        began_ns=span.start_time_unix_nano,
        ended_ns=span.end_time_unix_nano,
        resource=resource,
    )


def _facts(pairs: Any) -> dict[str, Any]:
    return {it.key: getattr(it.value, it.value.WhichOneof("value")) for it in pairs}
