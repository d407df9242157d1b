"""Errors in the format of RFC 9457, for clients that ask for it."""

from collections.abc import AsyncGenerator

import pytest
from httpx2 import AsyncClient

from kit.testing.service import ask, given, started

pytestmark = pytest.mark.anyio
PROBLEM = {"Accept": "application/problem+json"}


@pytest.fixture(scope="module")
async def client() -> AsyncGenerator[AsyncClient]:
    async with started(given()) as app, ask(app) as client:
        yield client


async def test_a_problem_says_the_same_as_an_error(client: AsyncClient) -> None:
    response = await client.post("/health", headers=PROBLEM)
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["allow"] == "GET, HEAD"
    problem = response.json()
    assert problem.pop("timestamp")
    assert problem.pop("request_id") == response.headers["x-request-id"]
    assert problem == {
        "type": "about:blank",
        "title": "Method Not Allowed",
        "status": 405,
        "detail": "Method Not Allowed",
        "code": "METHOD_NOT_ALLOWED",
        "details": {},
    }


async def test_only_in_debug_a_problem_names_its_instance(client: AsyncClient) -> None:
    assert "instance" not in (await client.get("/nowhere", headers=PROBLEM)).json()
    async with started(given(debug=True)) as app, ask(app) as debugged:
        assert (await debugged.get("/nowhere", headers=PROBLEM)).json()["instance"] == "/nowhere"


@pytest.mark.parametrize(
    "accept",
    [
        "application/problem+json",
        "Application/Problem+JSON; charset=utf-8",
        "application/problem+json, application/json",
        "application/json;q=0.8, application/problem+json;q=0.9",
        "application/problem+json;q=0.1, */*",
    ],
)
async def test_a_client_may_ask_for_problems(client: AsyncClient, accept: str) -> None:
    response = await client.get("/nowhere", headers={"Accept": accept})
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "accept",
    [
        "",
        "*/*",
        "application/json",
        "application/problem+json;q=0",
        "application/problem+json;q=much",
        "application/problem+json;q=0.8, application/json;q=0.9",
        "text/html",
    ],
)
async def test_other_clients_get_errors(client: AsyncClient, accept: str) -> None:
    response = await client.get("/nowhere", headers={"Accept": accept})
    assert response.headers["content-type"] == "application/json"


async def test_the_accept_header_may_come_several_times(client: AsyncClient) -> None:
    accept = [("Accept", "application/problem+json;q=0.5"), ("Accept", "application/json")]
    assert (await client.get("/nowhere", headers=accept)).headers["content-type"] == "application/json"
