"""A collector for tests: it receives spans and metrics over HTTP, as a collector of OpenTelemetry does."""

import asyncio
import gzip
import threading
from collections.abc import AsyncGenerator, Callable, Generator, Iterable
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic
from typing import Any

import pytest
from fastapi import FastAPI
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.util._once import Once
from pydantic import HttpUrl

from kit.settings import BaseSettings
from kit.telemetry.lifespan import lifespan
from kit.telemetry.settings import OpenTelemetrySettings, TelemetrySettings
from kit.testing.service import given, started

PATIENCE = 10.0


class Span:
    """A span as it arrives, with its attributes as a dictionary."""

    def __init__(self, span: Any) -> None:
        self.name: str = span.name
        self.id: bytes = span.span_id
        self.parent: bytes = span.parent_span_id
        self.trace: bytes = span.trace_id
        self.failed: bool = span.status.code == 2
        self.message: str = span.status.message
        self.attributes = {each.key: _value(each.value) for each in span.attributes}

    def __repr__(self) -> str:
        return f"<{self.name} {self.attributes}>"


class Collector:
    """Keeps what arrives; `status` is what it answers, and `pause` how long it takes."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.metrics: dict[str, Any] = {}
        self.resource: dict[str, Any] = {}
        self.headers: dict[str, str] = {}
        self.status = 200
        self.free = threading.Event()
        self.free.set()
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                collector.free.wait()
                body = self.rfile.read(int(self.headers["Content-Length"]))
                collector.receive(self.path, gzip.decompress(body) if "Content-Encoding" in self.headers else body)
                collector.headers = {name.lower(): value for name, value in self.headers.items()}
                self.send_response(collector.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - of the base class
                del format, args

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def receive(self, path: str, body: bytes) -> None:
        if path == "/v1/traces":
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                self.resource = {each.key: _value(each.value) for each in resource.resource.attributes}
                self.spans += [Span(each) for scope in resource.scope_spans for each in scope.spans]
        elif path == "/v1/metrics":
            for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics:
                found = [each for scope in resource.scope_metrics for each in scope.metrics]
                self.metrics |= {each.name: each for each in found}

    async def named(self, name: str) -> Span:
        """Wait for the first span of this name."""
        await self.until(lambda: any(span.name == name for span in self.spans))
        return next(span for span in self.spans if span.name == name)

    async def until(self, holds: Callable[[], bool]) -> None:
        deadline = monotonic() + PATIENCE
        while not holds():
            assert monotonic() < deadline, self.spans
            await asyncio.sleep(0.02)

    def tree(self, root: Span) -> dict[str, Any]:
        """Return the names of the spans below a span; what has no children leads to nothing."""
        return {span.name: self.tree(span) for span in self.spans if span.parent == root.id}

    def points(self, name: str) -> list[dict[str, Any]]:
        """Return the attributes of the series of a metric."""
        kind = self.metrics[name].WhichOneof("data")
        points: Iterable[Any] = getattr(self.metrics[name], kind).data_points
        return [{each.key: _value(each.value) for each in point.attributes} for point in points]

    def number(self, name: str, state: str | None = None) -> int:
        """Return the highest number of a sum, or of connections in this state; -1 if there is none yet."""
        if name not in self.metrics:
            return -1
        points = zip(self.points(name), self.metrics[name].sum.data_points, strict=True)
        return max(point.as_int for named, point in points if state in (None, named.get("db.client.connection.state")))


def _value(value: Any) -> Any:
    return getattr(value, value.WhichOneof("value"))


@pytest.fixture
def collector() -> Generator[Collector]:
    collector = Collector()
    thread = threading.Thread(target=collector.server.serve_forever, daemon=True)
    thread.start()
    yield collector
    collector.free.set()
    collector.server.shutdown()
    collector.server.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def forgotten_providers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each test start a service that measures: OpenTelemetry allows a process only one."""
    for module, kind in (("opentelemetry.trace", "TRACER"), ("opentelemetry.metrics._internal", "METER")):
        monkeypatch.setattr(f"{module}._{kind}_PROVIDER", None)
        monkeypatch.setattr(f"{module}._{kind}_PROVIDER_SET_ONCE", Once())


def sending(collector: Collector, **settings: Any) -> OpenTelemetrySettings:
    """Return settings that send to the collector at once."""
    quick: dict[str, Any] = {"bsp_schedule_delay": 50, "metric_export_interval": 200, "exporter_otlp_timeout": 2}
    quick["exporter_otlp_endpoint"] = HttpUrl(collector.url)
    return OpenTelemetrySettings(**quick | settings)


@asynccontextmanager
async def observed(collector: Collector, *settings: BaseSettings, **options: Any) -> AsyncGenerator[FastAPI]:
    """Start a service that sends to the collector."""
    async with started(sending(collector, **options), *settings) as app:
        yield app


@asynccontextmanager
async def observing(collector: Collector, **options: Any) -> AsyncGenerator[None]:
    """Observe the parts of the kit that the test starts itself."""
    app = FastAPI()
    settings: tuple[BaseSettings, ...] = (given(), sending(collector, **options), TelemetrySettings())
    app.state.settings = {type(each): each for each in settings}
    async with lifespan(app):
        yield
