"""Clients that disconnect."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI, Request
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
