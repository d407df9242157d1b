"""The reasons that the server logs when the service does not start."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
import structlog
from fastapi import FastAPI
from starlette.types import Message

from kit.errors import ServiceUnavailableException
from kit.server.start import StartError, StartMiddleware
from kit.settings import names

pytestmark = pytest.mark.anyio
FOREIGN = ConnectionRefusedError("refused")
AWAY = ServiceUnavailableException("The store does not answer")
AWAY.__cause__ = FOREIGN


async def start(error: Exception | None) -> list[Message]:
    """Start a service whose feature fails with this error, and return what the server receives."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncGenerator[None]:
        if error:
            raise error
        yield

    app = FastAPI(lifespan=lifespan)
    app.add_middleware(StartMiddleware)
    sent: list[Message] = []
    received = iter(["lifespan.startup", "lifespan.shutdown"])

    async def receive() -> Message:
        return {"type": next(received)}

    async def send(message: Message) -> None:
        sent.append(message)

    await app({"type": "lifespan", "app": app, "state": {}}, receive, send)
    return sent


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ConnectionError("the queue does not answer"), "the queue does not answer"),
        (StartError("the keys do not fit"), "the keys do not fit"),
        (AWAY, "The store does not answer: refused"),
    ],
    ids=str,
)
async def test_a_known_reason_is_a_sentence(error: Exception, reason: str) -> None:
    assert await start(error) == [
        {"type": "lifespan.startup.failed", "message": f"The service does not start: {reason}"}
    ]


@pytest.mark.parametrize("error", [ZeroDivisionError("division by zero"), FOREIGN], ids=str)
async def test_a_fault_in_the_code_keeps_its_traceback(error: Exception) -> None:
    with pytest.raises(type(error)):
        await start(error)


async def test_a_service_that_starts_is_left_alone() -> None:
    assert [message["type"] for message in await start(None)] == [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
    ]


@pytest.mark.parametrize("warns", [True, False])
async def test_ignored_settings_are_logged_unless_the_command_has_done_so(
    monkeypatch: pytest.MonkeyPatch, *, warns: bool
) -> None:
    monkeypatch.setenv("DEBUG_MODE", "1")
    monkeypatch.setattr(StartMiddleware, "warns", warns)
    monkeypatch.setattr(names, "log", structlog.get_logger())  # one that nobody has used remembers no configuration
    with structlog.testing.capture_logs() as lines:
        await start(None)
    assert ["DEBUG_MODE"] * warns == [line["name"] for line in lines if line["event"] == "setting ignored"]
