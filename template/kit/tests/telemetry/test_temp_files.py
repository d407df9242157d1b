"""What is done with temporary files."""

import pytest
from opentelemetry import trace

from kit.temp_files import get_temp_files
from kit.testing.telemetry import Collector, observed

pytestmark = pytest.mark.anyio


async def test_an_operation_is_a_span_without_the_name_of_the_file(collector: Collector) -> None:
    async with observed(collector) as app:
        files = get_temp_files(app)
        with trace.get_tracer("app").start_as_current_span("request"):
            name = await files.save("secret.txt", "secret")
        request = await collector.named("request")
        await files.delete(name)
        await collector.until(lambda: "temp_files.count" in collector.metrics)
    assert collector.tree(request) == {"temp_files save": {}}
    assert "secret" not in str(collector.spans)
    assert {"temp_files.operation": "save"} in collector.points("temp_files.operation.duration")
