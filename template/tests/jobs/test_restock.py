"""The example job."""

import pytest
import structlog
from fastapi import FastAPI
from httpx2 import AsyncClient

from app.jobs.restock import restock
from kit.settings import Environment

pytestmark = pytest.mark.anyio


@pytest.mark.usefixtures("database")
async def test_it_puts_an_item_in_stock_and_logs_it(app: FastAPI, client: AsyncClient) -> None:
    with structlog.testing.capture_logs() as lines:
        await restock(app)
        await restock(app)
    counts = [(line["event"], line["upserted"], line["matched"]) for line in lines]
    assert counts == [("example job executed", 1, 0), ("example job executed", 0, 1)]
    [item] = (await client.get("/api/v1/items")).json()["items"]
    assert (item["sku"], item["quantity"]) == ("example", 100)


def test_it_runs_every_five_minutes_in_local_and_development_environments() -> None:
    assert str(restock.timetable) == "every 0:05:00"
    assert restock.environments == {Environment.LOCAL, Environment.DEVELOPMENT}
