"""A collector that is away, slow or full: it costs a request nothing, and the stop little."""

import time
from typing import Any

import pytest
from httpx2 import AsyncClient

from kit.telemetry.settings import TelemetrySettings
from kit.testing.service import ask
from kit.testing.telemetry import Collector, observed

pytestmark = pytest.mark.anyio


async def ask_often(client: AsyncClient, times: int = 200) -> float:
    """Return the seconds of the slowest request, without the first one, which makes the document."""
    seconds: list[float] = []
    for _ in range(times):
        started = time.perf_counter()
        assert (await client.get("/openapi.json")).status_code == 200
        seconds.append(time.perf_counter() - started)
    return max(seconds[1:])


@pytest.mark.parametrize("fault", ["slow", "refusing", "away"])
async def test_a_collector_with_a_fault_costs_a_request_nothing_and_the_stop_little(
    collector: Collector, fault: str, capsys: pytest.CaptureFixture[str]
) -> None:
    small = {"bsp_max_queue_size": 20, "bsp_max_export_batch_size": 10, "exporter_otlp_timeout": 30}
    away: dict[str, Any] = {"exporter_otlp_endpoint": "http://127.0.0.1:9"} if fault == "away" else {}
    collector.status = 503 if fault == "refusing" else 200
    if fault == "slow":
        collector.free.clear()
    async with observed(collector, TelemetrySettings(shutdown_timeout=1), **small | away) as app, ask(app) as client:
        slowest = await ask_often(client)
        stopping = time.perf_counter()
    assert slowest < 0.5
    assert time.perf_counter() - stopping < 3
    assert "the collector did not take the last spans and metrics in time" in capsys.readouterr().out


async def test_the_stop_sends_what_is_left(collector: Collector) -> None:
    late: dict[str, Any] = {"bsp_schedule_delay": 60_000, "metric_export_interval": 60_000}
    async with observed(collector, **late) as app, ask(app) as client:
        await client.get("/openapi.json")
        assert collector.spans == []
    assert [span.name for span in collector.spans if not span.parent].count("GET /openapi.json") == 1
    assert "http.server.request.duration" in collector.metrics


async def test_headers_and_compression_are_those_of_the_settings(collector: Collector) -> None:
    options: dict[str, Any] = {"exporter_otlp_headers": "x-token=secret,tenant=a", "exporter_otlp_compression": "none"}
    async with observed(collector, **options) as app, ask(app) as client:
        await client.get("/openapi.json")
    assert (collector.headers["x-token"], collector.headers["tenant"]) == ("secret", "a")
    assert "content-encoding" not in collector.headers
