"""What FastAPI needs for its own part: the spans and metrics of requests."""

from collections.abc import Iterable, MutableMapping
from ipaddress import ip_address, ip_network
from typing import Any

from fastapi.telemetry import TelemetryConfig

from kit.settings import SettingsByClass
from kit.telemetry.settings import TelemetrySettings

CONTEXT = (b"traceparent", b"tracestate", b"baggage")


class UntrustedContext:
    """Removes the trace context from requests of callers that are not trusted; it excludes no request."""

    def __init__(self, trusted: Iterable[str]) -> None:
        trusted = list(trusted)
        self._trusts_all = "*" in trusted
        self._networks = [ip_network(each) for each in trusted if each != "*"]

    def __call__(self, scope: MutableMapping[str, Any]) -> bool:
        has_context = any(name in CONTEXT for name, _ in scope["headers"])
        if has_context and not self._trusts_all and not self._trusts((scope.get("client") or ("",))[0]):
            scope["headers"] = [pair for pair in scope["headers"] if pair[0] not in CONTEXT]
        return False

    def _trusts(self, host: str) -> bool:
        try:
            address = ip_address(host)
        except ValueError:
            return False
        address = getattr(address, "ipv4_mapped", None) or address
        return any(address in network for network in self._networks)


def options(settings: SettingsByClass) -> TelemetryConfig:
    """Return the `telemetry` of `FastAPI`: a span for each request, which has the context of trusted callers only."""
    telemetry: TelemetrySettings = settings[TelemetrySettings]
    # The kit starts the exporters itself, with settings from all sources, and its log has the exceptions.
    return {
        "auto_configure": False,
        "logs": False,
        "operation_spans": False,
        "exclude": UntrustedContext(telemetry.trusted_callers),
    }
