"""Calls to other services."""

import pytest

from kit.http_client import get_http_client
from kit.testing.telemetry import Collector, observed
from kit.testing.upstream import Server, answer, calling

pytestmark = pytest.mark.anyio


async def test_a_call_is_a_span_and_the_upstream_continues_its_trace(collector: Collector, server: Server) -> None:
    async with observed(collector, *calling(server.url, retries=0)) as app:
        assert (await get_http_client(app, "prices").get("/secret?key=secret")).status_code == 200
        server.plan = [answer(503)]
        assert (await get_http_client(app, "prices").post("/secret")).status_code == 503
    good, bad = await collector.named("GET prices"), await collector.named("POST prices")
    assert f"traceparent: 00-{good.trace.hex()}-{good.id.hex()}-0" in server.requests[0]
    assert (good.failed, good.attributes["http.response.status_code"]) == (False, 200)
    assert (bad.failed, bad.attributes["http.response.status_code"]) == (True, 503)
    assert "secret" not in str(collector.spans)
    [found, failed] = collector.points("http.client.request.duration")
    assert found == {"http.request.method": "GET", "upstream": "prices", "http.response.status_code": 200}
    assert failed["error.type"] == "503"


async def test_a_call_without_an_answer_has_failed(collector: Collector, refusing_url: str) -> None:
    async with observed(collector, *calling(refusing_url, retries=0)) as app:
        with pytest.raises(Exception, match="failed"):
            await get_http_client(app, "prices").get("/")
    span = await collector.named("GET prices")
    assert (span.failed, span.attributes["error.type"]) == (True, "ConnectError")
