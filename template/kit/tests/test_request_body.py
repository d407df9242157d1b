"""Bodies that are too large, too slow, or not read."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

import pytest
from fastapi import APIRouter, FastAPI, Request
from pydantic import BaseModel
from starlette.types import Message

from kit.middleware.request_body import RequestBody
from kit.testing.service import given, started
from kit.tests.trial import add_routes

pytestmark = pytest.mark.anyio
router = APIRouter()
LIMIT = 100
DECLARED = (b"content-length", b"50")
TOO_MUCH = (b"content-length", b"101")
CHUNKED = (b"transfer-encoding", b"chunked")
PART: Message = {"type": "http.request", "body": b"x", "more_body": True}
END: Message = {"type": "http.request", "body": b"x", "more_body": False}


class Upload(BaseModel):
    size: int


@router.post("/upload")
async def upload(upload: Upload) -> Upload:
    return upload


@router.post("/raw")
async def count(request: Request) -> int:
    return len(await request.body())


@router.post("/slow")
async def count_slowly(request: Request) -> int:
    await asyncio.sleep(0.1)
    return len(await request.body())


@router.post("/unread")
async def ignore() -> int:
    return 7


@pytest.fixture(scope="module")
async def app() -> AsyncGenerator[FastAPI]:
    async with started(given(body_timeout=0.05, max_body_size=LIMIT)) as app:
        add_routes(app, router)
        yield app


class Client:
    """Sends these messages and then nothing more; `unsent` are those that the service did not read."""

    def __init__(self, *messages: Message) -> None:
        self.unsent = list(messages)
        self.received: list[Message] = []
        self.seen_while_sending = 0

    async def ask(self, app: FastAPI, path: str, headers: Sequence[tuple[bytes, bytes]]) -> int:
        scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": headers}
        await app(scope, self._receive, self._send)
        return self.received[0]["status"]

    async def _receive(self) -> Message:
        if not self.unsent:
            await asyncio.Event().wait()
        self.seen_while_sending = len(self.received)
        return self.unsent.pop(0)

    async def _send(self, message: Message) -> None:
        self.received.append(message)


@pytest.mark.parametrize("path", ["/upload", "/raw"])
@pytest.mark.parametrize("framing", [DECLARED, CHUNKED])
@pytest.mark.parametrize("parts", [0, 1])
async def test_a_body_that_does_not_arrive_in_time_is_answered(
    app: FastAPI, path: str, framing: tuple[bytes, bytes], parts: int
) -> None:
    client = Client(*[PART] * parts)
    assert await client.ask(app, path, [framing]) == 408
    assert (b"connection", b"close") in client.received[0]["headers"]


async def test_the_time_that_a_route_takes_is_not_the_clients(app: FastAPI) -> None:
    assert await Client(PART, END).ask(app, "/slow", [DECLARED]) == 200


async def test_a_request_without_a_body_is_not_waited_for(app: FastAPI) -> None:
    assert await Client(END).ask(app, "/slow", []) == 200


async def test_a_declared_length_over_the_limit_is_refused_before_the_body_is_read(app: FastAPI) -> None:
    client = Client(*[PART] * 3, END)
    assert await client.ask(app, "/raw", [TOO_MUCH, (b"expect", b"100-continue")]) == 413
    assert len(client.unsent) == 4


@pytest.mark.parametrize(("path", "status"), [("/raw", 413), ("/unread", 200), ("/nowhere", 404)])
async def test_a_client_that_still_sends_sees_the_answer(app: FastAPI, path: str, status: int) -> None:
    client = Client(*[PART] * 3, END)
    assert await client.ask(app, path, [TOO_MUCH]) == status
    assert not client.unsent
    assert client.seen_while_sending == 2
    assert [message.get("more_body", False) for message in client.received[1:]] == [True, False]


async def test_a_client_that_never_ends_is_left_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kit.middleware.request_body.LINGER", 0.1)

    async def send_forever() -> Message:
        await asyncio.sleep(0.01)
        return PART

    body = RequestBody({"type": "http", "headers": [CHUNKED]}, send_forever, limit=1, timeout=60)
    async with asyncio.timeout(5):
        await body.discard()
    assert body.is_left
