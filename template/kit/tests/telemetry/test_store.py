"""The operations of the store, and what expires in it."""

import pytest
from opentelemetry import trace

from kit.store import get_store
from kit.testing.telemetry import PATIENCE, Collector, observed

pytestmark = pytest.mark.anyio


async def test_an_operation_is_a_span_without_its_key_and_its_value(collector: Collector) -> None:
    async with observed(collector) as app:
        store = get_store(app)
        with trace.get_tracer("app").start_as_current_span("request"):
            await store.set("telemetry", "secret", "secret")
            assert await store.get("telemetry", "secret") == "secret"
            with pytest.raises(ValueError, match="needs a ttl"):
                await store.set("telemetry", "secret", "secret", on_expiry="secret")
        request = await collector.named("request")
        await store.delete("telemetry", "secret")
    assert collector.tree(request) == {"store set": {}, "store get": {}}
    assert (await collector.named("store get")).attributes["store.namespace"] == "telemetry"
    assert "secret" not in str(collector.spans)
    points = collector.points("store.operation.duration")
    assert {"store.operation": "get"} in points
    assert {"store.operation": "set", "error.type": "ValueError"} in points


async def test_expiries_and_their_callbacks_are_counted(collector: Collector) -> None:
    async with observed(collector) as app:
        store = get_store(app)
        called: list[str] = []

        @store.on_expiry("note")
        async def note(_namespace: str, key: str) -> None:
            called.append(key)

        await store.set("telemetry", "a", "1", ttl=0.05, on_expiry="note")
        await collector.until(lambda: called == ["a"])
    assert collector.metrics["store.keys.expired"].sum.data_points[0].as_int >= 1
    named = {"store.callback": "note", "store.callback.result": "in time"}
    assert collector.points("store.callback.duration") == [named]
    [late] = collector.metrics["store.callback.lateness"].histogram.data_points
    assert (late.count, late.attributes[0].value.string_value) == (1, "note")
    assert 0 < late.sum < PATIENCE
