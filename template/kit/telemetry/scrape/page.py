"""`/metrics`, on a port of its own, so that it is not open to those who may call the service."""

import asyncio
from threading import Thread
from wsgiref.simple_server import WSGIServer

import structlog
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from prometheus_client import CollectorRegistry, start_http_server
from structlog.typing import FilteringBoundLogger

from kit.telemetry.scrape.worker import Claim, WorkerMetrics, open_folder
from kit.telemetry.scrape.workers import Workers
from kit.telemetry.settings import OpenTelemetrySettings

PAUSE = 1.0  # seconds between two attempts to take the page over

log: FilteringBoundLogger = structlog.get_logger(__name__)


class MetricsPage:
    """Each worker has its metrics ready, and one of them has the page with those of all; if it dies, another has it."""

    def __init__(self, settings: OpenTelemetrySettings, service: str) -> None:
        self._address = settings.exporter_prometheus_host, settings.exporter_prometheus_port
        self._folder = open_folder(service, settings.exporter_prometheus_port)
        registry = CollectorRegistry()
        self.reader = PrometheusMetricReader(scope_info_enabled=False, registry=registry)
        self._worker = WorkerMetrics(registry, self._folder)
        self._claim = Claim(self._folder / "page.lock")
        self._server: tuple[WSGIServer, Thread] | None = None
        self._serving: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Serve the page as soon as no other worker does."""
        self._serving = asyncio.create_task(self._serve(), name="page of the metrics")

    async def stop(self) -> None:
        """Let another worker have the page."""
        if self._serving:
            self._serving.cancel()
        if self._server:
            server, _ = self._server
            await asyncio.to_thread(server.shutdown)
            server.server_close()
        self._claim.release()
        await asyncio.to_thread(self._worker.close)

    async def _serve(self) -> None:
        refused = False
        while not self._server:
            try:
                if self._claim.try_take():
                    self._server = self._open()
            except OSError as error:
                if not refused:
                    log.warning("nobody can read the metrics", port=self._address[1], error=error.strerror)
                refused = True
            await asyncio.sleep(PAUSE)

    def _open(self) -> tuple[WSGIServer, Thread]:
        host, port = self._address
        registry = CollectorRegistry()
        registry.register(Workers(self._folder))
        return start_http_server(port, host, registry)
