"""The spans, the metrics and the lines of the log of a request."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import structlog
from fastapi import APIRouter, Depends, Request
from httpx2 import ASGITransport, AsyncClient
from opentelemetry import trace
from pydantic import SecretStr

from kit.limits import rate_limit
from kit.settings import Environment
from kit.telemetry.settings import TelemetrySettings
from kit.testing.service import ask, given
from kit.testing.telemetry import Collector, observed
from kit.tests.trial import add_routes

pytestmark = pytest.mark.anyio

TRACE = "0af7651916cd43dd8448eb211c80319c"
CONTEXT = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01", "baggage": "tenant=7"}

router = APIRouter()


@router.get("/things/{thing}")
async def read_thing(thing: str) -> str:
    with trace.get_tracer("app").start_as_current_span("look it up"):
        structlog.get_logger("shop").info("found", thing=thing)
    return thing


@router.get("/fails")
async def fail() -> None:
    raise RuntimeError("hunter2")


@router.get("/held")
async def hold(request: Request) -> None:
    await request.app.state.released.wait()


@router.get("/limited", dependencies=[Depends(rate_limit("1/minute"))])
async def answer() -> None: ...


@asynccontextmanager
async def calling(
    collector: Collector, address: str = "203.0.113.9", trusted: tuple[str, ...] = (), **options: Any
) -> AsyncGenerator[AsyncClient]:
    """Start a service that sends to the collector, and yield a client with this address."""
    settings = given(Environment.PRODUCTION, secret_key=SecretStr("s" * 32)), TelemetrySettings(trusted_callers=trusted)
    async with observed(collector, *settings, **options) as app:
        add_routes(app, router)
        transport = ASGITransport(app, client=(address, 4711), raise_app_exceptions=False)
        async with AsyncClient(transport=transport, base_url="http://service.test") as client:
            yield client


async def test_a_request_is_a_span_with_its_route_and_its_id(collector: Collector) -> None:
    async with calling(collector, resource_attributes=SecretStr("team=a")) as client:
        await client.get("/things/7?secret=8", headers={"X-Request-ID": "seven"})
        span = await collector.named("GET /things/{thing}")
    assert span.attributes["http.route"] == "/things/{thing}"
    assert span.attributes["http.response.status_code"] == 200
    assert span.attributes["request.id"] == "seven"
    assert {"service.name", "service.version"} < collector.resource.keys()
    assert collector.resource["deployment.environment.name"] == "production"
    assert collector.resource["team"] == "a"
    assert collector.tree(span) == {"look it up": {}}


async def test_each_line_of_the_log_has_the_ids_of_its_span(
    collector: Collector, capsys: pytest.CaptureFixture[str]
) -> None:
    async with calling(collector) as client:
        await client.get("/things/7")
        request, inner = await collector.named("GET /things/{thing}"), await collector.named("look it up")
    lines = {line["event"]: line for line in map(json.loads, capsys.readouterr().out.splitlines())}
    assert lines["found"]["trace_id"] == lines["request"]["trace_id"] == request.trace.hex()
    assert (lines["found"]["span_id"], lines["request"]["span_id"]) == (inner.id.hex(), request.id.hex())


@pytest.mark.parametrize(
    ("address", "continues"), [("203.0.113.9", False), ("10.1.2.3", True), ("::ffff:10.1.2.3", True), ("?", False)]
)
async def test_only_a_trusted_caller_continues_its_trace(
    collector: Collector, address: str, *, continues: bool
) -> None:
    async with calling(collector, address, trusted=("10.0.0.0/8",)) as client:
        await client.get("/things/7", headers=CONTEXT)
        span = await collector.named("GET /things/{thing}")
    assert (span.trace.hex() == TRACE) is continues


async def test_a_trusted_caller_decides_what_is_sampled(collector: Collector) -> None:
    async with calling(collector, trusted=("*",), traces_sampler="parentbased_always_off") as client:
        await client.get("/things/7")
        await client.get("/things/7", headers=CONTEXT)
        await collector.named("GET /things/{thing}")
    assert {span.trace.hex() for span in collector.spans} == {TRACE}


async def test_the_ratio_decides_for_the_whole_trace(collector: Collector) -> None:
    ratio: dict[str, Any] = {"traces_sampler": "parentbased_traceidratio", "traces_sampler_arg": 0.5}
    async with calling(collector, **ratio) as client:
        for _ in range(100):
            await client.get("/things/7")
    traces = [span.trace for span in collector.spans if span.name in {"GET /things/{thing}", "look it up"}]
    assert 20 < len(set(traces)) < 80
    assert all(traces.count(each) == 2 for each in traces)


async def test_health_checks_are_not_traced(collector: Collector) -> None:
    async with calling(collector) as client:
        for path in ("/", "/health", "/ready", "/things/7"):
            assert (await client.get(path)).status_code == 200
        await collector.named("GET /things/{thing}")
    assert {span.name for span in collector.spans if "http.route" in span.attributes} == {"GET /things/{thing}"}


async def test_an_error_marks_its_span_without_its_message(collector: Collector) -> None:
    async with calling(collector) as client:
        assert (await client.get("/fails")).status_code == 500
        span = await collector.named("GET /fails")
    assert span.failed
    assert span.message == ""
    assert "hunter2" not in str(collector.spans)


async def test_a_flood_of_unknown_paths_and_methods_adds_no_series(collector: Collector) -> None:
    names = ("http.server.request.duration", "http.server.active_requests")
    async with calling(collector) as client:
        for path in ("/things/7", "/unknown"):
            await client.get(path)
            await client.request("BREW", path)
        await collector.until(lambda: set(names) <= collector.metrics.keys())
        await collector.until(lambda: len(collector.points(names[0])) == 4)
        before = {name: collector.points(name) for name in names}
        for number in range(50):
            await client.get(f"/unknown/{number}", headers={"Host": f"{number}.test"})
            await client.get(f"/things/{number}?page={number}")
            await client.request(f"BREW{number}", f"/unknown/{number}")
            await client.request(f"BREW{number}", "/things/7")
    assert {name: collector.points(name) for name in names} == before
    assert {point.get("http.route") for point in before[names[0]]} == {"/things/{thing}", None}
    assert {point["http.request.method"] for point in before[names[0]]} == {"GET", "_OTHER"}


async def test_requests_in_progress_are_counted_until_they_end(collector: Collector) -> None:
    async with observed(collector) as app:
        add_routes(app, router)
        released = app.state.released = asyncio.Event()
        async with ask(app) as client, asyncio.TaskGroup() as group:
            for _ in range(3):
                group.create_task(client.get("/held"))
            await collector.until(lambda: collector.number("http.server.active_requests") == 3)
            released.set()
        await collector.until(lambda: collector.number("http.server.active_requests") == 0)


async def test_requests_that_a_limit_refuses_are_counted_by_their_route(collector: Collector) -> None:
    async with calling(collector) as client:
        statuses = [(await client.get("/limited")).status_code for _ in range(3)]
    assert statuses == [200, 429, 429]
    assert collector.points("rate_limit.refusals") == [{"http.route": "/limited"}]
    assert collector.metrics["rate_limit.refusals"].sum.data_points[0].as_int == 2


async def test_the_process_is_measured(collector: Collector) -> None:
    async with calling(collector):
        await collector.until(lambda: "asyncio.event_loop.lag" in collector.metrics)
    assert {"cpython.gc.collections", "cpython.gc.collected_objects", "process.cpu.time"} <= collector.metrics.keys()


async def test_without_a_collector_nothing_is_observed(collector: Collector) -> None:
    async with calling(collector, exporter_otlp_endpoint=None) as client:
        await client.get("/things/7", headers={"X-Request-ID": "seven"})
        assert not trace.get_current_span().get_span_context().is_valid
    assert (collector.spans, collector.metrics) == ([], {})
