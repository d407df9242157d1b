"""A collector of OpenTelemetry, which receives what the services of the tests send over HTTP."""

import gzip
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


class Span(NamedTuple):
    """A span as it arrives, and the process that it comes from."""

    name: str
    trace: bytes
    id: bytes
    parent: bytes
    attributes: Mapping[str, Any]


class Collector:
    """Keeps the spans that arrive while it is open."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.path == "/v1/traces":
                    collector.receive(gzip.decompress(body))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - of the base class
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)

    @property
    def settings(self) -> dict[str, str]:
        """The settings of a service that sends to it at once."""
        url = f"http://127.0.0.1:{self._server.server_port}"
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": url, "OTEL_BSP_SCHEDULE_DELAY": "50"}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def receive(self, body: bytes) -> None:
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for each in (each for scope in resource.scope_spans for each in scope.spans):
                attributes = {pair.key: _value(pair.value) for pair in each.attributes}
                self.spans.append(Span(each.name, each.trace_id, each.span_id, each.parent_span_id, attributes))

    def below(self, root: Span) -> set[str]:
        """Return the names of all spans below one, whichever process they come from."""
        children = [span for span in self.spans if span.parent == root.id]
        return {child.name for child in children}.union(*(self.below(child) for child in children))


def _value(value: Any) -> Any:  # noqa: ANN401 - of any kind
    return getattr(value, value.WhichOneof("value"))
