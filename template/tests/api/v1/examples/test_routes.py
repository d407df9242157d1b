"""The examples of errors and limits."""

import asyncio
import time

import pytest
from httpx2 import AsyncClient

from tests.service import ask, started
from tests.trial import given

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


async def test_details_say_more(client: AsyncClient) -> None:
    response = await client.get("/api/v1/examples/errors/bad-request")
    assert response.json()["error"]["details"] == {"missing": ["until"]}


async def test_a_rate_limit_says_when_to_come_back(client: AsyncClient) -> None:
    assert (await client.get("/api/v1/examples/errors/rate-limit")).headers["retry-after"] == "5"


async def seconds_for_three(client: AsyncClient) -> float:
    started = time.monotonic()
    responses = await asyncio.gather(*(client.get("/api/v1/examples/semaphore") for _ in range(3)))
    assert [response.json() for response in responses] == [{"done": True}] * 3
    return time.monotonic() - started


async def test_the_third_waits_for_one_of_the_first_two(client: AsyncClient) -> None:
    assert await seconds_for_three(client) > 0.19


async def test_a_setting_lets_in_fewer() -> None:
    settings = given(semaphores={"example": 1})
    async with started(settings) as app, ask(app) as client:
        assert await seconds_for_three(client) > 0.29
