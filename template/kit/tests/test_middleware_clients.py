"""Clients that disconnect, and clients behind proxies."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI, Request
from httpx2 import ASGITransport, AsyncClient
from pydantic import BaseModel
from starlette.types import Message

from kit.testing.service import given, started
from kit.tests.trial import Lines, add_routes

pytestmark = pytest.mark.anyio
router = APIRouter()
DEVELOPMENT = given()


class Upload(BaseModel):
    size: int


@router.get("/slow")
async def wait() -> None:
    await asyncio.Event().wait()


@router.post("/upload")
async def upload(upload: Upload) -> Upload:
    return upload


@router.post("/raw")
async def count(request: Request) -> int:
    return len(await request.body())


@router.get("/client")
async def tell_client(request: Request) -> list[str]:
    assert request.client
    return [request.client.host, request.url.scheme]


@pytest.fixture(scope="module")
async def app() -> AsyncGenerator[FastAPI]:
    async with started(DEVELOPMENT) as app:
        add_routes(app, router)
        yield app


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    return Lines(capsys)


async def request(app: Any, method: str, path: str, *messages: Message) -> list[Message]:
    """Send a request with these messages, and then nothing more; return the messages of the response."""
    waiting = list(messages)
    sent: list[Message] = []

    async def receive() -> Message:
        if not waiting:
            await asyncio.Event().wait()
        return waiting.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"content-type", b"application/json")]
    scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": headers}
    await app(scope, receive, send)
    return sent


async def test_a_cancelled_request_is_logged_as_499(app: FastAPI, lines: Lines) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await request(app, "GET", "/slow", {"type": "http.request"})
    assert [(line["route"], line["status"]) for line in lines("access")] == [("/slow", 499)]


@pytest.mark.parametrize("path", ["/upload", "/raw"])
async def test_a_client_that_disconnects_is_logged_as_499(app: FastAPI, lines: Lines, path: str) -> None:
    part = {"type": "http.request", "body": b"{", "more_body": True}
    await request(app, "POST", path, part, {"type": "http.disconnect"})
    found = lines.by_logger("access", "kit.middleware")
    assert [line["status"] for line in found["access"]] == [499]
    assert all(line["level"] == "info" for line in found["kit.middleware"])


async def forwarded(trusted: tuple[str, ...]) -> list[str]:
    headers = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    async with started(given(trusted_proxies=trusted)) as app:
        add_routes(app, router)
        transport = ASGITransport(app, client=("10.0.0.7", 4711))
        async with AsyncClient(transport=transport, base_url="http://service.test") as client:
            return (await client.get("/client", headers=headers)).json()


@pytest.mark.parametrize("trusted", ["10.0.0.7", "10.0.0.0/8"])
async def test_the_headers_of_a_trusted_proxy_are_used(trusted: str) -> None:
    assert await forwarded((trusted,)) == ["203.0.113.9", "https"]


@pytest.mark.parametrize("trusted", [(), ("10.0.0.8",)])
async def test_the_headers_of_others_are_ignored(trusted: tuple[str, ...]) -> None:
    assert await forwarded(trusted) == ["10.0.0.7", "http"]
