"""`/health/db`, and what `/ready` says of the database."""

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient
from pydantic import SecretStr
from pymongo import IndexModel

from app.mongo import MongoDBConnectionManager, health
from app.mongo.settings import DatabaseSettings
from tests.mongo.scratch import Note
from tests.service import ask, started
from tests.trial import given

pytestmark = pytest.mark.anyio


async def test_a_database_that_answers_is_healthy(client: AsyncClient) -> None:
    answer = await client.get("/health/db")
    body = answer.json()
    assert answer.status_code == 200
    assert body.pop("response_time_ms") > 0
    assert body == {
        "status": "healthy",
        "database_connected": True,
        "connection_pool": {"active_connections": 0, "pool_size": 10},
        "migration_status": "up_to_date",
    }


async def test_a_database_that_lacks_an_index_says_so(
    client: AsyncClient, notes: MongoDBConnectionManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert notes
    monkeypatch.setattr(Note, "indexes", [IndexModel("stars")])
    monkeypatch.setattr(health, "document_classes", lambda: [Note])
    assert (await client.get("/health/db")).json()["migration_status"] == "pending"


async def test_a_database_that_goes_away_makes_the_service_unready(app: FastAPI, unreachable_url: SecretStr) -> None:
    gone = DatabaseSettings(url=unreachable_url, connect_timeout=0.1)
    async with MongoDBConnectionManager(gone) as connection, ask(app) as client:
        app.state.databases = {"default": connection}
        answer = await client.get("/health/db")
        assert (answer.status_code, answer.json()["migration_status"]) == (503, "unknown")


async def test_a_service_does_not_start_without_its_database(unreachable_url: SecretStr) -> None:
    with pytest.raises(ConnectionError, match="DATABASE_URL"):
        async with started(given(), DatabaseSettings(url=unreachable_url, connect_timeout=0.1)):
            pass
