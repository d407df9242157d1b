"""How the service is created, starts and stops."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from fastapi import APIRouter, FastAPI, WebSocket
from httpx2 import AsyncClient
from starlette.types import Message

from kit import health
from kit.discovery import APPLICATION, PROJECT_FOLDER, entrypoint
from kit.settings import Environment, SettingsError
from kit.testing.service import ask, create_app, given, started

pytestmark = pytest.mark.anyio
DEVELOPMENT = given()
main = entrypoint()


class Features:
    """Features that record when they start and stop."""

    def __init__(self, *names: str) -> None:
        self.seen: list[str] = []
        self.routers = tuple(self._router(name) for name in names)

    def _router(self, name: str) -> APIRouter:
        @asynccontextmanager
        async def lifespan(_app: FastAPI) -> AsyncGenerator[None]:
            if name == "broken":
                raise RuntimeError("no server there")
            self.seen.append(f"{name} starts")
            try:
                yield
            finally:
                self.seen.append(f"{name} stops")

        return APIRouter(lifespan=lifespan)


async def test_features_start_in_order_and_stop_in_reverse(monkeypatch: pytest.MonkeyPatch) -> None:
    features = Features("one", "two")
    monkeypatch.setattr(main, "FEATURES", features.routers)
    async with started(DEVELOPMENT):
        assert features.seen == ["one starts", "two starts"]
    assert features.seen[2:] == ["two stops", "one stops"]


async def test_if_the_third_feature_fails_to_start_the_first_two_are_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    features = Features("one", "two", "broken", "four")
    monkeypatch.setattr(main, "FEATURES", features.routers)
    with pytest.raises(RuntimeError, match="no server there"):
        async with started(DEVELOPMENT):
            pass
    assert features.seen == ["one starts", "two starts", "two stops", "one stops"]


async def test_health_is_the_first_feature() -> None:
    assert health.router in main.FEATURES[:2]  # only one that observes all others may come before it


async def test_a_server_starts_and_stops_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    features = Features("one")
    monkeypatch.setattr(main, "FEATURES", features.routers)
    messages = asyncio.Queue[Message]()
    answers: list[str] = []

    async def send(message: Message) -> None:
        answers.append(message["type"])

    for kind in ("startup", "shutdown"):
        messages.put_nowait({"type": f"lifespan.{kind}"})
    await create_app(DEVELOPMENT)({"type": "lifespan"}, messages.get, send)
    assert answers == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert features.seen == ["one starts", "one stops"]


async def test_the_service_does_not_start_with_invalid_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", "production")
    monkeypatch.delenv("SECRET_KEY", raising=False)
    with pytest.raises(SettingsError, match="SECRET_KEY: it is missing"):
        create_app()


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json"])
async def test_the_documentation_is_off_in_production(client: AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 200
    async with started(given(Environment.PRODUCTION)) as app, ask(app) as public:
        assert (await public.get(path)).status_code == 404


async def test_the_openapi_document_has_your_description_of_the_service() -> None:
    app = create_app(given(app_name="shop", app_version="7.1"))
    info = app.openapi()["info"]
    assert (info["title"], info["version"]) == ("shop", "7.1")
    assert info["description"] == (PROJECT_FOLDER / APPLICATION / "api/description.md").read_text("utf-8")


async def test_the_openapi_document_declares_the_body_of_errors() -> None:
    document = create_app(DEVELOPMENT).openapi()
    for status in ("4XX", "5XX"):
        content = document["paths"]["/health"]["get"]["responses"][status]["content"]
        assert content["application/json"]["schema"] == {"$ref": "#/components/schemas/ErrorBody"}
        assert content["application/problem+json"]["schema"]["title"] == "Problem"


async def greet(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text("hello")


async def test_websockets_pass_through_the_middleware() -> None:
    app = create_app(DEVELOPMENT)
    app.add_api_websocket_route("/greetings", greet)
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await app({"type": "websocket", "path": "/greetings", "query_string": b"", "headers": []}, receive, send)
    assert [message["type"] for message in sent] == ["websocket.accept", "websocket.send"]
