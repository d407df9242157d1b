"""The headers of every response."""

from collections.abc import AsyncGenerator

import pytest
from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from httpx2 import ASGITransport, AsyncClient

from kit.middleware.requests import EXTRA_HEADERS
from kit.settings import Environment, Settings
from kit.testing.service import given, started
from kit.tests.trial import add_routes, serving

pytestmark = pytest.mark.anyio
router = APIRouter()
ORIGIN = "https://app.test"
SECURITY_HEADERS = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
}
PREFLIGHT = {"Origin": ORIGIN, "Access-Control-Request-Method": "DELETE"}


@router.get("/bug")
async def fall_over() -> None:
    raise RuntimeError("an unexpected error")


@router.get("/framed")
async def allow_frames(response: Response) -> None:
    response.headers["Content-Security-Policy"] = "frame-ancestors 'self'"


@router.get("/kept")
async def keep(request: Request, response: Response) -> None:
    request.scope[EXTRA_HEADERS] = {b"cache-control": b"no-store", b"x-extra": b"yes"}
    response.headers["Cache-Control"] = "private, no-cache"


@router.get("/broken-stream")
async def break_off() -> StreamingResponse:
    async def stream() -> AsyncGenerator[bytes]:
        yield b"so far"
        raise RuntimeError("the disk is gone")

    return StreamingResponse(stream())


def settings(environment: Environment = Environment.DEVELOPMENT, *origins: str) -> Settings:
    return given(environment, cors_origins=origins)


@pytest.fixture(scope="module")
async def client() -> AsyncGenerator[AsyncClient]:
    async with serving(router, settings(Environment.DEVELOPMENT, ORIGIN)) as client:
        yield client


@pytest.mark.parametrize(("path", "status"), [("/health", 200), ("/nowhere", 404), ("/bug", 500)])
async def test_every_response_has_security_headers(client: AsyncClient, path: str, status: int) -> None:
    response = await client.get(path)
    assert response.status_code == status
    assert response.headers.items() >= SECURITY_HEADERS.items()


@pytest.mark.parametrize(("origin", "status"), [(ORIGIN, 200), ("https://evil.test", 400)])
async def test_preflights_have_security_headers_and_ids_too(client: AsyncClient, origin: str, status: int) -> None:
    response = await client.options("/health", headers=PREFLIGHT | {"Origin": origin, "X-Request-ID": "mine"})
    assert response.status_code == status
    assert response.headers.items() >= {**SECURITY_HEADERS, "x-request-id": "mine"}.items()


@pytest.mark.parametrize("environment", Environment)
async def test_only_production_sends_the_https_header(environment: Environment) -> None:
    async with serving(router, settings(environment)) as client:
        response = await client.get("/health")
    assert ("strict-transport-security" in response.headers) == (environment is Environment.PRODUCTION)


async def test_a_header_of_the_route_wins(client: AsyncClient) -> None:
    response = await client.get("/framed")
    assert response.headers.get_list("content-security-policy") == ["frame-ancestors 'self'"]
    assert response.headers["x-content-type-options"] == "nosniff"


async def test_a_header_of_the_route_wins_over_one_of_a_dependency(client: AsyncClient) -> None:
    response = await client.get("/kept")
    assert response.headers.get_list("cache-control") == ["private, no-cache"]
    assert response.headers["x-extra"] == "yes"


async def test_without_origins_there_is_no_cors() -> None:
    async with serving(router, settings()) as client:
        response = await client.get("/health", headers={"Origin": ORIGIN})
        assert not [name for name in response.headers if name.startswith("access-control")]
        assert (await client.options("/health", headers=PREFLIGHT)).status_code == 405


@pytest.mark.parametrize("path", ["/health", "/nowhere", "/bug"])
async def test_an_allowed_origin_may_read_every_response(client: AsyncClient, path: str) -> None:
    response = await client.get(path, headers={"Origin": ORIGIN})
    assert response.headers["access-control-allow-origin"] == ORIGIN
    assert response.headers["access-control-allow-credentials"] == "true"
    assert {"X-Request-ID", "Retry-After"} <= set(response.headers["access-control-expose-headers"].split(", "))


async def test_another_origin_may_read_no_response(client: AsyncClient) -> None:
    response = await client.get("/health", headers={"Origin": "https://evil.test"})
    assert "access-control-allow-origin" not in response.headers


async def test_a_preflight_allows_every_method_and_header(client: AsyncClient) -> None:
    response = await client.options("/health", headers=PREFLIGHT | {"Access-Control-Request-Headers": "X-Tenant"})
    assert response.status_code == 200
    assert "DELETE" in response.headers["access-control-allow-methods"]
    assert "X-Tenant" in response.headers["access-control-allow-headers"]


async def test_if_every_origin_is_allowed_credentials_are_not() -> None:
    async with serving(router, settings(Environment.DEVELOPMENT, "*")) as client:
        response = await client.get("/health", headers={"Origin": ORIGIN})
    assert response.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in response.headers


async def test_an_error_in_a_started_response_is_raised() -> None:
    async with started(settings()) as app:
        add_routes(app, router)
        async with AsyncClient(transport=ASGITransport(app), base_url="http://service.test") as client:
            with pytest.raises(RuntimeError, match="the disk is gone"):
                await client.get("/broken-stream")
