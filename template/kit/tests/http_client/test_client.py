"""What a call sends, how long it waits, and what it logs."""

import asyncio

import pytest
from fastapi import FastAPI
from httpx2 import AsyncHTTPTransport, ConnectError, HTTPError, PoolTimeout, ReadTimeout
from pydantic import SecretStr
from structlog.contextvars import bound_contextvars

from kit.errors import ServiceUnavailableException
from kit.http_client import get_http_client
from kit.http_client.settings import UpstreamsSettings
from kit.testing.service import given, started
from kit.testing.upstream import (
    Behaviour,
    Server,
    answer,
    calling,
    clients_at,
    hang,
    prices_at,
    reset,
    stop_in_the_middle,
)
from kit.tests.trial import Lines

pytestmark = pytest.mark.anyio


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    return Lines(capsys)


async def test_a_named_client_calls_below_the_url_of_its_upstream(server: Server) -> None:
    async with prices_at(f"{server.url}/v1") as prices:
        assert (await prices.get("/rates")).json() == {}
    assert server.requests[0].startswith("GET /v1/rates HTTP/1.1\r\n")


async def test_a_named_client_sends_its_token(server: Server) -> None:
    async with prices_at(server.url, {"token": SecretStr("hush")}) as prices:
        await prices.get("/")
    assert "\r\nAuthorization: Bearer hush\r\n" in server.requests[0]


async def test_a_named_client_calls_no_other_host(server: Server) -> None:
    async with prices_at("http://prices.test", {"token": SecretStr("hush")}) as prices:
        with pytest.raises(ValueError, match="'prices' calls no other host"):
            await prices.get(server.url)
    assert server.requests == []


async def test_the_client_without_a_name_calls_any_host(app: FastAPI, server: Server) -> None:
    assert (await get_http_client(app).get(server.url)).status_code == 200


async def test_the_request_id_is_passed_on(server: Server) -> None:
    with bound_contextvars(request_id="mine"):
        async with prices_at(server.url) as prices:
            await prices.get("/")
            await prices.get("/", headers={"X-Request-ID": "another"})
    assert "\r\nX-Request-ID: mine\r\n" in server.requests[0]
    assert "\r\nX-Request-ID: another\r\n" in server.requests[1]


async def test_the_cookies_of_one_call_are_not_sent_with_another(server: Server) -> None:
    server.plan = [answer(Set_Cookie="session=hush")]
    async with prices_at(server.url) as prices:
        await prices.get("/")
        await prices.get("/")
    assert len(server.requests) == 2
    assert "hush" not in server.requests[1]


async def test_redirects_are_not_followed(server: Server) -> None:
    server.plan = [answer(302, Location="/elsewhere")]
    async with prices_at(server.url) as prices:
        assert (await prices.get("/")).status_code == 302
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [(hang, ReadTimeout), (stop_in_the_middle, ReadTimeout), (reset, HTTPError)],
    ids=["hangs", "stops in the middle", "resets"],
)
async def test_a_failure_raises_what_httpx2_raises(
    server: Server, behaviour: Behaviour, error: type[HTTPError]
) -> None:
    server.plan = [behaviour]
    async with prices_at(server.url, {"read_timeout": 0.02}) as prices:
        with pytest.raises(error):
            await prices.get("/")


async def test_all_clients_share_the_pool(server: Server) -> None:
    asked = asyncio.Event()

    async def signal_and_hang(writer: asyncio.StreamWriter) -> None:
        asked.set()
        await hang(writer)

    server.plan = [signal_and_hang, answer()]
    async with clients_at(server.url, max_connections=1, pool_timeout=0.02) as clients:
        call = asyncio.create_task(clients.by_name["prices"].get("/"))
        await asked.wait()
        with pytest.raises(PoolTimeout):
            await clients.nameless.get(server.url)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert (await clients.nameless.get(server.url)).status_code == 200


async def test_connections_are_reused(server: Server) -> None:
    async with prices_at(server.url) as prices:
        await prices.get("/")
        await prices.get("/")
    assert len(server.connections) == 1


async def test_connections_are_closed_when_the_service_stops(server: Server) -> None:
    async with started(given(), *calling(server.url)) as app:
        await get_http_client(app, "prices").get("/")
    async with asyncio.timeout(10):
        await asyncio.gather(*server.connections)


async def test_a_service_without_calls_opens_no_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(AsyncHTTPTransport, "__init__")
    async with started(given(), UpstreamsSettings()):
        pass


async def test_http_2_is_offered() -> None:
    offer = asyncio.get_running_loop().create_future()

    async def read_offer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        offer.set_result(await reader.read(4096))
        writer.close()

    server = await asyncio.start_server(read_offer, "127.0.0.1", 0)
    async with server, prices_at(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}", {"retries": 0}) as prices:
        with pytest.raises(ConnectError):
            await prices.get("/")
    assert b"\x02h2" in await offer


async def test_each_call_is_one_line_without_its_url(server: Server, lines: Lines) -> None:
    async with prices_at(server.url) as prices:
        await prices.get("/customers/7?key=hush")
    found = lines.by_logger("kit.http_client.client", "httpx2")
    [line] = found["kit.http_client.client"]
    assert (line["upstream"], line["method"], line["status"]) == ("prices", "GET", 200)
    assert 0 < line["ms"] < 10_000
    assert "customers" not in str(found)
    assert found["httpx2"] == []


async def test_a_call_that_fails_is_logged_with_its_error(refusing_url: str, lines: Lines) -> None:
    async with prices_at(refusing_url, {"retries": 1}) as prices:
        with pytest.raises(ConnectError):
            await prices.get("/customers/7?key=hush")
    found = lines.by_logger("kit.http_client.client", "stamina")
    assert [(line["level"], line["error"]) for line in found["kit.http_client.client"]] == [("warning", "ConnectError")]
    assert [line["upstream"] for line in found["stamina"]] == ["prices"]
    assert "customers" not in str(found)


async def test_the_error_for_an_upstream_without_a_url_names_the_setting(app: FastAPI) -> None:
    with pytest.raises(ServiceUnavailableException, match="UPSTREAMS__STOCK__URL"):
        get_http_client(app, "stock")


async def test_another_event_loop_is_refused(app: FastAPI) -> None:
    async def elsewhere() -> None:
        with pytest.raises(RuntimeError, match="another event loop"):
            get_http_client(app)

    await asyncio.to_thread(asyncio.run, elsewhere())
