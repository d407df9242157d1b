"""`/health/db`, and the database in `/ready`."""

import pytest
from httpx2 import AsyncClient
from pydantic import SecretStr

from kit.settings import Environment, Settings
from kit.sql import health
from kit.sql.settings import DatabaseSettings
from kit.testing.service import ask, started

pytestmark = pytest.mark.anyio


async def test_a_database_that_answers_is_healthy(client: AsyncClient) -> None:
    answer = await client.get("/health/db")
    body = answer.json()
    assert answer.status_code == 200
    assert body.pop("response_time_ms") > 0
    assert body == {
        "status": "healthy",
        "database_connected": True,
        "connection_pool": {"active_connections": 0, "pool_size": body["connection_pool"]["pool_size"]},
        "migration_status": "up_to_date",
    }


async def test_a_missing_migration_is_reported(client: AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "newest_revisions", lambda: {"the next"})
    assert (await client.get("/health/db")).json()["migration_status"] == "pending"


async def test_a_database_that_cannot_be_reached_makes_the_service_unready(unreachable_url: SecretStr) -> None:
    settings = (Settings(environment=Environment.DEVELOPMENT), DatabaseSettings(url=unreachable_url))
    async with started(*settings) as app, ask(app) as client:
        answer = await client.get("/health/db")
        assert (answer.status_code, answer.json()["migration_status"]) == (503, "unknown")
        ready = await client.get("/ready")
        assert (ready.status_code, ready.json()["checks"]["database"]["status"]) == (503, "failed")
        assert (await client.get("/health")).status_code == 200
