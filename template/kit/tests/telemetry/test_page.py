"""The page that Prometheus reads."""

import asyncio
import os
import socket
import tempfile
import urllib.request
from collections.abc import Generator
from pathlib import Path

import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from kit.server.start import StartError
from kit.telemetry.scrape.worker import open_folder
from kit.telemetry.settings import OpenTelemetrySettings
from kit.testing.service import ask, started

pytestmark = pytest.mark.anyio


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Generator[OpenTelemetrySettings]:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port: int = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:  # the folders of pytest can be too long for a socket
        monkeypatch.setattr(tempfile, "gettempdir", lambda: folder)
        yield OpenTelemetrySettings(metrics_exporter=("prometheus",), exporter_prometheus_port=port)


async def read(settings: OpenTelemetrySettings) -> dict[str, Metric]:
    url = f"http://localhost:{settings.exporter_prometheus_port}/metrics"
    text = await asyncio.to_thread(lambda: urllib.request.urlopen(url).read().decode())
    return {family.name: family for family in text_string_to_metric_families(text)}


async def test_prometheus_reads_each_metric_once_with_the_number_of_its_worker(settings: OpenTelemetrySettings) -> None:
    async with started(settings) as app, ask(app) as client:
        await client.get("/health")
        await asyncio.sleep(0.1)
        metrics = await read(settings)
    [count] = [each for each in metrics["http_server_request_duration_seconds"].samples if each.name.endswith("_count")]
    assert (count.labels["http_route"], count.labels["worker"], count.value) == ("/health", "1", 1)
    assert metrics["process_cpu_time_seconds"].type == "counter"


async def test_a_port_that_is_taken_is_logged_and_the_service_starts(
    settings: OpenTelemetrySettings, capsys: pytest.CaptureFixture[str]
) -> None:
    other = await asyncio.start_server(refuse, "localhost", settings.exporter_prometheus_port)
    async with other, started(settings) as app, ask(app) as client:
        await asyncio.sleep(0.1)
        assert (await client.get("/health")).status_code == 200
    assert "nobody can read the metrics" in capsys.readouterr().out


def refuse(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def test_a_folder_of_another_user_is_refused(
    settings: OpenTelemetrySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with started(settings):
        pass
    monkeypatch.setattr(os, "getuid", iter([os.getuid(), -1]).__next__)
    with pytest.raises(StartError, match="belongs to another user"):
        open_folder("example", settings.exporter_prometheus_port)


async def test_a_path_that_is_too_long_for_a_socket_is_said_at_the_start(
    settings: OpenTelemetrySettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("x" * 100)
    long.mkdir()
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(long))
    with pytest.raises(StartError, match="cannot listen at"):
        async with started(settings):
            pass
