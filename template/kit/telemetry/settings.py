"""`OTEL_…`, the variables of OpenTelemetry's standard, and `TELEMETRY_…`, for what the standard does not have."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, HttpUrl, PositiveFloat, PositiveInt, SecretStr
from pydantic_settings import NoDecode, SettingsConfigDict

from kit.settings import BaseSettings, Environment
from kit.settings.values import Proxies, split

Exporter = Literal["none", "otlp", "prometheus"]
Sampler = Literal[
    "always_on",
    "always_off",
    "traceidratio",
    "parentbased_always_on",
    "parentbased_always_off",
    "parentbased_traceidratio",
]
WITH_RATIO = ("traceidratio", "parentbased_traceidratio")


def _check_exporters(exporters: tuple[Exporter, ...]) -> tuple[Exporter, ...]:
    if "none" in exporters and len(exporters) > 1:
        raise ValueError("'none' excludes the others; keep one of them")
    return exporters


def _check_pairs(text: SecretStr) -> SecretStr:
    """Return pairs such as `name=value,other=value`."""
    if any("=" not in pair for pair in split_pairs(text.get_secret_value())):
        raise ValueError("it is not a list of pairs; write it like name=value,other=value")
    return text


def split_pairs(text: str) -> list[str]:
    return [pair.strip() for pair in text.split(",") if pair.strip()]


def pairs(text: SecretStr) -> dict[str, str]:
    """Return the names and values of pairs such as `name=value,other=value`."""
    named = (pair.partition("=") for pair in split_pairs(text.get_secret_value()))
    return {name.strip(): value.strip() for name, _, value in named}


Pairs = Annotated[SecretStr, AfterValidator(_check_pairs)]
Exporters = Annotated[tuple[Exporter, ...], NoDecode, BeforeValidator(split), AfterValidator(_check_exporters)]


class OpenTelemetrySettings(BaseSettings):
    """What the standard names; without an endpoint nothing is sent. Delays and intervals are in milliseconds."""

    model_config = SettingsConfigDict(env_prefix="OTEL_")

    sdk_disabled: bool = False
    service_name: str | None = None
    resource_attributes: Pairs = SecretStr("")
    traces_exporter: Literal["none", "otlp"] = "otlp"
    traces_sampler: Sampler = "parentbased_always_on"
    traces_sampler_arg: Annotated[float, Field(ge=0, le=1)] = 1
    metrics_exporter: Exporters = ("otlp",)
    metric_export_interval: PositiveInt = 60_000
    exporter_otlp_endpoint: HttpUrl | None = None
    exporter_otlp_protocol: str = "http/protobuf"
    exporter_otlp_headers: Pairs = SecretStr("")
    exporter_otlp_certificate: Path | None = None
    exporter_otlp_compression: Literal["gzip", "none"] = "gzip"
    exporter_otlp_timeout: PositiveFloat = 10
    exporter_prometheus_host: str = "localhost"
    exporter_prometheus_port: PositiveInt = 9464
    bsp_schedule_delay: PositiveInt = 5000
    bsp_max_queue_size: PositiveInt = 2048
    bsp_max_export_batch_size: PositiveInt = 512

    @property
    def sends_traces(self) -> bool:
        return self._has_collector and self.traces_exporter == "otlp"

    @property
    def sends_metrics(self) -> bool:
        return self._has_collector and "otlp" in self.metrics_exporter

    @property
    def shows_metrics(self) -> bool:
        """Whether Prometheus can read the metrics."""
        return not self.sdk_disabled and "prometheus" in self.metrics_exporter

    @property
    def _has_collector(self) -> bool:
        return not self.sdk_disabled and self.exporter_otlp_endpoint is not None

    def for_doctor(self) -> Self:
        # The doctor is no worker: it would send metrics of its own, and could take the port of one.
        return self.model_copy(update={"sdk_disabled": True})

    def faults(self, environment: Environment) -> Iterator[str]:
        del environment
        if self.exporter_otlp_protocol != "http/protobuf":
            yield "OTEL_EXPORTER_OTLP_PROTOCOL: it must be http/protobuf; collectors listen for it on port 4318"
        if self.bsp_max_export_batch_size > self.bsp_max_queue_size:
            yield "OTEL_BSP_MAX_EXPORT_BATCH_SIZE: it must not be above OTEL_BSP_MAX_QUEUE_SIZE"
        if self.shows_metrics and not hasattr(socket, "AF_UNIX"):
            yield "OTEL_METRICS_EXPORTER: prometheus needs Unix sockets, which this system does not have; use otlp"
        if self.traces_sampler_arg != 1 and self.traces_sampler not in WITH_RATIO:
            ratios = " or ".join(WITH_RATIO)
            yield f"OTEL_TRACES_SAMPLER_ARG: only OTEL_TRACES_SAMPLER={ratios} reads it"


class TelemetrySettings(BaseSettings):
    """What the standard has no variables for."""

    model_config = SettingsConfigDict(env_prefix="TELEMETRY_")

    trusted_callers: Proxies = ()
    shutdown_timeout: PositiveInt = 5
