"""`/health/db`, and the database in `/ready`."""

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient
from pydantic import SecretStr
from pymongo import IndexModel
from pymongo.errors import AutoReconnect

from kit.errors import ServiceUnavailableException
from kit.mongo import MongoDBConnectionManager, health
from kit.mongo.driver import Database
from kit.mongo.settings import DatabaseSettings
from kit.settings import Environment
from kit.testing.scratch_collections import Note
from kit.testing.service import ask, given, started

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


async def test_a_missing_index_is_reported(
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


async def test_a_local_service_does_not_start_without_its_database(unreachable_url: SecretStr) -> None:
    with pytest.raises(ConnectionError, match="DATABASE_URL"):
        async with started(given(Environment.LOCAL), DatabaseSettings(url=unreachable_url, connect_timeout=0.1)):
            pass


async def test_another_service_starts_and_is_not_ready_without_its_database(unreachable_url: SecretStr) -> None:
    gone = DatabaseSettings(url=unreachable_url, connect_timeout=0.1)
    async with started(given(), gone) as app, ask(app) as client:
        ready = await client.get("/ready")
        assert (ready.status_code, ready.json()["checks"]["database"]["status"]) == (503, "failed")
        assert "DATABASE_URL" in ready.json()["checks"]["database"]["error"]
        assert (await client.get("/health")).status_code == 200


async def test_a_database_is_prepared_before_its_first_session_and_again_after_a_failure() -> None:
    calls: list[str] = []

    async def prepare(database: Database) -> None:
        calls.append(database.name)
        if len(calls) == 1:
            raise AutoReconnect("gone")

    async with MongoDBConnectionManager(DatabaseSettings(), prepare=prepare) as database:
        with pytest.raises(ServiceUnavailableException):
            async with database.session():
                pass
        for _ in range(2):
            async with database.session(), database.read_session():
                pass
    assert len(calls) == 2
