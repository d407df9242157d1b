"""Limits on how many requests a client can send in a period."""

from collections.abc import AsyncGenerator

import pytest
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import PlainTextResponse
from httpx2 import ASGITransport, AsyncClient, Response

from kit.errors import NotFoundException
from kit.limits import memory, rate_limit
from kit.limits.memory import MemoryCounters
from kit.testing.service import given, started
from kit.tests.trial import add_routes

pytestmark = pytest.mark.anyio
router = APIRouter()


def tenant_of(request: Request) -> str:
    return request.headers.get("X-Tenant", "")


@router.get("/orders", dependencies=[Depends(rate_limit("2/minute"))])
@router.post("/orders", dependencies=[Depends(rate_limit("2/minute"))])
@router.get("/exports", dependencies=[Depends(rate_limit("2/minute", name="exports"))])
@router.get("/reports", dependencies=[Depends(rate_limit("2/minute", name="exports"))])
@router.get("/many", dependencies=[Depends(rate_limit("3/minute")), Depends(rate_limit("9/hour"))])
@router.get("/free")
@router.get("/tenant", dependencies=[Depends(rate_limit("2/minute", key=tenant_of))])
async def answer() -> None: ...


@router.get("/text", dependencies=[Depends(rate_limit("2/minute"))])
async def answer_text() -> PlainTextResponse:
    return PlainTextResponse("text")


@router.get("/missing", dependencies=[Depends(rate_limit("2/minute"))])
async def miss() -> None:
    raise NotFoundException("Order", 1)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the time in a list, so that the test can change it."""
    now = [1000.0]
    monkeypatch.setattr(memory, "monotonic", lambda: now[0])
    return now


@pytest.fixture(scope="module")
async def app() -> AsyncGenerator[FastAPI]:
    async with started(given(trusted_proxies=["10.0.0.0/8"])) as app:
        add_routes(app, router)
        add_routes(app, router, "/v2")
        yield app


@pytest.fixture
def service(app: FastAPI, clock: list[float]) -> ASGITransport:
    """Return a transport to the service from a fixed address, with new counters in memory."""
    del clock
    app.state.counters = MemoryCounters()
    return ASGITransport(app, client=("203.0.113.9", 4711))


@pytest.fixture
async def client(service: ASGITransport) -> AsyncGenerator[AsyncClient]:
    async with AsyncClient(transport=service, base_url="http://service.test") as client:
        yield client


async def statuses(client: AsyncClient, *paths: str) -> list[int]:
    return [(await client.get(path)).status_code for path in paths]


def told(response: Response) -> dict[str, str]:
    """Return the headers of the response that are about limits."""
    names = ("ratelimit-limit", "ratelimit-remaining", "ratelimit-reset", "retry-after")
    return {name: response.headers[name] for name in names if name in response.headers}


async def test_a_client_over_the_limit_is_told_when_to_retry(client: AsyncClient, clock: list[float]) -> None:
    assert await statuses(client, "/orders", "/orders") == [200, 200]
    clock[0] += 17.5
    response = await client.get("/orders")
    assert (response.status_code, response.json()["error"]["code"]) == (429, "RATE_LIMIT_EXCEEDED")
    assert response.json()["error"]["details"] == {"limit": "2/minute"}
    assert told(response) == {
        "ratelimit-limit": "2",
        "ratelimit-remaining": "0",
        "ratelimit-reset": "43",
        "retry-after": "43",
    }
    clock[0] += 43
    assert await statuses(client, "/orders", "/orders", "/orders") == [200, 200, 429]


async def test_each_response_has_the_number_of_requests_left(client: AsyncClient, clock: list[float]) -> None:
    for left, reset in (("1", "60"), ("0", "50")):
        response = await client.get("/orders")
        assert told(response) == {"ratelimit-limit": "2", "ratelimit-remaining": left, "ratelimit-reset": reset}
        clock[0] += 10


@pytest.mark.parametrize("path", ["/text", "/missing", "/orders?page=1"])
async def test_a_response_object_and_an_error_have_it_too(client: AsyncClient, path: str) -> None:
    assert told(await client.get(path))["ratelimit-remaining"] == "1"


async def test_the_headers_show_the_limit_with_fewer_requests_left(client: AsyncClient, clock: list[float]) -> None:
    assert told(await client.get("/many"))["ratelimit-limit"] == "3"
    for _ in range(2):
        clock[0] += 60
        assert await statuses(client, "/many", "/many", "/many") == [200] * 3
    clock[0] += 60
    assert told(await client.get("/many"))["ratelimit-limit"] == "9"


async def test_a_route_without_a_limit_has_no_such_headers(client: AsyncClient) -> None:
    assert told(await client.get("/free")) == {}


async def test_each_route_counts_separately(client: AsyncClient) -> None:
    assert await statuses(client, "/orders", "/orders", "/orders", "/v2/orders") == [200, 200, 429, 200]
    assert (await client.post("/orders")).status_code == 200


async def test_limits_with_the_same_name_count_together(client: AsyncClient) -> None:
    assert await statuses(client, "/exports", "/reports", "/exports", "/reports") == [200, 200, 429, 429]


async def test_clients_are_counted_separately(service: ASGITransport, client: AsyncClient) -> None:
    assert await statuses(client, "/orders", "/orders", "/orders") == [200, 200, 429]
    service.client = ("203.0.113.10", 4711)
    assert await statuses(client, "/orders") == [200]


async def test_a_key_identifies_clients_by_something_else(client: AsyncClient) -> None:
    for tenant in ("a", "b"):
        client.headers["X-Tenant"] = tenant
        assert await statuses(client, *["/tenant"] * 3) == [200, 200, 429]


async def ask_thrice(client: AsyncClient, forwarded: str) -> int:
    """Send three requests, each with another address in the header, and return the last status."""
    headers = [{"X-Forwarded-For": forwarded.format(number)} for number in range(3)]
    return [(await client.get("/orders", headers=each)).status_code for each in headers][-1]


async def test_a_forged_address_changes_nothing(client: AsyncClient) -> None:
    assert await ask_thrice(client, "198.51.100.{0}") == 429


@pytest.mark.parametrize(
    ("forwarded", "status"), [("198.51.100.{0}", 200), ("198.51.100.{0}, 198.51.100.7", 429)], ids=["true", "forged"]
)
async def test_the_address_that_a_trusted_proxy_saw_counts(
    service: ASGITransport, client: AsyncClient, forwarded: str, status: int
) -> None:
    service.client = ("10.0.0.7", 4711)
    assert await ask_thrice(client, forwarded) == status
