"""The example job, and the task that it defers."""

import pytest
import structlog
from fastapi import FastAPI
from httpx2 import AsyncClient

from app.jobs.put_in_stock import put_in_stock
from app.jobs.restock import restock
from kit.settings import Environment
from kit.testing.deferred import run_deferred

pytestmark = pytest.mark.anyio


@pytest.mark.usefixtures("database")
async def test_it_puts_an_item_in_stock(app: FastAPI, client: AsyncClient) -> None:
    await restock(app)
    await restock(app)
    assert await run_deferred(app) == ["app.jobs.put_in_stock"], "one is enough while it waits"
    [item] = (await client.get("/api/v1/items")).json()["items"]
    assert (item["sku"], item["quantity"]) == ("example", 100)


@pytest.mark.usefixtures("database")
async def test_the_task_logs_what_it_did(app: FastAPI) -> None:
    with structlog.testing.capture_logs() as lines:
        await put_in_stock(app, sku="example", quantity=100)
        await put_in_stock(app, sku="example", quantity=100)
    counts = [(line["event"], line["upserted"], line["matched"]) for line in lines]
    assert counts == [("example task executed", 1, 0), ("example task executed", 0, 1)]


def test_it_runs_every_five_minutes_in_local_and_development_environments() -> None:
    assert str(restock.timetable) == "every 0:05:00"
    assert restock.environments == {Environment.LOCAL, Environment.DEVELOPMENT}
