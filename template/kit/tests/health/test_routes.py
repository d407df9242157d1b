"""The responses of `/`, `/health` and `/ready`."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient

from kit.health import Health, get_health
from kit.settings import Environment
from kit.testing.service import ask, given, started

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def app() -> AsyncGenerator[FastAPI]:
    async with started(given(Environment.STAGING, app_name="shop", app_version="7.1")) as app:
        yield app


@pytest.fixture
def health(app: FastAPI) -> Generator[Health]:
    """Replace the health of the service for this test, and yield the new one, to add checks to."""
    own = app.state.health
    app.state.health = Health(timeout=5)
    yield app.state.health
    app.state.health = own


async def fail() -> None:
    raise ConnectionError("refused")


async def test_the_root_returns_the_identity_of_the_service(client: AsyncClient) -> None:
    response = await client.get("/")
    assert response.status_code == 200
    assert response.json() == {"status": "ok", "name": "shop", "version": "7.1", "env": "staging"}


async def test_a_running_service_is_healthy(client: AsyncClient) -> None:
    response = await client.get("/health")
    found = response.json()
    assert (response.status_code, found["status"], found["errors"]) == (200, "healthy", [])
    assert found["version"] == "7.1"
    assert 0 <= found["uptime_seconds"] < 600
    assert datetime.now(UTC) - datetime.fromisoformat(found["timestamp"]) < timedelta(minutes=1)


async def test_a_service_whose_background_task_died_is_unhealthy(health: Health, client: AsyncClient) -> None:
    task = asyncio.create_task(fail(), name="import of orders")
    health.watch(task)
    await asyncio.wait([task])
    response = await client.get("/health")
    assert (response.status_code, response.json()["status"]) == (503, "unhealthy")
    assert response.json()["errors"] == ["import of orders: ConnectionError('refused')"]


async def test_a_service_whose_check_fails_is_still_healthy(health: Health, client: AsyncClient) -> None:
    health.add_check("queue", fail)
    assert (await client.get("/health")).status_code == 200


async def test_a_service_whose_checks_succeed_is_ready(client: AsyncClient) -> None:
    response = await client.get("/ready")
    assert (response.status_code, response.json()["status"]) == (200, "ready")
    assert all(check["status"] == "ok" for check in response.json()["checks"].values())


async def test_a_service_whose_check_fails_is_not_ready(health: Health, client: AsyncClient) -> None:
    health.add_check("queue", fail)
    response = await client.get("/ready")
    assert (response.status_code, response.json()["status"]) == (503, "not ready")
    check = response.json()["checks"]["queue"]
    assert check.pop("ms") >= 0
    assert check == {"status": "failed", "error": "refused", "details": None}


async def test_a_service_is_ready_again_once_its_check_succeeds(health: Health, client: AsyncClient) -> None:
    queue_is_there = asyncio.Event()
    health.add_check("queue", queue_is_there.wait, timeout=0.01)
    assert (await client.get("/ready")).status_code == 503
    queue_is_there.set()
    assert (await client.get("/ready")).status_code == 200


async def test_a_setting_changes_the_timeout_of_checks() -> None:
    async with started(given(health_timeout=0.05)) as app, ask(app) as client:
        get_health(app).add_check("queue", asyncio.Event().wait)
        response = await client.get("/ready")
    assert response.json()["checks"]["queue"]["error"] == "no answer within 0.05 s"


@pytest.mark.parametrize("path", ["/", "/health", "/ready"])
async def test_a_client_can_ask_for_the_headers_only(client: AsyncClient, path: str) -> None:
    assert (await client.head(path)).status_code == (await client.get(path)).status_code == 200
    assert (await client.post(path)).headers["allow"] == "GET, HEAD"
