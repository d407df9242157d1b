"""Which calls are retried, when, and how often."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from time import monotonic

import pytest
from httpx2 import ConnectError, HTTPError, ReadTimeout, Response

from kit.http_client.retries import RESERVE, retry_after
from kit.testing.upstream import Server, answer, clients_at, hang, prices_at, reset

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("status", [502, 503, 504])
async def test_a_call_to_a_busy_upstream_is_retried(server: Server, status: int) -> None:
    server.plan = [answer(status), answer(status), answer(200)]
    async with prices_at(server.url) as prices:
        assert (await prices.get("/")).status_code == 200
    assert len(server.requests) == 3


async def test_a_call_is_retried_when_the_connection_breaks(server: Server) -> None:
    server.plan = [reset, answer(200)]
    async with prices_at(server.url) as prices:
        assert (await prices.get("/")).status_code == 200


async def test_after_the_last_retry_the_bad_response_is_returned(server: Server) -> None:
    server.plan = [answer(503, "closed")]
    async with prices_at(server.url, {"retries": 2}) as prices:
        response = await prices.get("/")
    assert (response.status_code, response.text) == (503, "closed")
    assert len(server.requests) == 3


async def test_a_streamed_call_is_retried_too(server: Server) -> None:
    server.plan = [answer(503), answer(200, "here it is")]
    async with (
        prices_at(server.url, max_connections=1, pool_timeout=0.1) as prices,
        prices.stream("GET", "/") as response,
    ):
        assert await response.aread() == b"here it is"


@pytest.mark.parametrize("status", [200, 400, 404, 429, 500])
async def test_other_responses_are_not_retried(server: Server, status: int) -> None:
    server.plan = [answer(status)]
    async with prices_at(server.url) as prices:
        assert (await prices.get("/")).status_code == status
    assert len(server.requests) == 1


async def test_a_call_to_an_upstream_that_hangs_is_not_retried(server: Server) -> None:
    server.plan = [hang]
    async with prices_at(server.url, read_timeout=0.02) as prices:
        with pytest.raises(ReadTimeout):
            await prices.get("/")
    assert len(server.requests) == 1


@pytest.mark.parametrize("method", ["POST", "PATCH"])
async def test_an_unsafe_method_is_not_retried(server: Server, method: str) -> None:
    server.plan = [reset]
    async with prices_at(server.url) as prices:
        with pytest.raises(HTTPError):
            await prices.request(method, "/")
    assert len(server.requests) == 1


async def test_a_streamed_body_is_sent_once(server: Server) -> None:
    async def stream() -> AsyncGenerator[bytes]:
        yield b"{}"

    server.plan = [reset]
    async with prices_at(server.url) as prices:
        with pytest.raises(HTTPError):
            await prices.put("/", content=stream())
    assert len(server.requests) == 1


async def test_an_upstream_can_say_when_to_retry(server: Server) -> None:
    server.plan = [answer(503, Retry_After="0"), answer(200)]
    async with prices_at(server.url, retry_wait=60, retry_max_wait=60) as prices:
        started = monotonic()
        assert (await prices.get("/")).status_code == 200
    assert monotonic() - started < 30


async def test_a_longer_wait_than_the_maximum_is_not_retried(server: Server) -> None:
    server.plan = [answer(503, Retry_After="1")]
    async with prices_at(server.url) as prices:
        assert (await prices.get("/")).status_code == 503
    assert len(server.requests) == 1


@pytest.mark.parametrize(("header", "seconds"), [("7", 7), ("0", 0), ("soon", None), ("-3", None), ("", None)])
def test_retry_after_can_be_seconds(header: str, seconds: float | None) -> None:
    assert retry_after(Response(503, headers={"Retry-After": header})) == seconds


@pytest.mark.parametrize(("hours", "seconds"), [(1, 3600), (-1, 0)])
def test_retry_after_can_be_a_date(hours: int, seconds: float) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(hours=hours), usegmt=True)
    assert retry_after(Response(503, headers={"Retry-After": date})) == pytest.approx(seconds, abs=60)


async def test_retries_do_not_multiply_the_load_on_an_upstream_that_is_down(server: Server) -> None:
    server.plan = [answer(503)]
    async with prices_at(server.url, retry_budget=0.1) as prices:
        for _ in range(50):
            await prices.get("/")
    assert 50 + RESERVE <= len(server.requests) <= 50 * 1.1 + RESERVE


async def test_an_upstream_that_is_down_does_not_use_up_retries_of_others(refusing_url: str, server: Server) -> None:
    async with clients_at(refusing_url) as clients:
        for _ in range(10):
            with pytest.raises(ConnectError):
                await clients.by_name["prices"].get("/")
        server.plan = [answer(503), answer(200)]
        assert (await clients.nameless.get(server.url)).status_code == 200
