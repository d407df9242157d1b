"""Metrics and traces of what the service does, sent with OpenTelemetry, and metrics for Prometheus."""

from kit.telemetry.lifespan import router
from kit.telemetry.options import options

__all__ = ["options", "router"]
