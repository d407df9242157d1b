"""Sessions, commands and the pool of the database."""

import pytest
from fastapi import APIRouter

from kit.mongo import ReadSessionDep, SessionDep, get_database
from kit.testing.service import ask
from kit.testing.telemetry import Collector, observed
from kit.tests.trial import add_routes

pytestmark = pytest.mark.anyio
router = APIRouter()


@router.get("/both")
async def read(session: SessionDep, reading: ReadSessionDep) -> int:
    await session["telemetry"].update_one({"_id": "secret"}, {"$set": {"value": "secret"}})
    return await reading["telemetry"].count_documents({"value": "secret"})


async def test_a_request_has_its_sessions_and_commands_without_values(collector: Collector) -> None:
    async with observed(collector) as app:
        add_routes(app, router)
        async with ask(app) as client:
            assert (await client.get("/both")).json() == 0
        request = await collector.named("GET /both")
    assert collector.tree(request) == {"session": {"read session": {"update telemetry": {}, "aggregate telemetry": {}}}}
    command = await collector.named("update telemetry")
    assert command.attributes["db.system.name"] == "mongodb"
    assert command.attributes["db.collection.name"] == "telemetry"
    assert "secret" not in str(collector.spans)


async def test_a_command_that_fails_says_so_without_the_message(collector: Collector) -> None:
    async with observed(collector) as app:
        with pytest.raises(Exception, match="secret"):
            async with get_database(app).session() as session:
                await session.command("aggregate", "telemetry", pipeline=[{"$secret": 1}], cursor={})
        span = await collector.named("aggregate telemetry")
    assert (span.failed, span.message) == (True, "")
    assert "secret" not in str(collector.spans)


async def test_the_pool_is_measured(collector: Collector) -> None:
    async with observed(collector) as app:
        async with get_database(app).session() as session:
            await session["telemetry"].find_one({})
        collector.metrics.clear()
        await collector.until(lambda: collector.number("db.client.connection.count", "idle") > 0)
        assert collector.number("db.client.connection.count", "used") == 0
        assert collector.number("db.client.connection.pending_requests") == 0
    points = collector.points("db.client.connection.count")
    assert {point["db.client.connection.pool.name"] for point in points} == {"default"}
    assert {"db.client.connection.max", "db.client.connection.wait_time"} <= collector.metrics.keys()
    assert {point["db.operation.name"] for point in collector.points("db.client.operation.duration")} >= {"find"}
