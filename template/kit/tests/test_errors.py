"""The body that all error responses share."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import APIRouter, HTTPException
from httpx2 import ASGITransport, AsyncClient

from kit import errors
from kit.errors import AppException, RateLimitException
from kit.testing.service import given, started
from kit.tests.trial import add_routes, serving

pytestmark = pytest.mark.anyio
router = APIRouter()
DEBUG = given(debug=True)


@router.get("/raise/{name}")
async def fail(name: str) -> None:
    error: type[AppException] = vars(errors)[name]
    raise error("Not like this", details={"name": name, "since": datetime(2026, 1, 2, tzinfo=UTC), "nothing": None})


@router.get("/user")
async def find_user() -> None:
    raise errors.NotFoundException("User", 42)


@router.get("/rate-limit")
async def limit_rate() -> None:
    raise RateLimitException("Too often", retry_after=7)


@router.get("/teapot")
async def make_coffee() -> None:
    raise HTTPException(418, "Tea only", headers={"X-Tea": "green"})


@router.get("/bug")
async def fall_over() -> None:
    raise RuntimeError("password: hunter2")


@router.get("/things/{thing}")
@router.post("/things/{thing}")
async def use_thing(thing: str) -> str:
    return thing


@router.delete("/things/{thing}")
async def delete_thing(thing: str) -> None: ...


@pytest.fixture(scope="module")
async def client() -> AsyncGenerator[AsyncClient]:
    async with serving(router, given()) as client:
        yield client


@pytest.fixture(scope="module")
async def debugged() -> AsyncGenerator[AsyncClient]:
    async with serving(router, DEBUG) as client:
        yield client


async def error_at(client: AsyncClient, path: str) -> tuple[int, dict[str, Any]]:
    response = await client.get(path)
    assert response.headers["content-type"] == "application/json"
    assert set(response.json()) == {"error"}
    return response.status_code, response.json()["error"]


async def test_an_error_has_one_body(client: AsyncClient) -> None:
    status, error = await error_at(client, "/nowhere")
    assert status == 404
    assert datetime.now(UTC) - datetime.fromisoformat(error.pop("timestamp")) < timedelta(minutes=1)
    assert error.pop("request_id")
    assert error == {"code": "NOT_FOUND", "message": "Not Found", "details": {}}


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("AppException", 500, "INTERNAL_ERROR"),
        ("BadRequestException", 400, "BAD_REQUEST"),
        ("UnauthorizedException", 401, "UNAUTHORIZED"),
        ("ForbiddenException", 403, "FORBIDDEN"),
        ("NotFoundException", 404, "NOT_FOUND"),
        ("ConflictException", 409, "CONFLICT"),
        ("RateLimitException", 429, "RATE_LIMIT_EXCEEDED"),
        ("ServiceUnavailableException", 503, "SERVICE_UNAVAILABLE"),
    ],
)
async def test_every_exception_has_its_status_and_code(client: AsyncClient, name: str, status: int, code: str) -> None:
    found, error = await error_at(client, f"/raise/{name}")
    assert (found, error["code"], error["message"]) == (status, code, "Not like this")
    assert error["details"] == {"name": name, "since": "2026-01-02T00:00:00+00:00", "nothing": None}


async def test_what_is_not_found_is_named(client: AsyncClient) -> None:
    _, error = await error_at(client, "/user")
    assert error["message"] == "User 42 was not found"


async def test_a_rate_limit_says_when_to_retry(client: AsyncClient) -> None:
    assert (await client.get("/rate-limit")).headers["retry-after"] == "7"


async def test_an_http_exception_keeps_its_message_and_headers(client: AsyncClient) -> None:
    response = await client.get("/teapot")
    assert (response.status_code, response.headers["x-tea"]) == (418, "green")
    assert (response.json()["error"]["code"], response.json()["error"]["message"]) == ("IM_A_TEAPOT", "Tea only")


async def test_a_method_that_is_not_allowed_is_answered_with_those_that_are(client: AsyncClient) -> None:
    response = await client.put("/things/1")
    assert (response.status_code, response.headers["allow"]) == (405, "DELETE, GET, POST")
    assert response.json()["error"]["code"] == "METHOD_NOT_ALLOWED"


async def test_an_uncaught_error_does_not_show_what_happened(client: AsyncClient) -> None:
    status, error = await error_at(client, "/bug")
    assert (status, error["code"]) == (500, "INTERNAL_ERROR")
    assert error["message"] == "The service failed to answer this request"


async def test_in_debug_an_uncaught_error_shows_what_happened(debugged: AsyncClient) -> None:
    status, error = await error_at(debugged, "/bug")
    assert (status, error["message"]) == (500, "RuntimeError('password: hunter2')")


@pytest.mark.parametrize("debug", [True, False])
async def test_only_in_debug_an_uncaught_error_is_raised_again(*, debug: bool) -> None:
    async with started(given(debug=debug)) as app:
        add_routes(app, router)
        async with AsyncClient(transport=ASGITransport(app), base_url="http://service.test") as client:
            if debug:
                with pytest.raises(RuntimeError, match="hunter2"):
                    await client.get("/bug")
            else:
                assert (await client.get("/bug")).status_code == 500


async def test_only_in_debug_an_error_has_its_path(client: AsyncClient, debugged: AsyncClient) -> None:
    assert "path" not in (await error_at(client, "/nowhere"))[1]
    assert (await error_at(debugged, "/nowhere"))[1]["path"] == "/nowhere"
