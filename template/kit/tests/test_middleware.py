"""The id of every request, and its line in the log."""

import logging
import re
from collections.abc import AsyncGenerator

import pytest
import structlog
from fastapi import APIRouter
from httpx2 import AsyncClient

from kit.settings import Environment
from kit.testing.service import ask, given, started
from kit.tests.trial import Lines, serving

pytestmark = pytest.mark.anyio
router = APIRouter()
DEVELOPMENT = given()
QUIET = ["/", "/health", "/ready"]


@router.get("/things/{thing}")
async def log_thing(thing: str) -> str:
    structlog.get_logger("things").info("asked for", thing=thing)
    logging.getLogger("library").info("asked too")
    return thing


@router.get("/bound")
async def bind_to_log() -> None:
    structlog.contextvars.bind_contextvars(order=7)


@router.get("/bug")
async def fall_over() -> None:
    raise RuntimeError("an unexpected error")


@pytest.fixture(scope="module")
async def client() -> AsyncGenerator[AsyncClient]:
    async with serving(router, DEVELOPMENT) as client:
        yield client


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    return Lines(capsys)


async def test_a_well_formed_request_id_is_used_and_returned(client: AsyncClient) -> None:
    response = await client.get("/health", headers={"X-Request-ID": "Order_7.retry-2"})
    assert response.headers["x-request-id"] == "Order_7.retry-2"


@pytest.mark.parametrize(
    "given", [b"", b"a b", b"a\nb", b"a\n", b"x" * 129, "\N{LATIN SMALL LETTER E WITH ACUTE}".encode()]
)
async def test_a_malformed_request_id_is_replaced(client: AsyncClient, given: bytes) -> None:
    response = await client.get("/health", headers=[(b"X-Request-ID", given)])
    assert re.fullmatch("[0-9a-f]{32}", response.headers["x-request-id"])


async def test_what_a_request_binds_to_the_log_is_in_its_line_and_ends_with_it(
    client: AsyncClient, lines: Lines
) -> None:
    with structlog.contextvars.bound_contextvars(run="outside"):
        await client.get("/bound")
        await client.get("/health")
        assert structlog.contextvars.get_contextvars() == {"run": "outside"}
    assert [(line.get("order"), line["run"]) for line in lines("access")] == [(7, "outside"), (None, "outside")]


async def test_each_request_has_its_own_id(client: AsyncClient) -> None:
    ids = {(await client.get("/health")).headers["x-request-id"] for _ in range(3)}
    assert len(ids) == 3


async def test_every_line_of_a_request_has_its_id(client: AsyncClient, lines: Lines) -> None:
    await client.get("/things/7", headers={"X-Request-ID": "mine"})
    for logger, found in lines.by_logger("things", "library", "access").items():
        assert [line["request_id"] for line in found] == ["mine"], logger


async def test_an_error_has_the_id_of_its_request(client: AsyncClient) -> None:
    response = await client.get("/nowhere", headers={"X-Request-ID": "mine"})
    assert response.json()["error"]["request_id"] == "mine"


@pytest.mark.parametrize(
    ("path", "route", "status"),
    [("/things/7", "/things/{thing}", 200), ("/nowhere", None, 404), ("/bug", "/bug", 500)],
)
async def test_each_request_is_logged(
    client: AsyncClient, lines: Lines, path: str, route: str | None, status: int
) -> None:
    await client.get(path)
    [line] = lines("access")
    assert (line["event"], line["method"], line["route"], line["status"]) == ("request", "GET", route, status)
    assert 0 < line["ms"] < 10_000


async def test_an_uncaught_error_is_logged(client: AsyncClient, lines: Lines) -> None:
    await client.get("/bug")
    [line] = lines("kit.middleware.requests")
    assert (line["event"], line["level"], line["route"]) == ("uncaught error", "error", "/bug")
    assert line["exception"][0]["exc_value"] == "an unexpected error"


async def test_health_checks_are_not_logged_in_production(lines: Lines) -> None:
    async with started(given(Environment.PRODUCTION)) as app, ask(app) as client:
        for path in [*QUIET, "/nowhere"]:
            await client.get(path)
    assert [line["status"] for line in lines("access")] == [404]


async def test_health_checks_are_logged_in_other_environments(client: AsyncClient, lines: Lines) -> None:
    for path in QUIET:
        await client.get(path)
    assert [line["route"] for line in lines("access")] == QUIET
