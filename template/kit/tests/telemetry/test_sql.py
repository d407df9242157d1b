"""Sessions, statements and the pool of the database."""

import asyncio

import pytest
from fastapi import APIRouter
from sqlalchemy import text

from kit.sql import ReadSessionDep, SessionDep, get_database
from kit.telemetry.observed.sql import without_values
from kit.testing.service import ask
from kit.testing.telemetry import Collector, observed
from kit.tests.trial import add_routes

pytestmark = pytest.mark.anyio
router = APIRouter()


@router.get("/both")
async def read(session: SessionDep, reading: ReadSessionDep) -> int:
    await session.execute(text("SELECT 'secret', :value"), {"value": "secret"})
    return (await reading.execute(text("SELECT 7"))).scalar_one()


async def test_a_request_has_its_sessions_and_statements_without_values(collector: Collector) -> None:
    async with observed(collector) as app:
        add_routes(app, router)
        async with ask(app) as client:
            assert (await client.get("/both")).json() == 7
        request = await collector.named("GET /both")
    tree = collector.tree(request)["session"]["read session"]
    assert tree.keys() - {"BEGIN", "START"} == {"SELECT"}  # a transaction begins with a statement or without one
    selects = [span.attributes for span in collector.spans if span.name == "SELECT" and span.trace == request.trace]
    assert all(each["db.system.name"] and each["db.query.text"].startswith("SELECT ?") for each in selects)
    assert len(selects) == 2
    assert "secret" not in str(collector.spans)


async def test_a_statement_that_fails_says_so_without_the_message(collector: Collector) -> None:
    async with observed(collector) as app:
        with pytest.raises(Exception, match="nowhere"):
            async with get_database(app).read_session() as session:
                await session.execute(text("SELECT secret FROM nowhere"))
    [span] = [span for span in collector.spans if span.failed]
    assert (span.name, span.message) == ("SELECT", "")
    assert "nowhere" in span.attributes["db.query.text"]
    failed = [point for point in collector.points("db.client.operation.duration") if "error.type" in point]
    assert [point["db.operation.name"] for point in failed] == ["SELECT"]


async def test_the_pool_shows_who_uses_it_and_who_waits(collector: Collector) -> None:
    async with observed(collector) as app:
        database = get_database(app)
        size = database.options.pool_size

        async def hold(seconds: float) -> None:
            async with database.read_session() as session:
                await session.execute(text("SELECT 1"))
                await asyncio.sleep(seconds)

        async with asyncio.TaskGroup() as group:
            for _ in range(size + 2):
                group.create_task(hold(1))
            await asyncio.sleep(0.2)
            collector.metrics.clear()
            await collector.until(lambda: collector.number("db.client.connection.pending_requests") == 2)
            assert collector.number("db.client.connection.count", "used") == size
        collector.metrics.clear()
        await collector.until(lambda: collector.number("db.client.connection.pending_requests") == 0)
        assert collector.number("db.client.connection.count", "used") == 0
        assert collector.number("db.client.connection.max") == size
    waits = collector.metrics["db.client.connection.wait_time"].histogram.data_points[0]
    assert waits.sum > 0.5


@pytest.mark.parametrize(
    ("statement", "shown"),
    [
        ("SELECT 'it''s', 12, 1.5, x1 FROM t2", "SELECT ?, ?, ?, x1 FROM t2"),
        ("SELECT $1, :name, ?, 'a\\'b'", "SELECT $1, :name, ?, ?"),
    ],
)
def test_values_in_a_statement_are_not_shown(statement: str, shown: str) -> None:
    assert without_values(statement) == shown
