"""The examples of errors, limits and calls."""

import asyncio
import time

import pytest
from httpx2 import AsyncClient
from pydantic import SecretStr

from kit.http_client import Upstream, UpstreamsSettings
from kit.testing.service import ask, given, started
from kit.testing.upstream import Server, answer

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("bad-request", 400, "BAD_REQUEST"),
        ("unauthorized", 401, "UNAUTHORIZED"),
        ("forbidden", 403, "FORBIDDEN"),
        ("not-found", 404, "NOT_FOUND"),
        ("conflict", 409, "CONFLICT"),
        ("rate-limit", 429, "RATE_LIMIT_EXCEEDED"),
        ("unavailable", 503, "SERVICE_UNAVAILABLE"),
        ("bug", 500, "INTERNAL_ERROR"),
        ("no-such-example", 422, "VALIDATION_ERROR"),
    ],
)
async def test_each_error_has_its_status_and_code(client: AsyncClient, name: str, status: int, code: str) -> None:
    response = await client.get(f"/api/v1/examples/errors/{name}")
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)


async def test_an_error_can_have_details(client: AsyncClient) -> None:
    response = await client.get("/api/v1/examples/errors/bad-request")
    assert response.json()["error"]["details"] == {"missing": ["until"]}


async def test_a_rate_limit_says_when_to_retry(client: AsyncClient) -> None:
    assert (await client.get("/api/v1/examples/errors/rate-limit")).headers["retry-after"] == "5"


async def seconds_for_three(client: AsyncClient) -> float:
    started = time.monotonic()
    responses = await asyncio.gather(*(client.get("/api/v1/examples/semaphore") for _ in range(3)))
    assert [response.json() for response in responses] == [{"done": True}] * 3
    return time.monotonic() - started


async def test_a_third_request_waits_for_one_of_the_first_two(client: AsyncClient) -> None:
    assert await seconds_for_three(client) > 0.19


async def test_a_setting_lowers_the_limit() -> None:
    settings = given(semaphores={"example": 1})
    async with started(settings) as app, ask(app) as client:
        assert await seconds_for_three(client) > 0.29


async def test_the_sixth_request_of_a_minute_is_refused(client: AsyncClient) -> None:
    responses = [await client.get("/api/v1/examples/rate-limit") for _ in range(6)]
    assert [response.status_code for response in responses] == [200] * 5 + [429]
    assert 0 < int(responses[5].headers["retry-after"]) <= 60


async def test_another_service_returns_its_name(server: Server) -> None:
    server.plan = [answer(body='{"status": "ok", "name": "prices", "version": "7.1", "env": "local"}')]
    settings = UpstreamsSettings(upstreams={"neighbour": Upstream(url=SecretStr(server.url))})
    async with started(given(), settings) as app, ask(app) as client:
        response = await client.get("/api/v1/examples/neighbour")
    assert response.json() == {"name": "prices", "version": "7.1"}


async def test_without_a_url_the_error_names_the_setting(client: AsyncClient) -> None:
    response = await client.get("/api/v1/examples/neighbour")
    assert response.status_code == 503
    assert "UPSTREAMS__NEIGHBOUR__URL" in response.json()["error"]["message"]
