"""The responses of the service when an upstream fails."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, FastAPI
from httpx2 import AsyncClient, Response

from kit.http_client import HttpClient, HttpClientDep, client_of, get_http_client
from kit.testing.service import ask, given, started
from kit.testing.upstream import Behaviour, Server, answer, calling, hang, reset, stop_in_the_middle
from kit.tests.trial import add_routes

pytestmark = pytest.mark.anyio
router = APIRouter()


@router.get("/rates")
async def rates(prices: Annotated[HttpClient, client_of("Prices")], patience: float = 30) -> Any:
    return (await prices.get("/v1/rates", timeout=patience)).raise_for_status().json()


@router.get("/any")
async def call(client: HttpClientDep, url: str) -> Any:
    return (await client.get(url)).json()


@pytest.fixture(scope="module")
async def app() -> AsyncGenerator[FastAPI]:
    """Start a service that can make one call at a time."""
    async with started(given(), *calling("http://prices.test", retries=0, max_connections=1)) as app:
        add_routes(app, router)
        yield app


@pytest.fixture
async def prices(app: FastAPI, server: Server) -> HttpClient:
    """Return the client of the upstream, which is a new server in each test."""
    prices = get_http_client(app, "prices")
    prices.base_url = server.url
    return prices


@pytest.fixture
async def client(app: FastAPI, prices: HttpClient) -> AsyncGenerator[AsyncClient]:
    del prices
    async with ask(app) as client:
        yield client


def assert_named(response: Response, status: int, code: str) -> None:
    """Check that the response names the upstream, but not its URL."""
    error = response.json()["error"]
    assert (response.status_code, error["code"], error["details"]["upstream"]) == (status, code, "prices")
    assert "'prices'" in error["message"]
    assert "127.0.0.1" not in response.text


async def test_a_response_is_passed_on(client: AsyncClient, server: Server) -> None:
    server.plan = [answer(body='{"EUR": 1}')]
    assert (await client.get("/rates")).json() == {"EUR": 1}


@pytest.mark.parametrize(
    "behaviour",
    [reset, answer(503), answer(404), answer(body="no gzip", Content_Encoding="gzip")],
    ids=["resets", "is busy", "finds nothing", "sends invalid content"],
)
async def test_an_upstream_that_fails_is_a_bad_gateway(
    client: AsyncClient, server: Server, behaviour: Behaviour
) -> None:
    server.plan = [behaviour]
    assert_named(await client.get("/rates"), 502, "BAD_GATEWAY")


@pytest.mark.parametrize("behaviour", [hang, stop_in_the_middle])
async def test_a_slow_upstream_is_a_gateway_timeout(client: AsyncClient, server: Server, behaviour: Behaviour) -> None:
    server.plan = [behaviour]
    assert_named(await client.get("/rates?patience=0.02"), 504, "GATEWAY_TIMEOUT")


async def test_an_exhausted_pool_makes_the_service_unavailable(client: AsyncClient, server: Server) -> None:
    asked, leave = asyncio.Event(), asyncio.Event()

    async def wait_and_answer(writer: asyncio.StreamWriter) -> None:
        asked.set()
        await leave.wait()
        await answer()(writer)

    server.plan = [wait_and_answer]
    first = asyncio.create_task(client.get("/rates"))
    await asked.wait()
    refused = await client.get("/rates?patience=0.02")
    leave.set()
    assert (await first).status_code == 200
    assert_named(refused, 503, "SERVICE_UNAVAILABLE")
    assert refused.headers["retry-after"] == "1"


async def test_the_status_of_a_bad_response_is_in_the_details(client: AsyncClient, server: Server) -> None:
    server.plan = [answer(403)]
    assert (await client.get("/rates")).json()["error"]["details"] == {"upstream": "prices", "status": 403}


async def test_an_upstream_that_refuses_is_a_bad_gateway(
    client: AsyncClient, prices: HttpClient, refusing_url: str
) -> None:
    prices.base_url = refusing_url
    response = await client.get("/rates")
    assert response.status_code == 502
    assert response.json()["error"]["message"] == "The upstream 'prices' cannot be reached"


async def test_a_service_without_a_name_is_not_named(client: AsyncClient, refusing_url: str) -> None:
    response = await client.get("/any", params={"url": refusing_url})
    assert response.status_code == 502
    assert response.json()["error"]["message"] == "Another service cannot be reached"
    assert "127.0.0.1" not in response.text


async def test_an_invalid_url_is_an_error_of_the_service(client: AsyncClient) -> None:
    assert (await client.get("/any", params={"url": "nonsense"})).status_code == 500
