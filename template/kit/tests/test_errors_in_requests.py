"""Faulty requests, and the errors that they get."""

from collections.abc import AsyncGenerator

import pytest
from fastapi import APIRouter, HTTPException, Request
from httpx2 import AsyncClient
from pydantic import BaseModel

from kit.middleware import limit_body
from kit.settings import Settings
from kit.testing.service import given
from kit.tests.trial import serving

pytestmark = pytest.mark.anyio
router = APIRouter()
JSON = {"Content-Type": "application/json"}


class Order(BaseModel):
    items: int


@router.post("/orders")
async def order(order: Order) -> Order:
    return order


@router.post("/raw")
async def count(request: Request) -> int:
    return sum([len(chunk) async for chunk in request.stream()])


@router.post("/limited/{size}")
async def count_limited(size: int, request: Request) -> int:
    limit_body(request, size or None)
    return await count(request)


@router.get("/odd")
async def odd() -> None:
    raise HTTPException(520, "Odd")


@pytest.fixture(scope="module")
async def client() -> AsyncGenerator[AsyncClient]:
    async with serving(router, settings()) as client:
        yield client


@pytest.fixture(scope="module")
async def debugged() -> AsyncGenerator[AsyncClient]:
    async with serving(router, settings(debug=True)) as client:
        yield client


def settings(*, debug: bool = False) -> Settings:
    return given(debug=debug, max_body_size=100)


async def test_a_fault_is_returned_with_its_location(client: AsyncClient) -> None:
    response = await client.post("/orders", json={"items": "many"})
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (422, "VALIDATION_ERROR")
    assert [fault["loc"] for fault in error["details"]["errors"]] == [["body", "items"]]
    assert set(error["details"]["errors"][0]) == {"loc", "msg", "type"}


async def test_json_that_is_malformed_is_not_valid(client: AsyncClient) -> None:
    response = await client.post("/orders", content=b'{"items": ', headers=JSON)
    error = response.json()["error"]
    assert (response.status_code, error["details"]["errors"][0]["type"]) == (422, "json_invalid")


async def test_another_content_type_is_not_valid(client: AsyncClient) -> None:
    response = await client.post("/orders", content=b'{"items": 1}', headers={"Content-Type": "text/plain"})
    assert (response.status_code, response.json()["error"]["code"]) == (422, "VALIDATION_ERROR")


async def test_json_that_is_not_utf8_is_a_bad_request(client: AsyncClient) -> None:
    response = await client.post("/orders", content=b'{"items": "\xff"}', headers=JSON)
    assert (response.status_code, response.json()["error"]["code"]) == (400, "BAD_REQUEST")


@pytest.mark.parametrize(
    ("content", "shown"),
    [(b'{"items": "many"}', {"items": "many"}), (b'{"items": ', '{"items": ')],
)
async def test_only_in_debug_the_body_is_shown(
    client: AsyncClient, debugged: AsyncClient, content: bytes, shown: object
) -> None:
    response = await client.post("/orders", content=content, headers=JSON)
    assert set(response.json()["error"]["details"]) == {"errors"}
    response = await debugged.post("/orders", content=content, headers=JSON)
    assert response.json()["error"]["details"]["body"] == shown


async def test_in_debug_bytes_are_shown_as_far_as_they_are_text(debugged: AsyncClient) -> None:
    response = await debugged.post("/orders", content=b"\xff!", headers={"Content-Type": "text/plain"})
    assert response.json()["error"]["details"]["body"] == "\N{REPLACEMENT CHARACTER}!"


async def chunks(size: int) -> AsyncGenerator[bytes]:
    for _ in range(size):
        yield b" "


@pytest.mark.parametrize("path", ["/orders", "/raw"])
@pytest.mark.parametrize("declared", [True, False])
async def test_a_body_that_is_too_large_is_refused(client: AsyncClient, path: str, *, declared: bool) -> None:
    response = await client.post(path, content=b" " * 101 if declared else chunks(101), headers=JSON)
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (413, "CONTENT_TOO_LARGE")
    assert error["message"] == "The body is larger than 100 bytes"


@pytest.mark.parametrize(("path", "status"), [("/limited/150", 200), ("/limited/149", 413), ("/limited/0", 200)])
async def test_a_route_may_have_a_limit_of_its_own_or_none(client: AsyncClient, path: str, status: int) -> None:
    assert (await client.post(path, content=b" " * 150)).status_code == status


@pytest.mark.parametrize("declared", [True, False])
async def test_a_body_may_be_as_large_as_the_limit(client: AsyncClient, *, declared: bool) -> None:
    response = await client.post("/raw", content=b" " * 100 if declared else chunks(100))
    assert (response.status_code, response.json()) == (200, 100)


async def test_a_status_that_no_standard_defines_has_a_code_too(client: AsyncClient) -> None:
    answer = await client.get("/odd")
    assert (answer.status_code, answer.json()["error"]["code"]) == (520, "STATUS_520")
