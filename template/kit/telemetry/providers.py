"""What sends the spans and the metrics of this process. It has threads: create it after the fork of the worker."""

import asyncio
from collections.abc import Callable, Sequence
from threading import Thread
from time import monotonic
from typing import Any, NamedTuple

import structlog
from opentelemetry import metrics, trace
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from structlog.typing import FilteringBoundLogger

from kit.settings import Settings
from kit.telemetry.levels import Meters
from kit.telemetry.sampling import sampler
from kit.telemetry.settings import OpenTelemetrySettings, pairs

GLANCE = 0.02  # seconds between two looks at what ends

log: FilteringBoundLogger = structlog.get_logger(__name__)


class Sender(NamedTuple):
    """How something that sends is ended: by sending what is left, or by sending nothing more."""

    finish: Callable[[], object]
    give_up: Callable[[], object]


def resource(settings: OpenTelemetrySettings, service: Settings) -> Resource:
    """Return what each span and metric says about the service."""
    given = pairs(settings.resource_attributes)
    return Resource.create(
        {
            "service.name": settings.service_name or given.get("service.name", service.app_name),
            "service.version": service.app_version,
            "deployment.environment.name": str(service.environment),
            **{name: value for name, value in given.items() if name != "service.name"},
        }
    )


def start_tracing(settings: OpenTelemetrySettings, of: Resource) -> Sender:
    """Make the spans of this process go to the collector."""
    provider = TracerProvider(sampler(settings), of, shutdown_on_exit=False)
    exporter = OTLPSpanExporter(_endpoint(settings, "traces"), **_connection(settings))
    processor = BatchSpanProcessor(
        exporter,
        max_queue_size=settings.bsp_max_queue_size,
        schedule_delay_millis=settings.bsp_schedule_delay,
        max_export_batch_size=settings.bsp_max_export_batch_size,
    )
    provider.add_span_processor(processor)
    trace.set_tracer_provider(provider)
    return Sender(processor.shutdown, exporter.shutdown)


def periodic_reader(settings: OpenTelemetrySettings) -> tuple[MetricReader, Sender]:
    """Return what sends the metrics to the collector, once it is given to `start_metering`."""
    exporter: Any = OTLPMetricExporter(_endpoint(settings, "metrics"), **_connection(settings))
    reader: Any = PeriodicExportingMetricReader(exporter, settings.metric_export_interval)
    return reader, Sender(reader.shutdown, exporter.shutdown)


def start_metering(readers: Sequence[MetricReader], of: Resource) -> None:
    """Make the metrics of this process go to the readers."""
    metrics.set_meter_provider(Meters(readers, of, shutdown_on_exit=False))


async def end(senders: Sequence[Sender], patience: float) -> None:
    """Send what is left, for at most `patience` seconds: a collector that is away must not keep the service up."""
    threads = [Thread(target=each.finish, daemon=True) for each in senders]
    for thread in threads:
        thread.start()
    deadline = monotonic() + patience
    while any(thread.is_alive() for thread in threads):
        if monotonic() > deadline:
            log.warning("the collector did not take the last spans and metrics in time", seconds=patience)
            for each in senders:
                each.give_up()
            return
        await asyncio.sleep(GLANCE)


def _endpoint(settings: OpenTelemetrySettings, signal: str) -> str:
    return f"{str(settings.exporter_otlp_endpoint).removesuffix('/')}/v1/{signal}"


def _connection(settings: OpenTelemetrySettings) -> dict[str, Any]:
    certificate = settings.exporter_otlp_certificate
    return {
        "headers": pairs(settings.exporter_otlp_headers),
        "timeout": settings.exporter_otlp_timeout,
        "certificate_file": str(certificate) if certificate else None,
        "compression": Compression.Gzip if settings.exporter_otlp_compression == "gzip" else Compression.NoCompression,
    }
